/* SPDX-License-Identifier: Apache-2.0 */
/* Which entry is next, and which are merged, dropped or superseded? Case by case; test-lane-model.c has many at once. */
#include <setjmp.h>
#include <stdarg.h>

#include "lane.h"

#include <cmocka.h>

static Entry *push(Lanes *lanes, int ifindex, const char *name, EventType event) {
        Entry *entry = NULL;
        size_t dropped = 1;

        assert_int_equal(lanes_push(lanes, ifindex, name, ENTRY_EVENT, event, NULL, &entry, &dropped), 0);
        assert_int_equal(dropped, 0);
        return entry;
}

static Entry *push_kind(Lanes *lanes, int ifindex, const char *name, EntryKind kind) {
        Entry *entry = NULL;

        assert_int_equal(lanes_push(lanes, ifindex, name, kind, EVENT_TYPE_LINK_RENAMED, NULL, &entry, NULL),
                        0);
        return entry;
}

/* Takes the next one, which must be this, and finishes it. */
static void run(Lanes *lanes, Entry *expected) {
        Entry *entry = lanes_next(lanes);

        assert_ptr_equal(entry, expected);
        lanes_finish(lanes, entry);
}

static void test_one_link(void **state) {
        Entry *a, *b;
        Lanes lanes;

        assert_int_equal(lanes_init(&lanes), 0);
        assert_null(lanes_next(&lanes));
        assert_null(lanes_head(&lanes, 2));
        a = push(&lanes, 2, "eth0", EVENT_TYPE_CARRIER);
        b = push(&lanes, 2, "eth0", EVENT_TYPE_ROUTABLE);
        assert_ptr_equal(lanes_head(&lanes, 2), a);
        assert_ptr_equal(lanes_next(&lanes), a);
        assert_null(lanes_next(&lanes));
        assert_int_equal(lanes.n_entries, 2);
        assert_int_equal(lanes.n_running, 1);
        lanes_finish(&lanes, a);
        run(&lanes, b);
        assert_null(lanes_next(&lanes));
        assert_null(lanes_head(&lanes, 2));
        assert_int_equal(lanes.n_entries, 0);
        assert_int_equal(lanes.n_running, 0);
        lanes_done(&lanes);
}

static void test_links_in_parallel(void **state) {
        Entry *e[20];
        Lanes lanes;

        assert_int_equal(lanes_init(&lanes), 0);
        for (int i = 0; i < 20; i++) {
                char name[IF_NAMESIZE];

                /* The same bucket of the table for all. */
                snprintf(name, sizeof(name), "eth%i", i);
                e[i] = push(&lanes, 1 + i * 512, name, EVENT_TYPE_ROUTABLE);
        }
        for (int i = 0; i < 20; i++)
                assert_ptr_equal(lanes_next(&lanes), e[i]);
        for (int i = 19; i >= 0; i--)
                lanes_finish(&lanes, e[i]);
        lanes_done(&lanes);
}

/* Links 2 and 3 swap their names by way of a third one. */
static void test_swap(void **state) {
        Entry *a, *between, *b, *c;
        Lanes lanes;

        assert_int_equal(lanes_init(&lanes), 0);
        a = push_kind(&lanes, 2, "a", ENTRY_LEAVE);
        between = push(&lanes, 2, "x", EVENT_TYPE_LINK_RENAMED);
        b = push_kind(&lanes, 3, "b", ENTRY_LEAVE);
        c = push(&lanes, 3, "a", EVENT_TYPE_LINK_RENAMED);

        assert_ptr_equal(lanes_next(&lanes), a);
        assert_ptr_equal(lanes_next(&lanes), b);
        lanes_finish(&lanes, b);
        /* a is still being left. */
        assert_null(lanes_next(&lanes));
        lanes_finish(&lanes, a);
        assert_ptr_equal(lanes_next(&lanes), between);
        assert_ptr_equal(lanes_next(&lanes), c);
        lanes_finish(&lanes, c);
        lanes_finish(&lanes, between);
        lanes_done(&lanes);
}

static void test_made_anew(void **state) {
        Entry *removed, *forget, *added;
        Lanes lanes;

        assert_int_equal(lanes_init(&lanes), 0);
        removed = push(&lanes, 2, "eth0", EVENT_TYPE_LINK_REMOVED);
        forget = push_kind(&lanes, 2, "eth0", ENTRY_FORGET);
        added = push(&lanes, 7, "eth0", EVENT_TYPE_LINK_ADDED);
        run(&lanes, removed);
        run(&lanes, forget);
        run(&lanes, added);
        lanes_done(&lanes);
}

static void test_mergeable(void **state) {
        Entry *addresses, *rules;
        Lanes lanes;

        assert_int_equal(lanes_init(&lanes), 0);
        assert_null(lanes_find_mergeable(&lanes, 2, "a", ENTRY_EVENT, EVENT_TYPE_ADDRESSES));
        push(&lanes, 2, "a", EVENT_TYPE_ADDRESSES);
        /* It is about to run: it does not see what comes now. */
        assert_null(lanes_find_mergeable(&lanes, 2, "a", ENTRY_EVENT, EVENT_TYPE_ADDRESSES));
        addresses = push(&lanes, 2, "a", EVENT_TYPE_ADDRESSES);
        assert_ptr_equal(lanes_find_mergeable(&lanes, 2, "a", ENTRY_EVENT, EVENT_TYPE_ADDRESSES), addresses);
        assert_null(lanes_find_mergeable(&lanes, 3, "a", ENTRY_EVENT, EVENT_TYPE_ADDRESSES));
        assert_null(lanes_find_mergeable(&lanes, 2, "b", ENTRY_EVENT, EVENT_TYPE_ADDRESSES));
        assert_null(lanes_find_mergeable(&lanes, 2, "a", ENTRY_EVENT, EVENT_TYPE_ROUTES));

        push(&lanes, 2, "a", EVENT_TYPE_ROUTES);
        assert_ptr_equal(lanes_find_mergeable(&lanes, 2, "a", ENTRY_EVENT, EVENT_TYPE_ADDRESSES), addresses);
        rules = push_kind(&lanes, 2, "a", ENTRY_RULES);
        assert_null(lanes_find_mergeable(&lanes, 2, "a", ENTRY_EVENT, EVENT_TYPE_ADDRESSES));
        assert_ptr_equal(lanes_find_mergeable(&lanes, 2, "a", ENTRY_RULES, EVENT_TYPE_ROUTES), rules);
        push(&lanes, 2, "a", EVENT_TYPE_ROUTABLE);
        assert_null(lanes_find_mergeable(&lanes, 2, "a", ENTRY_RULES, EVENT_TYPE_ROUTES));
        lanes_done(&lanes);
}

static void test_limit(void **state) {
        Entry *first, *setup;
        size_t dropped;
        Lanes lanes;

        assert_int_equal(lanes_init(&lanes), 0);
        first = push(&lanes, 2, "eth0", EVENT_TYPE_CARRIER);
        setup = push(&lanes, 2, "eth0", EVENT_TYPE_CONFIGURED);
        for (unsigned i = 0; i < LANE_STATES_MAX - 1; i++)
                push(&lanes, 2, "eth0", i % 2 ? EVENT_TYPE_CARRIER : EVENT_TYPE_ROUTABLE);
        /* Edges do not count. */
        push(&lanes, 2, "eth0", EVENT_TYPE_ROUTES);
        /* Another link's states neither. */
        push(&lanes, 3, "eth1", EVENT_TYPE_CARRIER);

        /* The setup state is older, but nothing supersedes it. */
        for (unsigned i = 0; i < 100; i++) {
                assert_int_equal(lanes_push(&lanes, 2, "eth0", ENTRY_EVENT,
                                                 i % 2 ? EVENT_TYPE_CARRIER : EVENT_TYPE_ROUTABLE, NULL,
                                                 NULL, &dropped),
                                0);
                assert_int_equal(dropped, 1);
        }
        assert_int_equal(lanes.n_entries, LANE_STATES_MAX + 3);
        run(&lanes, first);
        lanes_finish(&lanes, lanes_next(&lanes));
        run(&lanes, setup);
        assert_int_equal(lanes_next(&lanes)->event, EVENT_TYPE_ROUTES);
        lanes_done(&lanes);
}

static void test_superseded(void **state) {
        Entry *routable, *configured;
        Lanes lanes;

        assert_int_equal(lanes_init(&lanes), 0);
        routable = push(&lanes, 2, "eth0", EVENT_TYPE_ROUTABLE);
        configured = push(&lanes, 2, "eth0", EVENT_TYPE_CONFIGURED);
        push(&lanes, 2, "eth0", EVENT_TYPE_ROUTES);
        assert_false(entry_is_superseded(routable));
        push(&lanes, 2, "eth0", EVENT_TYPE_OFF);
        assert_true(entry_is_superseded(routable));
        /* The same once more is nothing new. */
        assert_int_equal(lanes_push(&lanes, 2, "eth0", ENTRY_AGAIN, EVENT_TYPE_CONFIGURED, NULL, NULL, NULL),
                        0);
        assert_false(entry_is_superseded(configured));
        push_kind(&lanes, 2, "eth0", ENTRY_LEAVE);
        assert_true(entry_is_superseded(configured));
        lanes_done(&lanes);
}

static void test_names(void **state) {
        Entry *a, *b;
        Lanes lanes;
        Name *name;

        assert_int_equal(lanes_init(&lanes), 0);
        name = lanes_name(&lanes, "eth0");
        assert_ptr_equal(lanes_name(&lanes, "eth0"), name);
        name->active = 1;
        run(&lanes, push(&lanes, 2, "eth0", EVENT_TYPE_OFF));
        assert_ptr_equal(lanes_find_name(&lanes, "eth0"), name);
        name->active = 0;
        a = push(&lanes, 2, "eth0", EVENT_TYPE_OFF);
        b = push(&lanes, 2, "eth0", EVENT_TYPE_CARRIER);
        run(&lanes, a);
        assert_ptr_equal(lanes_find_name(&lanes, "eth0"), name);
        run(&lanes, b);
        assert_null(lanes_find_name(&lanes, "eth0"));
        lanes_done(&lanes);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_one_link),
                cmocka_unit_test(test_links_in_parallel),
                cmocka_unit_test(test_swap),
                cmocka_unit_test(test_made_anew),
                cmocka_unit_test(test_mergeable),
                cmocka_unit_test(test_limit),
                cmocka_unit_test(test_superseded),
                cmocka_unit_test(test_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Which scripts are found, and in which order? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "script-tree.h"

static void test_nothing(void **state) {
        assert_found(*state, "");
}

static void test_order_is_by_name_over_all_folders(void **state) {
        Tree *t = *state;

        make_script(t, ETC "/30-c");
        make_script(t, RUN "/10-a");
        make_script(t, LIB "/20-b");
        make_script(t, OLD "/25-b");
        make_script(t, ETC "/Z");
        make_script(t, ETC "/a");
        make_script(t, "/etc/network-broker/degraded.d/other");
        assert_found(t, "+10-a +20-b +25-b +30-c +Z +a");
}

static void test_earlier_folder_overrides(void **state) {
        Tree *t = *state;
        ScriptList list;

        make_script(t, OLD "/a");
        make_script(t, LIB "/a");
        make_script(t, RUN "/a");
        make_script(t, ETC "/a");
        assert_int_equal(scripts_find(&t->trust, EVENT_TYPE_ROUTABLE, &list), 0);
        assert_int_equal(list.n, 4);
        assert_int_equal(list.items[0].verdict, SCRIPT_RUN);
        assert_string_equal(list.items[0].path, ETC "/a");
        for (size_t i = 1; i < 4; i++) {
                assert_int_equal(list.items[i].verdict, SCRIPT_OVERRIDDEN);
                assert_string_equal(list.items[i].reason, "overridden by " ETC "/a");
        }
        assert_string_equal(list.items[1].path, RUN "/a");
        assert_string_equal(list.items[2].path, LIB "/a");
        scripts_done(&list);
}

static void test_masks(void **state) {
        Tree *t = *state;

        make_script(t, LIB "/a");
        make_script(t, LIB "/b");
        make_script(t, LIB "/c");
        make_folders(t, RUN);
        assert_int_equal(symlink("/dev/null", at(t, ETC "/a")), 0);
        make_file(t, ETC "/b", "", 0644);
        assert_found(t, "ma oa mb ob +c");
}

static void test_leftovers_are_skipped(void **state) {
        Tree *t = *state;

        make_script(t, ETC "/a");
        make_script(t, ETC "/.a");
        make_script(t, ETC "/a~");
        make_script(t, ETC "/a.bak");
        make_script(t, ETC "/a.swp");
        make_script(t, ETC "/a.dpkg-old");
        make_script(t, ETC "/a.rpmsave");
        make_script(t, ETC "/a.ucf-dist");
        make_script(t, ETC "/a.sh");
        assert_found(t, "s.a +a sa.bak sa.dpkg-old sa.rpmsave +a.sh sa.swp sa.ucf-dist sa~");
}

static void test_a_folder_without_candidates_is_no_error(void **state) {
        Tree *t = *state;

        make_file(t, ETC "/.gitignore", "", 0644);
        assert_int_equal(chmod(at(t, ETC), 0777), 0);
        assert_found(t, "s.gitignore");
}

static void test_two_folders_of_one_name_space(void **state) {
        char reason[TRUST_REASON_MAX];
        Tree *t = *state;

        make_script(t, "/etc/network-broker/routes.d/a");
        make_script(t, "/etc/network-broker/routes-modified.d/a");
        make_script(t, "/etc/network-broker/routes-modified.d/b");
        make_script(t, "/usr/lib/network-broker/routes.d/b");
        assert_string_equal(found(t, EVENT_TYPE_ROUTES, reason), "+a oa +b ob");
}

static void test_a_thousand(void **state) {
        char path[64], name[16];
        Tree *t = *state;
        ScriptList list;

        for (unsigned i = 0; i < 1000; i++) {
                snprintf(path, sizeof(path), ETC "/%03u", (i * 7) % 1000);
                make_script(t, path);
        }
        assert_int_equal(scripts_find(&t->trust, EVENT_TYPE_ROUTABLE, &list), 0);
        assert_int_equal(list.n, 1000);
        for (unsigned i = 0; i < 1000; i++) {
                snprintf(name, sizeof(name), "%03u", i);
                assert_string_equal(list.items[i].name, name);
                assert_int_equal(list.items[i].verdict, SCRIPT_RUN);
        }
        scripts_done(&list);
}

int main(void) {
#define T(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)
        const struct CMUnitTest tests[] = {
                T(test_nothing),
                T(test_order_is_by_name_over_all_folders),
                T(test_earlier_folder_overrides),
                T(test_masks),
                T(test_leftovers_are_skipped),
                T(test_a_folder_without_candidates_is_no_error),
                T(test_two_folders_of_one_name_space),
                T(test_a_thousand),
        };

        return cmocka_run_group_tests_name("scripts", tests, NULL, NULL);
}

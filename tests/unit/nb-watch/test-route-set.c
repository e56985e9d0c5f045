/* SPDX-License-Identifier: Apache-2.0 */
/* Which routes does a link have after these messages? What a real kernel sends is in tests/system/test_kept_routes.py. */
#include <setjmp.h>
#include <stdarg.h>

#include <arpa/inet.h>
#include <linux/lwtunnel.h>

#include "route-set.h"

#include <cmocka.h>

#include "../common/message.h"

#define LINK 7

static void put_address(Message *m, uint16_t type, const char *text) {
        uint8_t bytes[16];

        assert_int_equal(inet_pton(m->route.rtm_family, text, bytes), 1);
        message_append(m, type, bytes, m->route.rtm_family == AF_INET ? 4 : 16);
}

/* "10.0.0.0/8" or "2001:db8::/32"; out: 0 for none. */
static Message route(const char *destination, uint32_t table, uint32_t metric, uint32_t out) {
        const struct rtmsg info = { .rtm_family = strchr(destination, ':') ? AF_INET6 : AF_INET,
                .rtm_type = RTN_UNICAST,
                .rtm_protocol = RTPROT_BOOT };
        Message m = message_new(RTM_NEWROUTE, &info, sizeof(info));
        char text[INET6_ADDRSTRLEN];
        const char *slash = strchr(destination, '/');

        (void) snprintf(text, sizeof(text), "%.*s", (int) (slash - destination), destination);
        m.route.rtm_dst_len = (uint8_t) strtoul(slash + 1, NULL, 10);
        message_append_u32(&m, RTA_TABLE, table);
        if (m.route.rtm_dst_len > 0)
                put_address(&m, RTA_DST, text);
        if (metric > 0)
                message_append_u32(&m, RTA_PRIORITY, metric);
        if (out > 0)
                message_append_u32(&m, RTA_OIF, out);
        return m;
}

static Message removed(Message m) {
        m.header.nlmsg_type = RTM_DELROUTE;
        return m;
}

static RouteSet *set_new(void) {
        RouteSet *set = calloc(1, sizeof(*set));

        assert_non_null(set);
        set->known = true;
        return set;
}

static bool change(RouteSet *set, Message m) {
        return route_set_change(set, &m.header);
}

static bool has(const RouteSet *set, Message m) {
        return route_set_has_place(set, &m.header);
}

static void test_adds_and_removes(void **state) {
        RouteSet *set = set_new();
        Message other = route("10.0.0.0/8", RT_TABLE_MAIN, 0, LINK), longer = other;

        assert_true(change(set, other));
        assert_true(change(set, route("10.0.0.0/16", RT_TABLE_MAIN, 0, LINK)));
        assert_true(change(set, route("10.0.0.0/8", RT_TABLE_MAIN, 5, LINK)));
        assert_true(change(set, route("10.0.0.0/8", 500, 0, LINK)));
        assert_int_equal(set->n, 4);

        /* Two in one place: which one a later message means, nobody says. */
        put_address(&longer, RTA_GATEWAY, "192.0.2.1");
        assert_false(change(set, longer));
        /* Not this one. */
        assert_false(change(set, removed(longer)));
        assert_int_equal(set->n, 4);

        assert_true(change(set, removed(other)));
        assert_false(change(set, removed(other)));
        assert_false(has(set, other));
        assert_true(change(set, longer));
        route_set_free(set);
}

static void test_what_differs(void **state) {
        Message first = route("10.0.0.0/8", RT_TABLE_MAIN, 0, LINK);
        Message others[5];
        RouteSet *set = set_new();

        for (size_t i = 0; i < ELEMENTSOF(others); i++)
                others[i] = first;
        others[0].route.rtm_protocol = RTPROT_STATIC;
        others[1].route.rtm_scope = RT_SCOPE_LINK;
        others[2].route.rtm_type = RTN_LOCAL;
        others[3].route.rtm_flags = RTNH_F_ONLINK;
        put_address(&others[4], RTA_PREFSRC, "192.0.2.1");

        assert_true(change(set, first));
        for (size_t i = 0; i < ELEMENTSOF(others); i++)
                assert_false(change(set, removed(others[i])));
        /* The carrier makes no difference. */
        first.route.rtm_flags = RTNH_F_LINKDOWN | RTNH_F_DEAD;
        assert_true(change(set, removed(first)));
        assert_true(change(set, first));
        assert_int_equal(((struct rtmsg *) NLMSG_DATA(set->routes[0]))->rtm_flags, 0);
        route_set_free(set);
}

static void test_not_plain(void **state) {
        const struct rta_cacheinfo expires = { .rta_expires = 100 };
        const uint16_t encapsulation = LWTUNNEL_ENCAP_MPLS;
        RouteSet *set = set_new();
        Message m[8];

        for (size_t i = 0; i < ELEMENTSOF(m); i++)
                m[i] = route(i < 4 ? "10.0.0.0/8" : "2001:db8::/32", RT_TABLE_MAIN, 0, i == 0 ? 0 : LINK);
        message_append_u32(&m[1], RTA_NH_ID, 3);
        message_append(&m[2], RTA_MULTIPATH, "", 0);
        m[3].route.rtm_flags = RTM_F_OFFLOAD;
        message_append(&m[4], RTA_METRICS, "", 0);
        message_append(&m[5], RTA_CACHEINFO, &expires, sizeof(expires));
        m[6].route.rtm_protocol = RTPROT_RA;
        message_append(&m[7], RTA_ENCAP_TYPE, &encapsulation, sizeof(encapsulation));
        for (size_t i = 0; i < ELEMENTSOF(m); i++) {
                assert_false(change(set, m[i]));
                assert_false(route_set_add(set, &m[i].header));
        }
        assert_int_equal(set->n, 0);
        route_set_free(set);
}

static void test_counts(void **state) {
        Message m = route("10.0.0.0/8", RT_TABLE_MAIN, 0, LINK);

        assert_true(route_counts(&m.header));
        m.route.rtm_flags = RTM_F_CLONED;
        assert_false(route_counts(&m.header));
        m = route("10.0.0.0/8", RT_TABLE_LOCAL, 0, LINK);
        assert_false(route_counts(&m.header));
        m = route("10.0.0.0/8", RT_TABLE_MAIN, 0, LINK);
        m.route.rtm_family = 128;
        assert_false(route_counts(&m.header));
        m.header.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)) - 1;
        assert_false(route_counts(&m.header));
        m = route("2001:db8::/129", RT_TABLE_MAIN, 0, LINK);
        assert_false(route_counts(&m.header));
}

/* As the kernel dumps them. */
static void test_order(void **state) {
        Message m[] = {
                route("10.0.0.0/8", 500, 0, LINK),
                route("10.0.0.0/24", RT_TABLE_MAIN, 0, LINK),
                route("10.0.0.0/8", RT_TABLE_MAIN, 0, LINK),
                route("10.0.0.0/8", RT_TABLE_MAIN, 7, LINK),
                route("10.1.0.0/16", RT_TABLE_MAIN, 0, LINK),
                route("2001:db8:1::/48", RT_TABLE_MAIN, 1, LINK),
                route("2001:db8::/32", RT_TABLE_MAIN, 1, LINK),
                route("2001:db9::/33", RT_TABLE_MAIN, 1, LINK),
                route("::/0", RT_TABLE_MAIN, 1, LINK),
        };
        size_t n = ELEMENTSOF(m);

        for (size_t from = 0; from < n; from++) {
                RouteSet *set = set_new();

                for (size_t i = 0; i < n; i++)
                        assert_true(change(set, m[(from + i * 5) % n]));
                for (size_t i = 0; i < n; i++)
                        assert_memory_equal(NLMSG_DATA(set->routes[i]), &m[i].route,
                                        m[i].header.nlmsg_len - NLMSG_HDRLEN);
                route_set_free(set);
        }
}

static void test_limits(void **state) {
        RouteSet *set = set_new();
        Message large = route("10.0.0.0/8", RT_TABLE_MAIN, 1000, LINK);
        char metrics[ROUTE_SIZE_MAX] = {};

        message_append(&large, RTA_METRICS, metrics, sizeof(metrics));
        assert_false(route_set_add(set, &large.header));
        for (uint32_t i = 0; i < ROUTE_SET_MAX; i++)
                assert_true(change(set, route("10.0.0.0/8", RT_TABLE_MAIN, i, LINK)));
        assert_false(change(set, route("10.0.0.0/8", RT_TABLE_MAIN, 1000, LINK)));
        route_set_truncate(set, 1);
        assert_int_equal(set->n, 1);
        route_set_free(set);
}

static void test_source(void **state) {
        Message m = route("10.0.0.0/8", RT_TABLE_MAIN, 0, LINK);
        RouteSet *set = set_new();
        struct in6_addr address = {};

        put_address(&m, RTA_PREFSRC, "192.0.2.1");
        assert_true(change(set, m));
        assert_int_equal(inet_pton(AF_INET, "192.0.2.1", &address), 1);
        assert_true(route_set_has_source(set, AF_INET, &address));
        assert_false(route_set_has_source(set, AF_INET6, &address));
        assert_int_equal(inet_pton(AF_INET, "192.0.2.2", &address), 1);
        assert_false(route_set_has_source(set, AF_INET, &address));
        route_set_free(set);
}

static void add_output(int ifindex, void *userdata) {
        int *sum = userdata;

        *sum = *sum * 10 + ifindex;
}

static void test_outputs(void **state) {
        struct rtnexthop legs[2] = { { .rtnh_len = sizeof(struct rtnexthop), .rtnh_ifindex = 4 },
                { .rtnh_len = sizeof(struct rtnexthop), .rtnh_ifindex = 5 } };
        Message m = route("10.0.0.0/8", RT_TABLE_MAIN, 0, LINK);
        int found = 0;

        message_append(&m, RTA_MULTIPATH, legs, sizeof(legs));
        route_foreach_output(&m.header, add_output, &found);
        assert_int_equal(found, 745);
        /* The second leg says that it is longer than it is. */
        legs[1].rtnh_len++;
        m = route("10.0.0.0/8", RT_TABLE_MAIN, 0, 0);
        message_append(&m, RTA_MULTIPATH, legs, sizeof(legs));
        found = 0;
        route_foreach_output(&m.header, add_output, &found);
        assert_int_equal(found, 4);
}

static int count(const struct nlmsghdr *message, void *userdata) {
        size_t *n = userdata;

        assert_int_equal(message->nlmsg_type, RTM_NEWROUTE);
        ++*n;
        return 0;
}

static void test_answer(void **state) {
        char buffer[ROUTE_SET_ANSWER_MAX] __attribute__((aligned(4)));
        Message m = route("10.0.0.0/8", RT_TABLE_MAIN, 0, LINK), odd = route("::/0", RT_TABLE_MAIN, 1, LINK);
        RouteSet *set = set_new();
        size_t size, n = 0;

        message_append(&odd, RTA_PREF, "", 1); /* not a multiple of four bytes */
        size = route_set_answer(NULL, LINK, true, buffer);
        assert_int_equal(route_answer_read(buffer, size, LINK, count, &n), 0);
        size = route_set_answer(set, LINK, false, buffer);
        assert_int_equal(route_answer_read(buffer, size, LINK, count, &n), 1);
        assert_int_equal(n, 0);

        assert_true(change(set, m) && change(set, odd));
        size = route_set_answer(set, LINK, false, buffer);
        assert_int_equal(route_answer_read(buffer, size, LINK, count, &n), 0);
        size = route_set_answer(set, LINK, true, buffer);
        assert_int_equal(route_answer_read(buffer, size, LINK, count, &n), 1);
        assert_int_equal(n, 2);

        /* Of another link; cut anywhere but between two messages. */
        n = 0;
        assert_int_equal(route_answer_read(buffer, size, LINK + 1, count, &n), 0);
        for (size_t cut = 0; cut < size; cut++)
                if (cut != sizeof(RouteQuestion) && cut != sizeof(RouteQuestion) + m.header.nlmsg_len)
                        assert_int_equal(route_answer_read(buffer, cut, LINK, count, &n), 0);
        assert_int_equal(n, 0);
        set->known = false;
        size = route_set_answer(set, LINK, true, buffer);
        assert_int_equal(route_answer_read(buffer, size, LINK, count, &n), 0);
        route_set_free(set);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_adds_and_removes),
                cmocka_unit_test(test_what_differs),
                cmocka_unit_test(test_not_plain),
                cmocka_unit_test(test_counts),
                cmocka_unit_test(test_order),
                cmocka_unit_test(test_limits),
                cmocka_unit_test(test_source),
                cmocka_unit_test(test_outputs),
                cmocka_unit_test(test_answer),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

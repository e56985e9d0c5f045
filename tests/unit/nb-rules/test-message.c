/* SPDX-License-Identifier: Apache-2.0 */
/* What we send is what we read back, and what is not ours is not taken for it. */
#include <setjmp.h>
#include <stdarg.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <linux/fib_rules.h>

#include "build.h"
#include "parse.h"

static Address address(const char *text) {
        Address a = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

        assert_int_equal(inet_pton(a.family, text, a.bytes), 1);
        return a;
}

typedef union Buffer {
        struct nlmsghdr header;
        char bytes[MESSAGE_SIZE_MAX];
} Buffer;

static void build_rule(const Rule *rule, Buffer *ret) {
        Change change = { .verb = CHANGE_ADD, .rule = rule };

        assert_in_range(build_message(&change, ret), sizeof(struct nlmsghdr), MESSAGE_SIZE_MAX);
}

static void test_rules_come_back(void **state) {
        static const char *const texts[] = { "10.9.0.12", "2001:db8::12", "0.0.0.1" };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                for (RuleRole role = 0; role < _RULE_ROLE_MAX; role++) {
                        Rule rule, back;
                        uint8_t local;
                        Buffer b;

                        memset(&rule, 0, sizeof(rule));
                        rule.address = address(texts[i]);
                        rule.role = (uint8_t) role;
                        rule.protocol = 201;
                        rule.table = role == RULE_MAIN ? RT_TABLE_MAIN : UINT32_MAX;
                        build_rule(&rule, &b);
                        assert_int_equal(parse_rule(&b.header, &back, &local), 1);
                        assert_int_equal(local, 0);
                        assert_int_equal(rule_compare(&rule, &back), 0);
                }
}

static void append(Buffer *b, unsigned type, uint32_t value) {
        struct rtattr *a = (void *) (b->bytes + b->header.nlmsg_len);

        a->rta_type = (unsigned short) type;
        a->rta_len = RTA_LENGTH(sizeof(value));
        memcpy(RTA_DATA(a), &value, sizeof(value));
        b->header.nlmsg_len += RTA_SPACE(sizeof(value));
}

static void test_other_rules_are_not_ours(void **state) {
        static const struct {
                unsigned type;
                uint32_t value;
        } cases[] = {
                { FRA_FWMARK, 1 },
                { FRA_IIFNAME, 0x306c },
                { FRA_IP_PROTO, 6 },
                { FRA_PRIORITY, 30999 },
                { FRA_PRIORITY, 31004 },
                { FRA_PRIORITY, 31002 },
                { FRA_PRIORITY, 31001 },
                { FRA_TABLE, RT_TABLE_MAIN },
                { FRA_SUPPRESS_PREFIXLEN, 1 },
                { FRA_SUPPRESS_IFGROUP, 0 },
                { FRA_L3MDEV, 1 },
                { FRA_UID_RANGE, 0 },
                { FRA_SUPPRESS_PREFIXLEN, UINT32_MAX },
        };
        Rule rule, back;
        uint8_t local;
        Buffer b;

        memset(&rule, 0, sizeof(rule));
        rule.address = address("10.9.0.12");
        rule.role = RULE_NEIGHBOURS;
        rule.protocol = 201;
        rule.table = 10002;
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                build_rule(&rule, &b);
                append(&b, cases[i].type, cases[i].value);
                assert_int_equal(parse_rule(&b.header, &back, &local), 0);
        }

        /* A network, not a host. */
        build_rule(&rule, &b);
        ((struct fib_rule_hdr *) NLMSG_DATA(&b.header))->src_len = 24;
        assert_int_equal(parse_rule(&b.header, &back, &local), 0);
        build_rule(&rule, &b);
        ((struct fib_rule_hdr *) NLMSG_DATA(&b.header))->flags = FIB_RULE_INVERT;
        assert_int_equal(parse_rule(&b.header, &back, &local), 0);
}

static void test_local_behind(void **state) {
        static const struct {
                uint32_t priority, table;
                uint8_t local;
        } cases[] = {
                { 0, RT_TABLE_LOCAL, 0 },
                { 100, RT_TABLE_LOCAL, 0 },
                { 31003, RT_TABLE_LOCAL, 0 },
                { 31004, RT_TABLE_LOCAL, AF_INET6 },
                { 32765, RT_TABLE_LOCAL, AF_INET6 },
                { 32766, RT_TABLE_MAIN, 0 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                Rule rule, back;
                uint8_t local;
                Buffer b;

                memset(&rule, 0, sizeof(rule));
                rule.address = address("::1");
                rule.role = RULE_DEFAULT;
                build_rule(&rule, &b);
                append(&b, FRA_PRIORITY, cases[i].priority);
                append(&b, FRA_TABLE, cases[i].table);
                (void) parse_rule(&b.header, &back, &local);
                assert_int_equal(local, cases[i].local);
        }
}

static Route make_route(const char *destination, uint8_t length, const char *gateway, size_t n_hops) {
        Route route;

        memset(&route, 0, sizeof(route));
        route.table = 4294967295U;
        route.destination = address(destination);
        route.prefix_length = length;
        route.type = RTN_UNICAST;
        route.protocol = 201;
        route.priority = 1024;
        route.n_hops = n_hops;
        for (size_t i = 0; i < n_hops; i++) {
                route.hops[i].ifindex = 3;
                if (gateway) {
                        route.hops[i].gateway = address(gateway);
                        route.hops[i].gateway.bytes[3] = (uint8_t) (i + 1);
                        route.hops[i].onlink = true;
                }
                route.hops[i].weight = (uint8_t) (n_hops > 1 ? i : 0);
        }
        return route;
}

static void test_routes_come_back(void **state) {
        Route routes[] = {
                make_route("0.0.0.0", 0, "10.9.0.1", 1),
                make_route("10.9.0.0", 24, NULL, 1),
                make_route("0.0.0.0", 0, "fe80::1", 1),
                make_route("::", 0, "fe80::1", 1),
                make_route("2001:db8::", 64, NULL, 1),
                make_route("0.0.0.0", 0, "10.9.0.1", 2),
                make_route("::", 0, "fe80::", HOPS_MAX),
                make_route("0.0.0.0", 0, "10.9.0.1", HOPS_MAX),
                make_route("0.0.0.0", 0, "fe80::1", HOPS_MAX),
        };

        routes[0].tos = 0x10;
        routes[0].metrics[ROUTE_METRIC_MTU] = 1400;
        routes[0].metrics[ROUTE_METRIC_QUICKACK] = 1;
        routes[0].locks = 1U << RTAX_MTU | 1U << RTAX_CC_ALGO;
        strcpy(routes[0].congestion, "a-name-of-15-ch");
        for (unsigned m = 0; m < _ROUTE_METRIC_MAX; m++)
                routes[6].metrics[m] = m + 1;
        routes[6].source = address("2001:db8:77::");
        routes[6].source_length = 48;
        routes[1].scope = RT_SCOPE_LINK;
        for (size_t i = 0; i < ELEMENTSOF(routes); i++) {
                Change change = { .verb = CHANGE_ADD, .route = routes + i };
                uint32_t nexthop;
                bool truncated;
                Route back;
                Buffer b;

                assert_in_range(build_message(&change, &b), sizeof(struct nlmsghdr), MESSAGE_SIZE_MAX);
                assert_int_equal(parse_route(&b.header, UINT32_MAX, 3, &back, &nexthop, &truncated), 1);
                assert_int_equal(nexthop, 0);
                assert_false(truncated);
                assert_true(route_equal(routes + i, &back));

                /* The wrong table; the hops of another link. */
                assert_int_equal(parse_route(&b.header, 255, 3, &back, &nexthop, &truncated), 0);
                assert_int_equal(parse_route(&b.header, UINT32_MAX, 4, &back, &nexthop, &truncated), 1);
                assert_int_equal(back.n_hops, 0);
        }
}

/* A source prefix, a metric and an encapsulation make another route of it. */
static void test_what_makes_a_difference(void **state) {
        const Route route = make_route("::", 0, "fe80::1", 1);
        Route others[] = { route, route, route, route };

        others[0].source_length = 64;
        others[1].congestion[0] = 'x';
        others[2].metrics[ROUTE_METRIC_RTO_MIN] = 40;
        others[3].hops[0].encapsulated = true;
        for (size_t i = 0; i < ELEMENTSOF(others); i++) {
                assert_false(route_equal(&route, others + i));
                assert_int_equal(route_same_key(&route, others + i), i > 0);
        }
}

static void test_encapsulation_is_seen(void **state) {
        Route route = make_route("0.0.0.0", 0, "10.9.0.1", 1), back;
        Change change = { .verb = CHANGE_ADD, .route = &route };
        uint32_t nexthop;
        bool truncated;
        Buffer b;

        assert_in_range(build_message(&change, &b), sizeof(struct nlmsghdr), MESSAGE_SIZE_MAX);
        append(&b, RTA_ENCAP | NLA_F_NESTED, 0);
        assert_int_equal(parse_route(&b.header, UINT32_MAX, 3, &back, &nexthop, &truncated), 1);
        assert_true(back.hops[0].encapsulated);
}

/* Every cut of a message is refused or read as what is left of it, never read beyond. */
static void test_cut_messages(void **state) {
        Route route = make_route("0.0.0.0", 0, "10.9.0.1", 3), back;
        Change change = { .verb = CHANGE_ADD, .route = &route };
        uint32_t nexthop;
        bool truncated;
        size_t size;
        Buffer b;

        size = build_message(&change, &b);
        for (size_t n = sizeof(struct nlmsghdr); n < size; n++) {
                _cleanup_free_ struct nlmsghdr *m = malloc(n);

                assert_non_null(m);
                memcpy(m, &b, n);
                m->nlmsg_len = (uint32_t) n;
                (void) parse_route(m, UINT32_MAX, 0, &back, &nexthop, &truncated);
                if (n < NLMSG_LENGTH(sizeof(struct rtmsg)))
                        assert_int_equal(parse_route(m, UINT32_MAX, 0, &back, &nexthop, &truncated),
                                        -EBADMSG);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rules_come_back),
                cmocka_unit_test(test_other_rules_are_not_ours),
                cmocka_unit_test(test_local_behind),
                cmocka_unit_test(test_routes_come_back),
                cmocka_unit_test(test_what_makes_a_difference),
                cmocka_unit_test(test_encapsulation_is_seen),
                cmocka_unit_test(test_cut_messages),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

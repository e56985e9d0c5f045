/* SPDX-License-Identifier: Apache-2.0 */
/* From what is and what should be to the commands, in their order. */
#include <setjmp.h>
#include <stdarg.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "desired.h"
#include "plan.h"
#include "print.h"

#define IFINDEX 3
#define TABLE 10002

static const Claim wish = { .ifindex = IFINDEX, .table = TABLE, .protocol = 201 };

static Address address(const char *text) {
        Address a = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

        assert_int_equal(inet_pton(a.family, text, a.bytes), 1);
        return a;
}

static void add_address(Snapshot *s, const char *text) {
        Address *a = array_add(&s->addresses, sizeof(*a));

        *a = address(text);
}

static Route *add_route(Array *routes, const char *destination, uint8_t length, const char *gateway) {
        Route *route = array_add(routes, sizeof(*route));

        route->table = TABLE;
        route->destination = address(destination);
        route->prefix_length = length;
        route->type = RTN_UNICAST;
        route->protocol = 201;
        route->n_hops = route->n_legs = 1;
        route->hops[0].ifindex = IFINDEX;
        if (gateway) {
                route->hops[0].gateway = address(gateway);
                route->hops[0].onlink = true;
        }
        return route;
}

static void add_rule(Snapshot *s, const char *text, RuleRole role, uint32_t table, uint8_t protocol) {
        Rule *rule = array_add(&s->rules, sizeof(*rule));

        rule->address = address(text);
        rule->role = (uint8_t) role;
        rule->table = table;
        rule->protocol = protocol;
}

/* Takes the snapshot over. */
static bool check(Snapshot *s, bool wanted, const Claim *claims, size_t n_claims, const char *expected) {
        _cleanup_free_ char *got = NULL;
        _cleanup_snapshot_ Snapshot snapshot = *s;
        _cleanup_wanted_ Wanted w = {};
        _cleanup_plan_ Plan plan = {};
        char command[COMMAND_MAX];
        const Change *changes;
        size_t size;
        FILE *f;

        if (wanted)
                assert_int_equal(desired_make(&snapshot, claims, &w), 0);
        assert_int_equal(plan_make(&snapshot, &w, claims, n_claims, &plan), 0);

        f = open_memstream(&got, &size);
        assert_non_null(f);
        changes = plan.changes.items;
        for (size_t i = 0; i < plan.changes.n; i++) {
                print_change(changes + i, "eth1", command);
                fprintf(f, "%s\n", command);
        }
        fclose(f);
        assert_string_equal(got, expected);
        return plan.doubtful;
}

static void test_from_nothing(void **state) {
        Snapshot s = {};

        add_address(&s, "10.9.0.12");
        add_address(&s, "10.9.0.12");
        add_route(&s.main_routes, "10.9.0.0", 24, NULL)->scope = RT_SCOPE_LINK;
        add_route(&s.main_routes, "0.0.0.0", 0, "10.9.0.1");
        add_route(&s.main_routes, "10.50.0.0", 16, "10.9.0.7");
        add_route(&s.main_routes, "0.0.0.0", 0, "10.9.0.2");
        assert_false(check(&s, true, &wish, 1,
                        "ip -4 route add 10.9.0.0/24 dev eth1 table 10002 protocol 201 scope link\n"
                        "ip -4 route add default via 10.9.0.1 dev eth1 table 10002 protocol 201 onlink\n"
                        "ip -4 rule add from 10.9.0.12 lookup 10002 suppress_prefixlength 0 priority 31000 protocol 201\n"
                        "ip -4 rule add from 10.9.0.12 lookup main suppress_prefixlength 0 priority 31001 protocol 201\n"
                        "ip -4 rule add from 10.9.0.12 lookup 10002 priority 31002 protocol 201\n"
                        "ip -4 rule add to 10.9.0.12 lookup 10002 priority 31003 protocol 201\n"));
}

static void add_all_rules(Snapshot *s, const char *text, uint32_t table, uint8_t protocol) {
        for (RuleRole role = 0; role < _RULE_ROLE_MAX; role++)
                add_rule(s, text, role, role == RULE_MAIN ? RT_TABLE_MAIN : table, protocol);
}

static void test_nothing_to_do(void **state) {
        Snapshot s = {};

        add_address(&s, "2001:db8::12");
        add_route(&s.main_routes, "::", 0, "fe80::1");
        add_route(&s.routes, "::", 0, "fe80::1");
        add_all_rules(&s, "2001:db8::12", TABLE, 201);
        assert_false(check(&s, true, &wish, 1, ""));
}

static void test_removal_goes_backwards(void **state) {
        Snapshot s = {};

        add_route(&s.routes, "0.0.0.0", 0, "10.9.0.1");
        add_all_rules(&s, "10.9.0.12", TABLE, 201);
        assert_false(check(&s, false, &wish, 1,
                        "ip -4 rule del to 10.9.0.12 lookup 10002 priority 31003 protocol 201\n"
                        "ip -4 rule del from 10.9.0.12 lookup 10002 priority 31002 protocol 201\n"
                        "ip -4 rule del from 10.9.0.12 lookup main suppress_prefixlength 0 priority 31001 protocol 201\n"
                        "ip -4 rule del from 10.9.0.12 lookup 10002 suppress_prefixlength 0 priority 31000 protocol 201\n"
                        "ip -4 route del default via 10.9.0.1 dev eth1 table 10002 protocol 201 onlink\n"));
}

/* Another link's, another protocol's, and what two links share. */
static void test_others_are_left_alone(void **state) {
        Snapshot s = {};

        add_all_rules(&s, "10.7.0.1", TABLE + 1, 201);
        add_all_rules(&s, "10.9.0.12", TABLE, 99);
        add_route(&s.routes, "0.0.0.0", 0, "10.9.0.1")->protocol = 99;
        add_route(&s.routes, "10.0.0.0", 8, "10.9.0.1")->type = RTN_BLACKHOLE;
        assert_false(check(&s, false, &wish, 1, ""));

        s = (Snapshot){};
        add_all_rules(&s, "10.7.0.1", TABLE + 1, 201);
        add_rule(&s, "10.7.0.1", RULE_NEIGHBOURS, TABLE, 201);
        assert_false(check(&s, false, &wish, 1,
                        "ip -4 rule del from 10.7.0.1 lookup 10002 suppress_prefixlength 0 priority 31000 protocol 201\n"));
}

static void test_kernel_protocol(void **state) {
        const Claim kernel = { .ifindex = IFINDEX, .table = TABLE, .protocol = RTPROT_KERNEL };
        Snapshot s = {};

        /* Routes of a VRF that has this table; a rule that belongs to nothing we know. */
        add_route(&s.routes, "10.0.0.0", 8, NULL)->protocol = RTPROT_KERNEL;
        ((Route *) s.routes.items)->hops[0].ifindex = IFINDEX + 1;
        add_rule(&s, "10.7.0.1", RULE_MAIN, RT_TABLE_MAIN, RTPROT_KERNEL);
        assert_non_null(plan_foreign_route(&s, TABLE, &kernel, 1));
        (void) check(&s, false, &kernel, 1, "");
}

static void test_doubt(void **state) {
        Snapshot s = {};

        add_rule(&s, "10.7.0.1", RULE_MAIN, RT_TABLE_MAIN, 201);
        assert_true(check(&s, false, &wish, 1,
                        "ip -4 rule del from 10.7.0.1 lookup main suppress_prefixlength 0 priority 31001 protocol 201\n"));

        s = (Snapshot){};
        add_address(&s, "10.9.0.12");
        add_all_rules(&s, "10.9.0.12", TABLE, 201);
        add_rule(&s, "10.9.0.12", RULE_DEFAULT, TABLE, 201);
        assert_true(check(&s, true, &wish, 1,
                        "ip -4 rule del from 10.9.0.12 lookup 10002 priority 31002 protocol 201\n"));
}

static void test_changed_gateway(void **state) {
        Snapshot s = {};

        /* The new one comes first. */
        add_route(&s.main_routes, "0.0.0.0", 0, "10.9.0.2");
        add_route(&s.routes, "0.0.0.0", 0, "10.9.0.1");
        (void) check(&s, true, &wish, 1,
                        "ip -4 route append default via 10.9.0.2 dev eth1 table 10002 protocol 201 onlink\n"
                        "ip -4 route del default via 10.9.0.1 dev eth1 table 10002 protocol 201 onlink\n");

        /* IPv6 refuses a second one to the same gateway. */
        s = (Snapshot){};
        add_route(&s.main_routes, "::", 0, "fe80::1")->metrics[ROUTE_METRIC_MTU] = 1400;
        add_route(&s.routes, "::", 0, "fe80::1");
        (void) check(&s, true, &wish, 1,
                        "ip -6 route del default via fe80::1 dev eth1 table 10002 protocol 201 onlink\n"
                        "ip -6 route append default via fe80::1 dev eth1 table 10002 protocol 201 mtu 1400 onlink\n");
}

static void test_new_table_before_the_old_one_goes(void **state) {
        const Claim claims[] = { wish, { .ifindex = IFINDEX, .table = 500, .protocol = 201 } };
        Snapshot s = {};

        add_address(&s, "10.9.0.12");
        add_route(&s.main_routes, "0.0.0.0", 0, "10.9.0.1");
        add_route(&s.routes, "0.0.0.0", 0, "10.9.0.1")->table = 500;
        add_rule(&s, "10.9.0.12", RULE_NEIGHBOURS, 500, 201);
        add_rule(&s, "10.9.0.12", RULE_MAIN, RT_TABLE_MAIN, 201);
        s.local_is_behind[0] = true;
        (void) check(&s, true, claims, ELEMENTSOF(claims),
                        "ip -4 route add default via 10.9.0.1 dev eth1 table 10002 protocol 201 onlink\n"
                        "ip -4 rule add from 10.9.0.12 lookup 10002 suppress_prefixlength 0 priority 31000 protocol 201\n"
                        "ip -4 rule add from 10.9.0.12 lookup 10002 priority 31002 protocol 201\n"
                        "ip -4 rule del from 10.9.0.12 lookup 500 suppress_prefixlength 0 priority 31000 protocol 201\n"
                        "ip -4 route del default via 10.9.0.1 dev eth1 table 500 protocol 201 onlink\n");
}

static void test_legs(void **state) {
        Snapshot s = {};
        Route *route;

        route = add_route(&s.main_routes, "0.0.0.0", 0, "10.9.0.1");
        route->hops[1] = route->hops[0];
        route->hops[1].ifindex = IFINDEX + 1;
        route->hops[0].weight = 4;
        route->n_hops = 2;
        /* Two legs of IPv6 are joined, two routers of the same metric are not. */
        add_route(&s.main_routes, "::", 0, "fe80::1")->n_legs = 2;
        add_route(&s.main_routes, "::", 0, "fe80::2")->n_legs = 2;
        add_route(&s.main_routes, "::", 0, "fe80::3");
        (void) check(&s, true, &wish, 1,
                        "ip -4 route add default via 10.9.0.1 dev eth1 table 10002 protocol 201 onlink\n"
                        "ip -6 route add default via fe80::1 dev eth1 table 10002 protocol 201 onlink\n"
                        "ip -6 route append default via fe80::2 dev eth1 table 10002 protocol 201 onlink\n");
}

static void test_table_numbers(void **state) {
        static const struct {
                uint32_t base;
                int ifindex, r;
                uint32_t table;
        } cases[] = {
                { 9999, 3, 0, 10002 },
                { 0, 1, 0, 1 },
                { 0, 252, 0, 252 },
                { 0, 253, -ERANGE, 0 },
                { 250, 5, -ERANGE, 0 },
                { 0, 256, 0, 256 },
                { UINT32_MAX, 1, -ERANGE, 0 },
                { UINT32_MAX - 1, 1, 0, UINT32_MAX },
                { 9999, INT32_MAX, 0, 2147493646U },
                { 9999, 0, -ERANGE, 0 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                uint32_t table = 0;

                assert_int_equal(table_of_link(cases[i].base, cases[i].ifindex, &table), cases[i].r);
                assert_int_equal(table, cases[i].table);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_from_nothing),
                cmocka_unit_test(test_nothing_to_do),
                cmocka_unit_test(test_removal_goes_backwards),
                cmocka_unit_test(test_others_are_left_alone),
                cmocka_unit_test(test_kernel_protocol),
                cmocka_unit_test(test_doubt),
                cmocka_unit_test(test_changed_gateway),
                cmocka_unit_test(test_new_table_before_the_old_one_goes),
                cmocka_unit_test(test_legs),
                cmocka_unit_test(test_table_numbers),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of the kernel's messages about a link? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "script-environment.h"

#include "../common/message.h"

static void add_address(Snapshot *s, uint8_t last) {
        const struct ifaddrmsg info = {
                .ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = (unsigned) s->ifindex
        };
        const uint8_t address[] = { 10, 0, 0, last };
        Message m = message_new(RTM_NEWADDR, &info, sizeof(info));

        message_append(&m, IFA_LOCAL, address, sizeof(address));
        assert_int_equal(snapshot_add(&m.header, s), 0);
}

/* Of the lists with more and more addresses one is as long as the memory that it got; at 10.0.0.111 it was. */
static void test_list_of_any_length(void **state) {
        for (uint8_t last = 9; last < 255; last++) {
                _cleanup_environment_ Environment e = {};
                _cleanup_snapshot_ Snapshot s = { .ifindex = 3 };
                const LogFields fields = {};
                const EventFile file = {};
                const EventContext context = { .event = EVENT_TYPE_ROUTABLE,
                        .link = "eth0",
                        .file = &file,
                        .snapshot = &s,
                        .essid = "",
                        .fields = &fields };
                char end[32];
                size_t n;

                for (uint8_t i = 9; i <= last; i++)
                        add_address(&s, i);
                assert_int_equal(script_environment_add(&e, &context), 0);

                (void) snprintf(end, sizeof(end), "10.0.0.%u", last);
                n = strlen(environment_get(&e, "IP_ADDRS"));
                assert_int_equal(n, s.ipv4.length);
                assert_string_equal(environment_get(&e, "IP_ADDRS") + n - strlen(end), end);
                assert_string_equal(environment_get(&e, "IP6_ADDRS"), "");
        }
}

static void add_default_route(Snapshot *s, uint8_t family, const void *gateway, size_t size) {
        const struct rtmsg info = {
                .rtm_family = family, .rtm_type = RTN_UNICAST, .rtm_table = RT_TABLE_MAIN
        };
        Message m = message_new(RTM_NEWROUTE, &info, sizeof(info));

        message_append_u32(&m, RTA_OIF, (uint32_t) s->ifindex);
        message_append(&m, RTA_GATEWAY, gateway, size);
        assert_int_equal(snapshot_add(&m.header, s), 0);
}

static void test_dump_that_was_broken_off(void **state) {
        static const uint8_t old4[] = { 192, 0, 2, 1 }, new4[] = { 192, 0, 2, 254 };
        static const uint8_t old6[16] = { 0xfe, 0x80, [15] = 1 }, new6[16] = { 0xfe, 0x80, [15] = 2 };
        _cleanup_snapshot_ Snapshot s = { .ifindex = 3, .details = true };

        snapshot_begin_routes(&s, AF_INET);
        add_default_route(&s, AF_INET, old4, sizeof(old4));
        snapshot_forget_routes(&s);
        assert_string_equal(s.gateways[0], "");
        assert_string_equal(buffer_text(&s.routes), "");
        add_default_route(&s, AF_INET, new4, sizeof(new4));

        snapshot_begin_routes(&s, AF_INET6);
        add_default_route(&s, AF_INET6, old6, sizeof(old6));
        snapshot_forget_routes(&s);
        add_default_route(&s, AF_INET6, new6, sizeof(new6));

        assert_string_equal(s.gateways[0], "192.0.2.254");
        assert_string_equal(s.gateways[1], "fe80::2");
        assert_non_null(strstr(buffer_text(&s.routes), "\"Gw\":\"192.0.2.254\""));
        assert_non_null(strstr(buffer_text(&s.routes), "\"Gw\":\"fe80::2\""));
        assert_null(strstr(buffer_text(&s.routes), "\"192.0.2.1\""));
        assert_null(strstr(buffer_text(&s.routes), "\"fe80::1\""));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_list_of_any_length),
                cmocka_unit_test(test_dump_that_was_broken_off),
        };

        return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}

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

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_list_of_any_length),
        };

        return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}

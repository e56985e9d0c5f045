/* SPDX-License-Identifier: Apache-2.0 */
/* Which JSON follows from which messages? Those of a real kernel are in the system tests; here what it rarely says. */
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "device.h"
#include "route-json.h"
#include "unit-environment.h"

#include "../common/message.h"

static Message route(uint8_t family, uint32_t table, int output) {
        const struct rtmsg info = {
                .rtm_family = family, .rtm_type = RTN_UNICAST, .rtm_table = RT_TABLE_COMPAT
        };
        Message m = message_new(RTM_NEWROUTE, &info, sizeof(info));

        message_append_u32(&m, RTA_TABLE, table);
        if (output > 0)
                message_append_u32(&m, RTA_OIF, (uint32_t) output);
        return m;
}

static const struct in6_addr fe80_1 = { .s6_addr = { 0xfe, 0x80, [15] = 1 } };

static void test_which_routes_are_told(void **state) {
        static const struct {
                uint32_t table;
                int output;
                bool told;
        } cases[] = {
                { RT_TABLE_MAIN, 3, true },
                { 10002, 3, true },
                { RT_TABLE_LOCAL, 3, false },
                { RT_TABLE_MAIN, 4, false },
                { RT_TABLE_MAIN, 0, false },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                Message m = route(AF_INET, cases[i].table, cases[i].output);
                _cleanup_buffer_ Json j = {};

                assert_int_equal(route_json_write(&j, &m.header, 3), cases[i].told);
                assert_int_equal(j.length > 0, cases[i].told);
        }
}

static void test_gateway_of_another_family(void **state) {
        Message m = route(AF_INET, RT_TABLE_MAIN, 3);
        char via[sizeof(struct rtvia) + sizeof(fe80_1)], text[INET6_ADDRSTRLEN];
        const uint16_t family = AF_INET6;
        _cleanup_buffer_ Json j = {};
        int gateway_family;

        memcpy(via, &family, sizeof(family));
        memcpy(via + sizeof(family), &fe80_1, sizeof(fe80_1));
        message_append(&m, RTA_VIA, via, sizeof(family) + sizeof(fe80_1));
        assert_true(route_json_write(&j, &m.header, 3));
        assert_non_null(strstr(buffer_text(&j), "\"Gw\":\"fe80::1\""));
        assert_true(route_default_gateway(&m.header, 3, &gateway_family, text));
        assert_string_equal(text, "fe80::1");
}

static void test_multipath_has_the_own_leg(void **state) {
        struct {
                struct rtnexthop leg;
                struct rtattr head;
                uint8_t gateway[4];
        } legs[2] = {
                { { sizeof(legs[0]), 0, 0, 1000001 }, { RTA_LENGTH(4), RTA_GATEWAY }, { 192, 0, 2, 1 } },
                { { sizeof(legs[0]), RTNH_F_ONLINK, 4, 3 }, { RTA_LENGTH(4), RTA_GATEWAY },
                                { 192, 0, 2, 9 } },
        };
        Message m = route(AF_INET, RT_TABLE_MAIN, 0);
        _cleanup_buffer_ Json j = {};

        message_append(&m, RTA_MULTIPATH, legs, sizeof(legs));
        assert_true(route_json_write(&j, &m.header, 3));
        assert_non_null(strstr(buffer_text(&j),
                        "\"Gw\":\"192.0.2.9\",\"MultiPath\":\"nexthop via 192.0.2.1 dev if1000001 weight 1 nexthop "
                        "via 192.0.2.9 dev "));
        assert_non_null(strstr(buffer_text(&j), "\"Flags\":[\"onlink\"]"));
        assert_false(route_json_write(&j, &m.header, 4));
}

static void test_cut_messages(void **state) {
        Message m = route(AF_INET6, RT_TABLE_MAIN, 3);
        uint32_t length = m.header.nlmsg_len;

        message_append(&m, RTA_GATEWAY, &fe80_1, sizeof(fe80_1));
        for (uint32_t n = NLMSG_HDRLEN; n < m.header.nlmsg_len; n++) {
                Message cut = m;
                _cleanup_buffer_ Json j = {};

                cut.header.nlmsg_len = n;
                assert_int_equal(route_json_write(&j, &cut.header, 3), n >= length);
                assert_int_equal(j.length > 0, n >= length);
                if (n >= length)
                        assert_non_null(strstr(buffer_text(&j), "\"Gw\":\"\""));
        }
}

static void test_pci_database(void **state) {
        static const char database[] =
                        "# comment\n8086  Intel Corporation\n\t100e  82540EM\n\t100f  82545EM\n"
                        "\t\t15ad 0750  PRO/1000\n8087  Other\n\t1010  Not Intel's\n"
                        "8088  Alone\n8089  Next\n\t0001  Next's\n";
        static const struct {
                const char *vendor, *product, *names[2];
        } cases[] = {
                { "0x8086", "0x100f", { "Intel Corporation", "82545EM" } },
                { "0x8086", "0x100e", { "Intel Corporation", "82540EM" } },
                { "0x8086", "0x1010", { "Intel Corporation", "" } },
                { "0x8087", "0x1010", { "Other", "Not Intel's" } },
                { "0x15ad", "0x0750", { "", "" } },
                { "0x8088", "0x0001", { "Alone", "" } },
                { "0x8089", "0x0001", { "Next", "Next's" } },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                Device device = {};

                device_find_pci(database, sizeof(database) - 1, cases[i].vendor, cases[i].product, &device);
                assert_string_equal(device.fields[DEVICE_VENDOR], cases[i].names[0]);
                assert_string_equal(device.fields[DEVICE_MODEL], cases[i].names[1]);
        }
}

static void test_udev_database(void **state) {
        static const char *const lines[] = { "I:123", "E:ID_PATH=pci-0000:02:05.0", "E:ID_NET_DRIVER=e1000",
                "E:ID_PATH_TAG=x", "E:ID_VENDOR_FROM_DATABASE=Intel" };
        Device device = {};

        for (size_t i = 0; i < ELEMENTSOF(lines); i++)
                device_read_udev_line(&device, lines[i], strlen(lines[i]));
        assert_string_equal(device.fields[DEVICE_PATH], "pci-0000:02:05.0");
        assert_string_equal(device.fields[DEVICE_DRIVER], "e1000");
        assert_string_equal(device.fields[DEVICE_VENDOR], "Intel");
        assert_string_equal(device.fields[DEVICE_MODEL], "");
}

static void test_unit_environment(void **state) {
        _cleanup_unit_environment_ UnitEnvironment e = {};

        assert_int_equal(
                        unit_environment_parse(
                                        "User=nobody\nEnvironment=A=1 \"B=two words\" C= \"D=\\\"q\\\" \\$x\"\n",
                                        &e),
                        0);
        assert_string_equal(e.user, "nobody");
        assert_int_equal(e.n, 4);
        assert_string_equal(e.list[0], "A=1");
        assert_string_equal(e.list[1], "B=two words");
        assert_string_equal(e.list[2], "C=");
        assert_string_equal(e.list[3], "D=\"q\" $x");
        assert_null(e.list[4]);
}

static void test_unit_without_environment(void **state) {
        _cleanup_unit_environment_ UnitEnvironment e = {};

        assert_int_equal(unit_environment_parse("Environment=\nUser=\n", &e), 0);
        assert_string_equal(e.user, "");
        assert_int_equal(e.n, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_which_routes_are_told),
                cmocka_unit_test(test_gateway_of_another_family),
                cmocka_unit_test(test_multipath_has_the_own_leg),
                cmocka_unit_test(test_cut_messages),
                cmocka_unit_test(test_pci_database),
                cmocka_unit_test(test_udev_database),
                cmocka_unit_test(test_unit_environment),
                cmocka_unit_test(test_unit_without_environment),
        };

        return cmocka_run_group_tests_name("document", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>

#include "rule-protocol.h"

#include <cmocka.h>

static void test_parse(void **state) {
        static const struct {
                const char *text;
                int r;
                uint8_t protocol;
        } cases[] = {
                { "1", 0, 1 },
                { "255", 0, 255 },
                { "kernel", 0, 2 },
                { "Kernel", 0, 2 },
                { RULE_PROTOCOL_DEFAULT, 0, 201 },
                { "0", -ERANGE, 0 },
                { "256", -ERANGE, 0 },
                { "99999999999999999999", -ERANGE, 0 },
                { "", -EINVAL, 0 },
                { "-1", -EINVAL, 0 },
                { " 1", -EINVAL, 0 },
                { "7x", -EINVAL, 0 },
                { "static", -EINVAL, 0 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                uint8_t protocol = 0;

                assert_int_equal(rule_protocol_parse(cases[i].text, &protocol), cases[i].r);
                assert_int_equal(protocol, cases[i].protocol);
        }
}

static void test_environment(void **state) {
        assert_int_equal(rule_protocol_from_environment(NULL), 201);
        assert_int_equal(rule_protocol_from_environment("99"), 99);
        assert_int_equal(rule_protocol_from_environment("300"), 201);
        assert_int_equal(rule_protocol_from_environment(""), 201);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse),
                cmocka_unit_test(test_environment),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

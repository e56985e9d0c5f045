/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>

#include "number.h"

#include <cmocka.h>

static const struct {
        const char *text;
        int base;
        uint64_t max;
        int r;
        uint64_t value;
} cases[] = {
        { "0", 10, 0, 0, 0 },
        { "42", 10, 100, 0, 42 },
        { "100", 10, 100, 0, 100 },
        { "101", 10, 100, -ERANGE, 0 },
        { "007", 10, 100, 0, 7 },
        { "18446744073709551615", 10, UINT64_MAX, 0, UINT64_MAX },
        { "18446744073709551616", 10, UINT64_MAX, -ERANGE, 0 },
        { "ff", 16, UINT64_MAX, 0, 255 },
        { "ff", 10, UINT64_MAX, -EINVAL, 0 },
        { "0xff", 16, UINT64_MAX, -EINVAL, 0 },
        { "FF", 16, UINT64_MAX, -EINVAL, 0 },
        { "-1", 10, UINT64_MAX, -EINVAL, 0 },
        { "+1", 10, UINT64_MAX, -EINVAL, 0 },
        { " 1", 10, UINT64_MAX, -EINVAL, 0 },
        { "1 ", 10, UINT64_MAX, -EINVAL, 0 },
        { "1\n", 10, UINT64_MAX, -EINVAL, 0 },
        { "", 10, UINT64_MAX, -EINVAL, 0 },
        { NULL, 10, UINT64_MAX, -EINVAL, 0 },
};

static void test_number(_unused_ void **state) {
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                uint64_t value = 12345;

                print_message("'%s'\n", strempty(cases[i].text));
                assert_int_equal(number_parse(cases[i].text, cases[i].base, cases[i].max, &value),
                                cases[i].r);
                assert_int_equal(value, cases[i].r < 0 ? 12345 : cases[i].value);
        }
}

static void test_ifindex(_unused_ void **state) {
        int value = -5;

        assert_int_equal(ifindex_parse("0", &value), -ERANGE);
        assert_int_equal(ifindex_parse("2147483648", &value), -ERANGE);
        assert_int_equal(ifindex_parse("2a", &value), -EINVAL);
        assert_int_equal(value, -5);
        assert_int_equal(ifindex_parse("2147483647", &value), 0);
        assert_int_equal(value, INT32_MAX);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_number),
                cmocka_unit_test(test_ifindex),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

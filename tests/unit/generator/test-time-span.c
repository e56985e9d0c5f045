/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>

#include "time-span.h"

#include <cmocka.h>

#define SEC 1000000ULL

static const struct {
        const char *text;
        int r;
        uint64_t usec;
} cases[] = {
        { "90s", 0, 90 * SEC },
        { "90", 0, 90 * SEC },
        { " 90 s ", 0, 90 * SEC },
        { "2min 30s", 0, 150 * SEC },
        { "2min30s", 0, 150 * SEC },
        { "1h 1m 1s 1ms 1us", 0, 3661 * SEC + 1001 },
        { "1.5h", 0, 5400 * SEC },
        { ".5s", 0, SEC / 2 },
        { "0.000001", 0, 1 },
        { "0.0000001", 0, 0 },
        { "500msec", 0, 500000 },
        { "3 minutes", 0, 180 * SEC },
        { "1M", 0, 2629800 * SEC },
        { "1m", 0, 60 * SEC },
        { "1 month", 0, 2629800 * SEC },
        { "1d 1w 1y", 0, (86400 + 604800 + 31557600) * SEC },
        { "5\xc2\xb5s", 0, 5 },
        { "0", 0, 0 },
        { "", -EINVAL, 0 },
        { "  ", -EINVAL, 0 },
        { "s", -EINVAL, 0 },
        { "-1", -EINVAL, 0 },
        { "1.", -EINVAL, 0 },
        { "1..5", -EINVAL, 0 },
        { "90x", -EINVAL, 0 },
        { "90 parsecs", -EINVAL, 0 },
        { "1s2", 0, 3 * SEC },
        { "infinity", -EINVAL, 0 },
        { "1000y", -ERANGE, 0 },
        { "60y 60y", -ERANGE, 0 },
        { "99999999999999999999999999", -ERANGE, 0 },
        { "9999999999s 9999999999999999999ms", -ERANGE, 0 },
};

static void test_parse(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                uint64_t usec = 0;
                int r = time_span_parse(cases[i].text, &usec);

                if (r != cases[i].r || usec != cases[i].usec)
                        fail_msg("'%s': %i, %llu", cases[i].text, r, (unsigned long long) usec);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

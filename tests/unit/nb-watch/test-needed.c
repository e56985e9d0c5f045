/* SPDX-License-Identifier: Apache-2.0 */
/* When is what a folder holds remembered? */
#include <setjmp.h>
#include <stdarg.h>

#include "needed.h"

#include <cmocka.h>

#define MSEC 1000000L

static void test_time_stamp_is_settled(void **state) {
        static const struct {
                struct timespec changed, now;
                bool settled;
        } cases[] = {
                { { 1000, 0 }, { 1000, 0 }, false },
                { { 1000, 0 }, { 1000, 100 * MSEC }, false },
                { { 1000, 0 }, { 1000, 101 * MSEC }, true },
                { { 1000, 999 * MSEC }, { 1001, 1 * MSEC }, false },
                { { 1000, 999 * MSEC }, { 1001, 99 * MSEC }, false },
                { { 1000, 999 * MSEC }, { 1001, 100 * MSEC }, true },
                { { 1000, 0 }, { 1001, 1 * MSEC }, true },
                { { 1000, 999 * MSEC }, { 1002, 0 }, true },
                /* The clock was set back. */
                { { 1000, 0 }, { 999, 999 * MSEC }, false },
                { { 2000, 0 }, { 1000, 0 }, false },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                if (time_stamp_is_settled(&cases[i].changed, &cases[i].now) != cases[i].settled)
                        fail_msg("case %zu", i);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_time_stamp_is_settled),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

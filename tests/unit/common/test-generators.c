/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>

#include "generators.h"

#include <cmocka.h>

static void test_words(void **state) {
        static const struct {
                const char *list;
                bool networkd, dhclient, kernel;
        } cases[] = {
                { NULL, true, false, false },
                { "", true, false, false },
                { "dhclient", false, true, false },
                { "kernel dhclient", false, true, true },
                { " kernel  systemd-networkd ", true, false, true },
                { "systemd-networkdx xdhclient kernels", false, false, false },
                { "dhclient* !kernel", false, false, false },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                assert_int_equal(generators_include(cases[i].list, GENERATOR_NETWORKD), cases[i].networkd);
                assert_int_equal(generators_include(cases[i].list, GENERATOR_DHCLIENT), cases[i].dhclient);
                assert_int_equal(generators_include(cases[i].list, GENERATOR_KERNEL), cases[i].kernel);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_words),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

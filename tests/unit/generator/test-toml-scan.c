/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>

#include "toml-scan.h"

#include <cmocka.h>

#define DEEP "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a"

static const struct {
        const char *text;
        unsigned line, column; /* 0: nothing is wrong */
} cases[] = {
        { "", 0, 0 },
        { "[Network]\nLinks = \"eth0\" # é\n", 0, 0 },
        { "\xef\xbb\xbf[Network]\r\nLinks = 'é'\r\n", 0, 0 },
        { "a = \"\"\"x\ny\"\"\"\"\"\nb = 'c:\\'\n", 0, 0 },
        { DEEP " = 1", 1, 32 },
        { "x = 1\n[" DEEP "]", 2, 33 },
        { "x = { y = 1, " DEEP " = 1 }", 1, 45 },
        { "x = [\"" DEEP "\", '" DEEP "'] # " DEEP, 0, 0 },
        { "x = \"\"\"\n" DEEP "\n\"\"\"\n", 0, 0 },
        { "x = \"\"\"\\\"\"\" " DEEP " \"\"\"\n", 0, 0 },
        { "x = '\\'\n" DEEP " = 1\n", 2, 32 },
        { "x = {y=\"\"\"b\"\"\"\", " DEEP "=1}\n", 1, 49 },
        { "x = \"broken off\n" DEEP " = 1\n", 2, 32 },
        { "x = \"éé\" # \x01\n", 1, 12 },
        { "x = 1 # \x01\n", 1, 9 },
        { "x = \"\x7f\"\n", 1, 6 },
};

static void test_scan(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                ParseError error = {};
                int r = toml_scan(cases[i].text, strlen(cases[i].text), &error);

                if (r != (cases[i].line > 0 ? -EBADMSG : 0) || error.place.line != cases[i].line ||
                                error.place.column != cases[i].column)
                        fail_msg("'%s': %i at %u:%u", cases[i].text, r, error.place.line,
                                        error.place.column);
        }
}

static void test_nul(void **state) {
        ParseError error = {};

        assert_int_equal(toml_scan("a\0b", 3, &error), -EBADMSG);
        assert_int_equal(error.place.column, 2);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_scan),
                cmocka_unit_test(test_nul),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

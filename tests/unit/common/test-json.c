/* SPDX-License-Identifier: Apache-2.0 */
/* Is what is written JSON, whatever goes in? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "json-read.h"
#include "json.h"

static void test_structure(void **state) {
        _cleanup_buffer_ Json j = {};

        json_open(&j, '{');
        json_key(&j, "a");
        json_open(&j, '[');
        json_close(&j, ']');
        json_key(&j, "b");
        json_open(&j, '[');
        json_number(&j, 0);
        json_number(&j, UINT64_MAX);
        json_signed(&j, -1);
        json_signed(&j, INT64_MIN);
        json_signed(&j, 10);
        json_null(&j);
        json_bool(&j, true);
        json_bool(&j, false);
        json_raw(&j, "{\"x\":1}", 7);
        json_close(&j, ']');
        json_key(&j, "c");
        json_string(&j, "");
        json_close(&j, '}');
        assert_string_equal(buffer_text(&j),
                        "{\"a\":[],\"b\":[0,18446744073709551615,-1,-9223372036854775808,10,null,true,false,"
                        "{\"x\":1}],\"c\":\"\"}");
        assert_true(json_is_object(buffer_text(&j)));
}

static void test_strings(void **state) {
        static const struct {
                const char *in, *out;
        } cases[] = {
                { "plain", "\"plain\"" },
                { "a\"b\\c", "\"a\\\"b\\\\c\"" },
                { "\n\t\x01\x7f", "\"\\u000a\\u0009\\u0001\\u007f\"" },
                { "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
                { "\xff", "\"\xef\xbf\xbd\"" },
                { "a\xc3", "\"a\xef\xbf\xbd\"" },
                { "\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
                { "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
                { "\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
                { "\xe0\x9f\xbf!", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd!\"" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_buffer_ Json j = {};

                json_string(&j, cases[i].in);
                assert_string_equal(buffer_text(&j), cases[i].out);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_structure),
                cmocka_unit_test(test_strings),
        };

        return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Is what is no JSON found out, and each member found? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "json-read.h"

static void test_objects(void **state) {
        static const char *const good[] = { "{}", " { } ", "{\"a\":1}",
                "{\"a\":{\"b\":[1,2,{}]},\"c\":null}", "{\"a\":-0.5e+3,\"b\":\"\\u00e9\\n\"}",
                "{\"\":\"\"}" };
        static const char *const bad[] = { "", "{", "[]", "{]", "{}x", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
                "{a:1}", "{\"a\":01}", "{\"a\":.5}", "{\"a\":1.}", "{\"a\":+1}", "{\"a\":\"\\x\"}",
                "{\"a\":\"\\u12\"}", "{\"a\":\"\n\"}", "{\"a\":\"", "{\"a\":\"\\", "{\"a\":tru}",
                "{\"a\":[1,]}", "{\"a\":[}]", "{\"a\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}" };

        for (size_t i = 0; i < ELEMENTSOF(good); i++)
                assert_true(json_is_object(good[i]));
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_false(json_is_object(bad[i]));
}

static void test_members(void **state) {
        const char *object = " { \"a\" : \"x\" , \"bb\":[\"1\", \"2\"],\"c\":[1], \"d\":null } ",
                   *p = object;
        JsonMember m;
        char keys[32] = "";

        assert_true(json_is_object(object));
        while (json_next_member(&p, &m))
                strncat(keys, m.key.start, m.key.length);
        assert_null(p);
        assert_string_equal(keys, "abbcd");

        assert_true(json_find_member(object, "a", &m));
        assert_int_equal(m.type, JSON_STRING);
        assert_memory_equal(m.value.start, "\"x\"", m.value.length);
        assert_true(json_find_member(object, "bb", &m));
        assert_int_equal(m.type, JSON_ARRAY);
        assert_int_equal(m.value.length, 10);
        assert_true(json_is_string_array(m.value));
        assert_true(json_find_member(object, "c", &m));
        assert_false(json_is_string_array(m.value));
        assert_true(json_find_member(object, "d", &m));
        assert_int_equal(m.type, JSON_NULL);
        assert_false(json_find_member(object, "b", &m));
        assert_false(json_find_member("{}", "b", &m));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_objects),
                cmocka_unit_test(test_members),
        };

        return cmocka_run_group_tests_name("json-read", tests, NULL, NULL);
}

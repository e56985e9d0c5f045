/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>

#include "value.h"

#include <cmocka.h>

/* A list of links of which the final form has this many bytes; to be freed. */
static char *list_of_length(size_t length) {
        char *list = malloc(length + 1);

        assert_non_null(list);
        for (size_t i = 0; i < length; i++)
                list[i] = i % 5 == 4 && i + 1 < length ? ' ' : 'x';
        list[length] = '\0';
        return list;
}

static void test_longest_list(void **state) {
        for (size_t length = VALUE_MAX - 5; length <= VALUE_MAX + 5; length++) {
                _cleanup_free_ char *list = list_of_length(length), *value = NULL;
                int r;

                r = value_normalize_text(KEY_Network_Links, list, &value);
                assert_int_equal(r, length <= VALUE_MAX ? 0 : -EINVAL);
                if (r >= 0)
                        assert_string_equal(value, list);
                else
                        assert_null(value);
        }
}

static void test_too_long_a_list_is_told(void **state) {
        _cleanup_free_ char *list = list_of_length(VALUE_MAX + 1), *value = NULL;
        Value one = { .type = VALUE_STRING, .text = list, .place = { 3, 4 } };
        Entry entry = { .values = &one, .n_values = 1 };
        Complaint complaint = {};

        assert_int_equal(value_normalize(KEY_Network_Links, &entry, &value, &complaint), -EINVAL);
        assert_string_equal(complaint.reason, "the list is longer than 64 KiB");
        assert_int_equal(complaint.place.line, 3);
        free(complaint.value);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_longest_list),
                cmocka_unit_test(test_too_long_a_list_is_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

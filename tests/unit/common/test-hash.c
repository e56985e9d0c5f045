/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>

#include "hash.h"

#include <cmocka.h>

/* The values that are published with the function. */
static void test_known_values(void **state) {
        assert_true(hash_text("") == HASH_START);
        assert_true(hash_text("a") == UINT64_C(0xaf63dc4c8601ec8c));
        assert_true(hash_text("foobar") == UINT64_C(0x85944171f73967e8));
        assert_true(hash_bytes(hash_text("foo"), "bar", 3) == hash_text("foobar"));
        assert_true(hash_bytes(HASH_START, "\0", 1) == UINT64_C(0xaf63bd4c8601b7df));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_known_values),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

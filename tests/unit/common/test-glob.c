/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>

#include "glob.h"

#include <cmocka.h>

static const struct {
        const char *patterns, *link;
        bool match, watch;
} cases[] = {
        { "", "eth0", false, true },
        { "", "lo", false, false },
        { "  \t\n", "eth0", false, true },
        { "lo", "lo", true, true },
        { "*", "lo", true, true },
        { "eth1", "eth1", true, true },
        { "eth1", "eth10", false, false },
        { "eth10", "eth1", false, false },
        { "th1", "eth1", false, false },
        { "eth0 eth1", "eth1", true, true },
        { "eth0\teth1\neth2", "eth2", true, true },
        { " eth0  eth1 ", "eth0", true, true },
        { "eth*", "eth10", true, true },
        { "eth*", "veth1", false, false },
        { "eth* !eth9", "eth9", false, false },
        { "!eth9 eth*", "eth9", false, false },
        { "eth* !eth9", "eth90", true, true },
        { "eth9 !eth9", "eth9", false, false },
        { "!eth9", "eth9", false, false },
        { "!eth9", "eth8", false, true },
        { "!eth9", "lo", false, false },
        { "!*", "eth0", false, false },
        { "!", "eth0", false, true },
        { "br[0-9]", "br7", true, true },
        { "br[0-9]", "br77", false, false },
        { "br[!0-9]", "brx", true, true },
        { "br[!0-9]", "br1", false, false },
        { "eth?", "eth1", true, true },
        { "eth?", "eth", false, false },
        { "ETH0", "eth0", false, false },
        { "eth0.100", "eth0.100", true, true },
        { "eth0.100", "eth0x100", false, false },
        { "a\\*b", "a*b", true, true },
        { "a\\*b", "axb", false, false },
        { "\xc3\xa9th*", "\xc3\xa9th0", true, true },
        { "eth0000000000000000000000000000000000000000000000000000000000000000", "eth0", false, false },
};

static void test_match(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                if (link_patterns_match(cases[i].patterns, cases[i].link) != cases[i].match)
                        fail_msg("match '%s' '%s'", cases[i].patterns, cases[i].link);
                if (link_patterns_watch(cases[i].patterns, cases[i].link) != cases[i].watch)
                        fail_msg("watch '%s' '%s'", cases[i].patterns, cases[i].link);
        }
}

static void test_literal(void **state) {
        assert_true(link_pattern_is_literal("eth0"));
        assert_true(link_pattern_is_literal("br-lan.5"));
        assert_false(link_pattern_is_literal("eth*"));
        assert_false(link_pattern_is_literal("eth?"));
        assert_false(link_pattern_is_literal("br[0-9]"));
        assert_false(link_pattern_is_literal("!eth0"));
        assert_false(link_pattern_is_literal("a\\*b"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_match),
                cmocka_unit_test(test_literal),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

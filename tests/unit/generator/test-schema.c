/* SPDX-License-Identifier: Apache-2.0 */
/* The sample file, the man page and the table of keys say the same. Runs in the top folder of the sources. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>

#include "config.h"
#include "files.h"
#include "load.h"
#include "value.h"

#include <cmocka.h>

#define SAMPLE "conf/network-broker.toml"
#define MAN_PAGE "man/network-broker.toml.5"

static char *read_whole(const char *path) {
        char reason[200], *text = NULL;
        size_t size;

        if (config_file_read(path, &text, &size, reason, sizeof(reason)) < 0)
                fail_msg("%s %s", path, reason);
        return text;
}

/* With the "\\-" of roff as the "-" that a reader sees. */
static char *read_man_page(const char *path) {
        char *text = read_whole(path), *to = text;

        for (const char *from = text; *from; from++)
                if (from[0] != '\\' || from[1] != '-')
                        *to++ = *from;
        *to = '\0';
        return text;
}

/* The keys are in comments: "#Links = ..." and, for a long list, "#    ...", "#]". Real comments have a blank. */
static char *uncomment(const char *text) {
        char *plain = malloc(strlen(text) + 1), *p = plain;
        bool line_start = true;

        assert_non_null(plain);
        for (; *text; text++) {
                if (line_start && *text == '#' && (text[1] != ' ' || startswith(text, "#    \"")) &&
                                text[1] != '\n') {
                        line_start = false;
                        continue;
                }
                line_start = *text == '\n';
                *p++ = *text;
        }
        *p = '\0';
        return plain;
}

static void test_sample_has_each_key_with_its_default(void **state) {
        _cleanup_free_ char *text = read_whole(SAMPLE), *plain = uncomment(text);
        Config config = {};
        Messages messages = {};

        assert_int_equal(load_text(SAMPLE, plain, strlen(plain), &config, &messages), 0);
        if (messages.n > 0)
                fail_msg("%s", messages.items[0].text);

        for (Key key = 0; key < _KEY_MAX; key++) {
                _cleanup_free_ char *value = NULL;

                if (!config.settings[key].value)
                        fail_msg("no %s in " SAMPLE, key_info(key)->name);
                assert_int_equal(value_normalize_text(key, key_info(key)->default_text, &value), 0);
                assert_string_equal(config.settings[key].value, value);
        }
        config_done(&config);
        messages_done(&messages);
}

static void test_sample_as_it_is_sets_nothing(void **state) {
        _cleanup_free_ char *text = read_whole(SAMPLE);
        Config config = {};
        Messages messages = {};

        assert_int_equal(load_text(SAMPLE, text, strlen(text), &config, &messages), 0);
        assert_int_equal(messages.n, 0);
        for (Key key = 0; key < _KEY_MAX; key++)
                assert_null(config.settings[key].value);
        config_done(&config);
        messages_done(&messages);
}

static void test_sample_describes_each_key(void **state) {
        _cleanup_free_ char *text = read_whole(SAMPLE);

        for (Key key = 0; key < _KEY_MAX; key++) {
                char accepts[200];

                key_accepts(key, accepts, sizeof(accepts));
                accepts[0] = (char) toupper((unsigned char) accepts[0]);
                if (!strstr(text, key_info(key)->description))
                        fail_msg("%s: not in " SAMPLE ": %s", key_info(key)->name,
                                        key_info(key)->description);
                if (key_info(key)->type != KEY_BOOLEAN && !strstr(text, accepts))
                        fail_msg("%s: not in " SAMPLE ": %s", key_info(key)->name, accepts);
        }
}

/* Each key is a ".TP" with the line ".B Key=", in the order of the table, and nothing else is. */
static void test_man_page_has_each_key(void **state) {
        _cleanup_free_ char *text = read_man_page(MAN_PAGE);
        char *line, *rest;
        bool tagged = false;
        Key key = 0;

        for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
                if (tagged) {
                        char expected[64] = "the end";

                        if (key < _KEY_MAX)
                                snprintf(expected, sizeof(expected), ".B %s=", key_info(key++)->name);
                        assert_string_equal(line, expected);
                }
                tagged = streq(line, ".TP");
        }
        assert_int_equal(key, _KEY_MAX);
}

/* The text of a key, from its name to the next one; the caller's to free. */
static char *find_paragraph(const char *text, const char *name) {
        const char *start, *end;
        char head[64];

        snprintf(head, sizeof(head), "\n.B %s=\n", name);
        start = strstr(text, head);
        assert_non_null(start);
        end = strstr(start, "\n.TP");
        return strndup(start, end ? (size_t) (end - start) : strlen(start));
}

/* All words of a key's choices, else its default, stand in its text. */
static void test_man_page_says_what_is_accepted(void **state) {
        char *text = read_man_page(MAN_PAGE);

        for (Key key = 0; key < _KEY_MAX; key++) {
                const KeyInfo *info = key_info(key);
                char *paragraph = find_paragraph(text, info->name);
                char *words = strdup(info->choices ? info->choices : info->default_text);
                char *word, *rest;

                for (word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
                        if (!strstr(paragraph, word))
                                fail_msg("%s=: the man page does not say %s", info->name, word);
                if (!strstr(paragraph, "Default: "))
                        fail_msg("%s=: the man page names no default", info->name);
                free(words);
                free(paragraph);
        }
        free(text);
}

/* The page of a program names the variables that its unit gets, and no others. */
static void test_man_pages_name_the_variables(void **state) {
        static const char *const pages[] = {
                [CONSUMER_WATCH] = "man/nb-watch.8",
                [CONSUMER_START] = "man/nb-start.8",
                [CONSUMER_RUN] = "man/nb-run.8",
                [CONSUMER_RULES] = "man/nb-rules.8",
                [CONSUMER_LEASE] = "man/nb-lease.8",
                [CONSUMER_RESOLVE] = "man/nb-resolve.8",
        };

        for (Consumer consumer = 0; consumer < _CONSUMER_MAX; consumer++) {
                _cleanup_free_ char *text = read_man_page(pages[consumer]);

                for (Key key = 0; key < _KEY_MAX; key++) {
                        const KeyInfo *info = key_info(key);
                        bool given = info->consumers & (1U << consumer);

                        if (info->variable && given != !!strstr(text, info->variable))
                                fail_msg("%s: %s %s", pages[consumer], given ? "does not name" : "names",
                                                info->variable);
                }
        }
}

static void test_suggestions(void **state) {
        assert_string_equal(key_suggest("Network", "Linkz"), "Links");
        assert_string_equal(key_suggest("network", "Lniks"), "Links");
        assert_string_equal(key_suggest("Network", "RoutingPolicyRule"), "RoutingPolicyRules");
        assert_string_equal(key_suggest("Network", "UseHostnames"), "UseHostname");
        assert_string_equal(key_suggest("Script", "time-out"), "Timeout");
        assert_null(key_suggest("Network", "Frobnicate"));
        assert_null(key_suggest("Network", ""));
        assert_null(key_suggest("Network", "a name that is much longer than any key could ever be"));
        assert_string_equal(section_suggest("Netwrok"), "Network");
        assert_string_equal(section_suggest("Scripts"), "Script");
        assert_null(section_suggest("Foo"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_sample_has_each_key_with_its_default),
                cmocka_unit_test(test_sample_as_it_is_sets_nothing),
                cmocka_unit_test(test_sample_describes_each_key),
                cmocka_unit_test(test_man_page_has_each_key),
                cmocka_unit_test(test_man_page_says_what_is_accepted),
                cmocka_unit_test(test_man_pages_name_the_variables),
                cmocka_unit_test(test_suggestions),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

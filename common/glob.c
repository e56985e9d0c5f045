/* SPDX-License-Identifier: Apache-2.0 */
/* Does a list of patterns name this link? See glob.h. */
#include "glob.h"

#include <fnmatch.h>

#define SPACE " \t\n\v\f\r"
#define META "*?[\\"

bool link_patterns_next(const char **patterns, const char **ret_word, size_t *ret_length) {
        const char *word = *patterns + strspn(*patterns, SPACE);
        size_t length = strcspn(word, SPACE);

        *patterns = word + length;
        if (length == 0)
                return false;

        *ret_word = word;
        *ret_length = length;
        return true;
}

bool link_pattern_is_literal(const char *word) {
        return *word != '!' && !strpbrk(word, META);
}

static bool word_matches(const char *word, size_t length, const char *link) {
        char pattern[LINK_PATTERN_MAX + 1];

        if (length >= sizeof(pattern))
                return false;
        memcpy(pattern, word, length);
        pattern[length] = '\0';

        /* Most words are names, and lists may be long: fnmatch() is the slow way. */
        if (!pattern[strcspn(pattern, META)])
                return streq(pattern, link);
        return fnmatch(pattern, link, 0) == 0;
}

static void match(const char *patterns, const char *link, bool *ret_named, bool *ret_taken_out,
                bool *ret_open) {
        bool named = false, taken_out = false, open = true;
        const char *word;
        size_t length;

        while (link_patterns_next(&patterns, &word, &length)) {
                if (*word == '!') {
                        taken_out = taken_out || word_matches(word + 1, length - 1, link);
                        continue;
                }
                open = false;
                named = named || word_matches(word, length, link);
        }

        *ret_named = named;
        *ret_taken_out = taken_out;
        *ret_open = open;
}

bool link_patterns_match(const char *patterns, const char *link) {
        bool named, taken_out, open;

        match(patterns, link, &named, &taken_out, &open);
        return named && !taken_out;
}

bool link_patterns_watch(const char *patterns, const char *link) {
        bool named, taken_out, open;

        match(patterns, link, &named, &taken_out, &open);
        if (open)
                named = !streq(link, "lo");
        return named && !taken_out;
}

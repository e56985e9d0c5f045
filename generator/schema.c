/* SPDX-License-Identifier: Apache-2.0 */
/* Which keys are there, and which did the administrator mean? See schema.h. */
#include "schema.h"

#include <ctype.h>
#include <strings.h>

static const KeyInfo keys[_KEY_MAX] = {
#define X(section_, key_, type_, default_, variable_, consumers_, choices_, description_)                   \
        [KEY_##section_##_##key_] = {                                                                       \
                .section = #section_,                                                                       \
                .name = #key_,                                                                              \
                .type = KEY_##type_,                                                                        \
                .default_text = default_,                                                                   \
                .variable = variable_,                                                                      \
                .consumers = consumers_,                                                                    \
                .choices = choices_,                                                                        \
                .description = description_,                                                                \
        },
        KEY_LIST(X)
#undef X
};

const KeyInfo *key_info(Key key) {
        return keys + key;
}

/* "a b c" to "a, b, c". */
static void choices_format(const char *prefix, const char *choices, char *ret, size_t size) {
        size_t n = (size_t) snprintf(ret, size, "%s", prefix);

        for (; *choices && n + 3 < size; choices++) {
                if (*choices == ' ')
                        ret[n++] = ',';
                ret[n++] = *choices;
        }
        ret[n] = '\0';
}

void key_accepts(Key key, char *ret, size_t size) {
        static const char *const accepts[] = {
                [KEY_PATTERNS] = "names or globs of links such as \"eth* !eth9\"",
                [KEY_TABLE] = "a number from 255 to 2147483647",
                [KEY_PROTOCOL] = "a number from 1 to 255, or kernel",
                [KEY_BOOLEAN] = "true or false (or yes, no, on, off, 1, 0 as a string)",
                [KEY_PATHS] = "absolute paths or globs of files",
                [KEY_TIME_SPAN] = "a time span such as \"90s\" or \"2min 30s\"",
                [KEY_USER] = "the name or number of a user",
        };

        if (keys[key].type == KEY_WORD)
                choices_format("one of ", keys[key].choices, ret, size);
        else if (keys[key].type == KEY_WORDS)
                choices_format("one or several of ", keys[key].choices, ret, size);
        else
                snprintf(ret, size, "%s", accepts[keys[key].type]);
}

int key_lookup(const char *section, const char *name, Key *ret) {
        for (Key key = 0; key < _KEY_MAX; key++)
                if (strcasecmp(keys[key].section, section) == 0 && strcasecmp(keys[key].name, name) == 0) {
                        *ret = key;
                        return 0;
                }
        return -ENOENT;
}

const char *section_lookup(const char *name) {
        for (Key key = 0; key < _KEY_MAX; key++)
                if (strcasecmp(keys[key].section, name) == 0)
                        return keys[key].section;
        return NULL;
}

const char *key_section_elsewhere(const char *name) {
        for (Key key = 0; key < _KEY_MAX; key++)
                if (strcasecmp(keys[key].name, name) == 0)
                        return keys[key].section;
        return NULL;
}

#define NAME_LENGTH_MAX 32U

/* How many single letters have to be added, left out, replaced or swapped with their neighbour; case aside. */
static unsigned name_distance(const char *a, const char *b) {
        unsigned d[NAME_LENGTH_MAX + 1][NAME_LENGTH_MAX + 1];
        size_t n = strlen(a), m = strlen(b);

        if (n > NAME_LENGTH_MAX || m > NAME_LENGTH_MAX)
                return UINT32_MAX;

        for (size_t i = 0; i <= n; i++)
                for (size_t j = 0; j <= m; j++) {
                        unsigned best, differs;

                        if (i == 0 || j == 0) {
                                d[i][j] = (unsigned) (i + j);
                                continue;
                        }

                        differs = tolower((unsigned char) a[i - 1]) != tolower((unsigned char) b[j - 1]);
                        best = d[i - 1][j - 1] + differs;
                        if (d[i - 1][j] + 1 < best)
                                best = d[i - 1][j] + 1;
                        if (d[i][j - 1] + 1 < best)
                                best = d[i][j - 1] + 1;
                        if (i > 1 && j > 1 && differs &&
                                        tolower((unsigned char) a[i - 1]) ==
                                                        tolower((unsigned char) b[j - 2]) &&
                                        tolower((unsigned char) a[i - 2]) ==
                                                        tolower((unsigned char) b[j - 1]) &&
                                        d[i - 2][j - 2] + 1 < best)
                                best = d[i - 2][j - 2] + 1;
                        d[i][j] = best;
                }
        return d[n][m];
}

/* Near: at most a third of the letters are wrong. */
static const char *nearer(
                const char *name, const char *candidate, const char *best, unsigned *best_distance) {
        unsigned distance = name_distance(name, candidate);

        if (distance > (strlen(candidate) + 2) / 3 || distance >= *best_distance)
                return best;
        *best_distance = distance;
        return candidate;
}

const char *section_suggest(const char *name) {
        unsigned distance = UINT32_MAX;
        const char *best = NULL;

        for (Key key = 0; key < _KEY_MAX; key++)
                best = nearer(name, keys[key].section, best, &distance);
        return best;
}

const char *key_suggest(const char *section, const char *name) {
        unsigned distance = UINT32_MAX;
        const char *best = NULL;

        for (Key key = 0; key < _KEY_MAX; key++)
                if (strcasecmp(keys[key].section, section) == 0)
                        best = nearer(name, keys[key].name, best, &distance);
        return best;
}

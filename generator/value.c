/* SPDX-License-Identifier: Apache-2.0 */
/* Is this value acceptable, and what does it mean? See value.h. */
#include "value.h"

#include <strings.h>

#include "glob.h"
#include "number.h"
#include "rule-protocol.h"
#include "time-span.h"
#include "unit-name.h"
#include "utf8.h"

#define SPACE " \t\r\n"

/* The check of one word: writes its final form, which may be the word itself; returns NULL, or why not. */
typedef const char *(*CheckWord)(Key key, const char *word, char *ret, size_t size);

/* Not worth a reason: the list of what is accepted says it all. */
static const char no_reason[] = "";
static const char no_text[] = "a character that systemd does not take";

static const char *check_word(Key key, const char *word, char *ret, size_t size) {
        const char *p = key_info(key)->choices, *choice;
        size_t n;

        while (link_patterns_next(&p, &choice, &n))
                if (strlen(word) == n && strncasecmp(word, choice, n) == 0) {
                        snprintf(ret, size, "%.*s", (int) n, choice);
                        return NULL;
                }
        return no_reason;
}

static bool has_open_bracket(const char *pattern) {
        for (; *pattern; pattern++) {
                if (*pattern == '\\' && pattern[1])
                        pattern++;
                else if (*pattern == '[') {
                        /* The first character belongs to the set, be it a ']'. */
                        pattern += 1 + (pattern[1] == '!' || pattern[1] == '^');
                        pattern = *pattern ? strchr(pattern + 1, ']') : NULL;
                        if (!pattern)
                                return true;
                }
        }
        return false;
}

/* PID 1 would ignore the whole variable, so the default would hold: of Links=, every link. */
static bool is_no_text(const char *word) {
        size_t left = strlen(word), n;

        for (; left > 0; word += n, left -= n) {
                n = utf8_step(word, left);
                if (n == 0 || utf8_is_noncharacter(word, n))
                        return true;
        }
        return false;
}

static const char *check_pattern(Key key, const char *word, char *ret, size_t size) {
        const char *pattern = word + (*word == '!');

        if (strchr(pattern, '/'))
                return "no link has a '/' in its name";
        if (strchr(pattern, ':') && !strchr(pattern, '['))
                return "no link has a ':' in its name";
        if (*pattern == '\0')
                return "no name behind '!'";
        if (has_open_bracket(pattern))
                return "no ']' to its '['";
        if (is_no_text(pattern))
                return no_text;
        if (strlen(pattern) > LINK_PATTERN_MAX)
                return "too long";
        if (link_pattern_is_literal(pattern) && !link_name_is_valid(pattern))
                return strlen(pattern) < IF_NAMESIZE ? "not a link's name"
                                                     : "a link's name has 15 bytes at the most";

        snprintf(ret, size, "%s", word);
        return NULL;
}

/* From 255, so that no link's table is one of the kernel's; to 2^31 - 1, so that base + index fits in 32 bits. */
static const char *check_table(Key key, const char *word, char *ret, size_t size) {
        uint64_t n;

        if (number_parse(word, 10, INT32_MAX, &n) < 0 || n < 255)
                return no_reason;
        snprintf(ret, size, "%u", (unsigned) n);
        return NULL;
}

static const char *check_protocol(Key key, const char *word, char *ret, size_t size) {
        uint8_t protocol;

        if (rule_protocol_parse(word, &protocol) < 0)
                return no_reason;
        snprintf(ret, size, "%u", protocol);
        return NULL;
}

static const char *check_boolean(Key key, const char *word, char *ret, size_t size) {
        static const char *const words[] = { "1", "yes", "y", "true", "t", "on", "0", "no", "n", "false",
                "f", "off" };

        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                if (strcasecmp(word, words[i]) == 0) {
                        snprintf(ret, size, "%s", i < ELEMENTSOF(words) / 2 ? "yes" : "no");
                        return NULL;
                }
        return no_reason;
}

static const char *check_path(Key key, const char *word, char *ret, size_t size) {
        if (*word != '/')
                return "not an absolute path";
        if (strlen(word) >= size)
                return "too long";
        if (has_open_bracket(word))
                return "no ']' to its '['";
        if (is_no_text(word))
                return no_text;
        if (strstr(word, "/../") || word[strlen(word) - 1] == '/')
                return "not the path of a file";
        snprintf(ret, size, "%s", word);
        return NULL;
}

static const char *check_time_span(Key key, const char *word, char *ret, size_t size) {
        uint64_t usec;
        int r;

        if (strlen(word) >= 64)
                return no_reason;
        if (strcasecmp(word, "infinity") == 0)
                return "an endless script would hold up its link";
        r = time_span_parse(word, &usec);
        if (r == -ERANGE)
                return "too long";
        if (r < 0)
                return no_reason;
        if (usec == 0)
                return "a script needs some time";
        snprintf(ret, size, "%s", word);
        for (char *p = ret; (p = strpbrk(p, SPACE)); p++)
                *p = ' ';
        return NULL;
}

/* Syntax only, as systemd has it: nothing on the network may be asked this early, and systemd itself fails the unit
 * of a user that does not exist. */
static const char *check_user(Key key, const char *word, char *ret, size_t size) {
        uint64_t uid;
        int r;

        r = number_parse(word, 10, UINT32_MAX - 1, &uid);
        if (r != -EINVAL) {
                if (r < 0 || uid == UINT16_MAX || (*word == '0' && word[1]))
                        return "not a valid number of a user";
        } else if (!((*word >= 'a' && *word <= 'z') || (*word >= 'A' && *word <= 'Z') || *word == '_') ||
                        strlen(word) > 31 ||
                        strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") !=
                                        strlen(word))
                return "not a valid name of a user";

        snprintf(ret, size, "%s", streq(word, "0") ? "root" : word);
        return NULL;
}

static const struct {
        CheckWord check;
        bool list, number, boolean, whole; /* whole: white space belongs to the word */
} types[] = {
        [KEY_WORD] = { check_word },
        [KEY_WORDS] = { check_word, .list = true },
        [KEY_PATTERNS] = { check_pattern, .list = true },
        [KEY_TABLE] = { check_table, .number = true },
        [KEY_PROTOCOL] = { check_protocol, .number = true },
        [KEY_BOOLEAN] = { check_boolean, .boolean = true },
        [KEY_PATHS] = { check_path, .list = true },
        [KEY_TIME_SPAN] = { check_time_span, .number = true, .whole = true },
        [KEY_USER] = { check_user, .number = true },
};

/* The words of a value in the making. */
typedef struct Words {
        char *text;
        size_t length, n;
} Words;

static int words_append(Words *words, const char *word) {
        size_t n = strlen(word), n_space = words->n > 0;

        if (words->length + n_space + n > VALUE_MAX)
                return -E2BIG;
        if (words->n++ > 0)
                words->text[words->length++] = ' ';
        memcpy(words->text + words->length, word, n + 1);
        words->length += n;
        return 0;
}

int value_complain(const Value *value, const char *text, const char *reason, Complaint *ret) {
        char *copy = strdup(text);

        if (!copy)
                return -ENOMEM;
        *ret = (Complaint){
                .place = value->place,
                .value = copy,
                .quoted = value->type == VALUE_STRING,
                .reason = reason == no_reason ? NULL : reason,
        };
        return -EINVAL;
}

static int add_word(Key key, const Value *value, char *word, Words *words, Complaint *ret_complaint) {
        char final[4096];
        const char *reason;
        int r;

        reason = types[key_info(key)->type].check(key, word, final, sizeof(final));
        if (reason)
                return value_complain(value, word, reason, ret_complaint);
        r = words_append(words, final);
        if (r == -E2BIG)
                return value_complain(value, word, "the list is longer than 64 KiB", ret_complaint);
        return r;
}

static int add_value(Key key, const Value *value, Words *words, Complaint *ret_complaint) {
        _cleanup_free_ char *copy = NULL;
        KeyType type = key_info(key)->type;
        char *word, *p;
        size_t n = 0;
        int r = 0;

        if (value->type == VALUE_OTHER || (value->type == VALUE_INTEGER && !types[type].number) ||
                        (value->type == VALUE_BOOLEAN && !types[type].boolean))
                return value_complain(value, value->text, NULL, ret_complaint);

        copy = strdup(value->text);
        if (!copy)
                return -ENOMEM;
        if (types[type].whole)
                return add_word(key, value, copy, words, ret_complaint);

        for (p = copy; r >= 0 && (word = strtok_r(n == 0 ? copy : NULL, SPACE, &p)); n++)
                if (n > 0 && !types[type].list)
                        r = value_complain(value, value->text, NULL, ret_complaint);
                else
                        r = add_word(key, value, word, words, ret_complaint);
        return r;
}

int value_normalize(Key key, const Entry *entry, char **ret, Complaint *ret_complaint) {
        _cleanup_free_ char *text = NULL;
        KeyType type = key_info(key)->type;
        Value whole = { .type = VALUE_OTHER, .place = entry->value_place };
        Words words = {};
        char *smaller;
        int r;

        if (entry->is_list && !types[type].list)
                return value_complain(&whole, "a list", NULL, ret_complaint);

        words.text = text = calloc(1, VALUE_MAX + 1);
        if (!text)
                return -ENOMEM;

        for (size_t i = 0; i < entry->n_values; i++) {
                r = add_value(key, entry->values + i, &words, ret_complaint);
                if (r < 0)
                        return r;
        }

        /* Only lists of links may be empty. */
        if (words.n == 0 && type != KEY_PATTERNS) {
                whole.type = entry->is_list ? VALUE_OTHER : VALUE_STRING;
                return value_complain(&whole, entry->is_list ? "an empty list" : "", NULL, ret_complaint);
        }

        smaller = realloc(text, words.length + 1);
        if (smaller)
                text = smaller;
        *ret = TAKE_PTR(text);
        return 0;
}

int value_normalize_text(Key key, const char *text, char **ret) {
        Value value = { .type = VALUE_STRING, .text = (char *) text };
        Entry entry = { .values = &value, .n_values = 1 };
        Complaint complaint = {};
        int r;

        r = value_normalize(key, &entry, ret, &complaint);
        free(complaint.value);
        return r;
}

const char *value_doubt(Key key, const Value *value) {
        bool set = false;

        if (key_info(key)->type != KEY_PATTERNS)
                return NULL;
        for (const char *p = value->text; *p; p++)
                if (*p == '[' || *p == ']')
                        set = *p == '[';
                else if (*p == ',' && !set)
                        return "a comma is part of a name, a space separates names";
        return NULL;
}

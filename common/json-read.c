/* SPDX-License-Identifier: Apache-2.0 */
/* Where are the members of a JSON object? See json-read.h. The text comes from a program without
 * privileges, so all of it is checked before a part of it becomes a part of what scripts read. */
#include "json-read.h"

#define DEPTH_MAX 16U

static const char *skip_blanks(const char *p) {
        return p + strspn(p, " \t\r\n");
}

/* The skip functions return what follows, or NULL if the text is not well-formed. */
static const char *skip_value(const char *p, unsigned depth, JsonType *ret_type);

static const char *skip_string(const char *p) {
        if (*p++ != '"')
                return NULL;
        for (; *p != '"'; p++) {
                if ((unsigned char) *p < 0x20)
                        return NULL;
                if (*p != '\\')
                        continue;
                p++;
                if (*p == 'u') {
                        if (strspn(p + 1, "0123456789abcdefABCDEF") < 4)
                                return NULL;
                        p += 4;
                } else if (*p == '\0' || !strchr("\"\\/bfnrt", *p))
                        return NULL;
        }
        return p + 1;
}

static const char *skip_digits(const char *p) {
        size_t n = strspn(p, "0123456789");

        return n > 0 ? p + n : NULL;
}

static const char *skip_number(const char *p) {
        if (*p == '-')
                p++;
        if (*p == '0')
                p++;
        else
                p = skip_digits(p);
        if (p && *p == '.')
                p = skip_digits(p + 1);
        if (p && (*p == 'e' || *p == 'E')) {
                p++;
                if (*p == '+' || *p == '-')
                        p++;
                p = skip_digits(p);
        }
        return p;
}

/* Also how json_next_member() goes from one to the next. */
static const char *skip_key(const char *p) {
        p = skip_string(p);
        if (!p)
                return NULL;
        p = skip_blanks(p);
        return *p == ':' ? skip_blanks(p + 1) : NULL;
}

static const char *skip_compound(const char *p, char close, unsigned depth) {
        if (depth > DEPTH_MAX)
                return NULL;

        p = skip_blanks(p + 1);
        if (*p == close)
                return p + 1;
        for (;;) {
                if (close == '}') {
                        p = skip_key(p);
                        if (!p)
                                return NULL;
                }
                p = skip_value(p, depth, NULL);
                if (!p)
                        return NULL;
                p = skip_blanks(p);
                if (*p == close)
                        return p + 1;
                if (*p != ',')
                        return NULL;
                p = skip_blanks(p + 1);
        }
}

static const char *skip_value(const char *p, unsigned depth, JsonType *ret_type) {
        static const struct {
                const char *word;
                JsonType type;
        } words[] = { { "true", JSON_BOOL }, { "false", JSON_BOOL }, { "null", JSON_NULL } };
        JsonType type = JSON_NUMBER;

        if (*p == '"') {
                type = JSON_STRING;
                p = skip_string(p);
        } else if (*p == '{') {
                type = JSON_OBJECT;
                p = skip_compound(p, '}', depth + 1);
        } else if (*p == '[') {
                type = JSON_ARRAY;
                p = skip_compound(p, ']', depth + 1);
        } else {
                const char *end = NULL;

                for (size_t i = 0; !end && i < ELEMENTSOF(words); i++)
                        if ((end = startswith(p, words[i].word)))
                                type = words[i].type;
                p = end ? end : skip_number(p);
        }

        if (p && ret_type)
                *ret_type = type;
        return p;
}

bool json_is_object(const char *text) {
        const char *p = skip_blanks(text);

        if (*p != '{')
                return false;
        p = skip_value(p, 0, NULL);
        return p && *skip_blanks(p) == '\0';
}

bool json_next_member(const char **position, JsonMember *ret) {
        const char *p = skip_blanks(*position), *end;

        /* In front of the first, or behind a value. */
        if (*p == '{' || *p == ',')
                p = skip_blanks(p + 1);
        end = *p == '"' ? skip_string(p) : NULL;
        if (!end) {
                *position = NULL;
                return false;
        }
        ret->key = (JsonSpan){ p + 1, (size_t) (end - p) - 2 };

        p = skip_key(p);
        end = p ? skip_value(p, 1, &ret->type) : NULL;
        if (!end) {
                *position = NULL;
                return false;
        }
        ret->value.start = p;
        ret->value.length = (size_t) (end - p);
        *position = end;
        return true;
}

bool json_find_member(const char *object, const char *name, JsonMember *ret) {
        size_t n = strlen(name);
        JsonMember member;

        while (json_next_member(&object, &member))
                if (member.key.length == n && memcmp(member.key.start, name, n) == 0) {
                        *ret = member;
                        return true;
                }
        return false;
}

bool json_is_string_array(JsonSpan array) {
        const char *p = skip_blanks(array.start + 1);

        while (*p == '"' || *p == ',') {
                if (*p == ',')
                        p = skip_blanks(p + 1);
                p = skip_string(p);
                if (!p)
                        return false;
                p = skip_blanks(p);
        }
        return *p == ']';
}

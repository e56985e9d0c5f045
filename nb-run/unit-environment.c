/* SPDX-License-Identifier: Apache-2.0 */
/* Which environment does a unit have? See unit-environment.h. */
#include "unit-environment.h"

#include "unit-show.h"

void unit_environment_done(UnitEnvironment *e) {
        for (size_t i = 0; i < e->n; i++)
                free(e->list[i]);
        free(e->list);
        free(e->user);
        *e = (UnitEnvironment){};
}

static int add(UnitEnvironment *e, char *assignment) {
        char **list = reallocarray(e->list, e->n + 2, sizeof(*list));

        if (!list) {
                free(assignment);
                return -ENOMEM;
        }
        e->list = list;
        e->list[e->n++] = assignment;
        e->list[e->n] = NULL;
        return 0;
}

bool unit_environment_has(const UnitEnvironment *e, const char *prefix) {
        for (size_t i = 0; i < e->n; i++)
                if (startswith(e->list[i], prefix))
                        return true;
        return false;
}

static char unescape(char c) {
        switch (c) {
        case 'n':
                return '\n';
        case 't':
                return '\t';
        default:
                return c;
        }
}

/* One word, as a whole in double quotes (or in $'') if it holds blanks. */
static int parse_word(const char **text, char **ret) {
        const char *p = *text;
        char quote = '\0', *word, *to;

        to = word = malloc(strcspn(p, "\n") + 1);
        if (!word)
                return -ENOMEM;
        if (p[0] == '$' && p[1] == '\'')
                p++;
        if (*p == '"' || *p == '\'')
                quote = *p++;
        for (; *p && *p != '\n' && *p != (quote ? quote : ' '); p++)
                if (*p == '\\' && p[1] && p[1] != '\n')
                        *to++ = unescape(*++p);
                else
                        *to++ = *p;
        if (quote && *p == quote)
                p++;
        *to = '\0';

        *text = p;
        *ret = word;
        return 0;
}

static int parse_words(UnitEnvironment *e, const char *p) {
        char *word;
        int r;

        for (p += strspn(p, " "); *p && *p != '\n'; p += strspn(p, " ")) {
                r = parse_word(&p, &word);
                if (r >= 0)
                        r = add(e, word);
                if (r < 0)
                        return r;
        }
        return 0;
}

int unit_environment_parse(const char *text, UnitEnvironment *ret) {
        _cleanup_unit_environment_ UnitEnvironment e = {};
        int r;

        for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n') {
                const char *value = startswith(p, "Environment=");

                if (value) {
                        r = parse_words(&e, value);
                        if (r < 0)
                                return r;
                }
                value = startswith(p, "User=");
                if (value) {
                        free(e.user);
                        e.user = strndup(value, strcspn(value, "\n"));
                }
        }
        if (!e.user)
                e.user = strdup("");
        if (!e.user)
                return -ENOMEM;

        *ret = e;
        e = (UnitEnvironment){};
        return 0;
}

int unit_environment_read(const char *unit, UnitEnvironment *ret) {
        _cleanup_buffer_ Buffer text = {};
        int r;

        r = unit_show(unit, "Environment,User", -1, &text);
        if (r < 0)
                return r;
        return buffer_text(&text) ? unit_environment_parse(buffer_text(&text), ret) : -ENOMEM;
}

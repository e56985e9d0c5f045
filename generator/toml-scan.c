/* SPDX-License-Identifier: Apache-2.0 */
/* Can this text be given to the TOML parser? See toml-scan.h. */
#include "toml-scan.h"

typedef struct Scan {
        const char *p, *end, *line_start;
        unsigned line;
        ParseError *error;
} Scan;

static int refuse(Scan *s, const char *text) {
        unsigned column = 1;

        for (const char *p = s->line_start; p < s->p; p++)
                column += ((unsigned char) *p & 0xc0) != 0x80;

        s->error->place = (Place){ s->line, column };
        snprintf(s->error->text, sizeof(s->error->text), "%s", text);
        return -EBADMSG;
}

static bool at(const Scan *s, const char *text) {
        size_t n = strlen(text);

        return (size_t) (s->end - s->p) >= n && memcmp(s->p, text, n) == 0;
}

/* One byte on. TOML forbids control characters everywhere. */
static int step(Scan *s) {
        unsigned char c = (unsigned char) *s->p;

        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
                return refuse(s, "a control character");
        s->p++;
        if (c == '\n') {
                s->line++;
                s->line_start = s->p;
        }
        return 0;
}

static int skip_comment(Scan *s) {
        int r = 0;

        while (r >= 0 && s->p < s->end && *s->p != '\n')
                r = step(s);
        return r;
}

static int skip_escape(Scan *s) {
        int r;

        r = step(s);
        if (r < 0 || s->p >= s->end || *s->p == '\n')
                return r;
        return step(s);
}

/* Ends behind the string, or where it is broken off: that is where the parser stops too. */
static int skip_string(Scan *s) {
        const char quote = *s->p;
        const char delimiter[] = { quote, quote, quote, '\0' };
        bool multi_line = at(s, delimiter);
        int r = 0;

        s->p += multi_line ? 3 : 1;
        while (r >= 0 && s->p < s->end) {
                if (quote == '"' && *s->p == '\\') {
                        r = skip_escape(s);
                        continue;
                }
                if (multi_line && at(s, delimiter)) {
                        /* The text itself may end with one or two quotes. */
                        s->p += 3;
                        for (unsigned i = 0; i < 2 && s->p < s->end && *s->p == quote; i++)
                                s->p++;
                        return 0;
                }
                if (!multi_line && (*s->p == quote || *s->p == '\n')) {
                        s->p += *s->p == quote;
                        return 0;
                }
                r = step(s);
        }
        return r;
}

static int scan_one(Scan *s, unsigned *dots) {
        switch (*s->p) {
        case '"':
        case '\'':
                return skip_string(s);
        case '#':
                return skip_comment(s);
        case '.':
                if (++*dots >= TOML_KEY_PARTS_MAX)
                        return refuse(s, "a key of too many parts");
                break;
        case '\n':
        case '=':
        case ',':
        case '[':
        case ']':
        case '{':
        case '}':
                *dots = 0;
                break;
        default:
                break;
        }
        return step(s);
}

int toml_scan(const char *text, size_t size, ParseError *ret_error) {
        Scan s = { .p = text, .end = text + size, .line_start = text, .line = 1, .error = ret_error };
        unsigned dots = 0;
        int r = 0;

        if (at(&s, "\xef\xbb\xbf")) {
                s.p += 3;
                s.line_start = s.p;
        }
        while (r >= 0 && s.p < s.end)
                r = scan_one(&s, &dots);
        return r;
}

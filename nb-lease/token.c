/* SPDX-License-Identifier: Apache-2.0 */
/* Which words does a lease file consist of? See token.h. */
#include "token.h"

#define CHUNK (64U * 1024U)
#define END (-1)

struct Tokenizer {
        TokenRead read;
        void *userdata;
        int error;
        bool ended, line_start;
        size_t position, length;
        unsigned char chunk[CHUNK];
};

Tokenizer *tokenizer_new(TokenRead read, void *userdata) {
        Tokenizer *t = malloc(sizeof(*t));

        if (!t)
                return NULL;
        t->read = read;
        t->userdata = userdata;
        t->error = 0;
        t->ended = false;
        t->line_start = true;
        t->position = t->length = 0;
        return t;
}

void tokenizer_free(Tokenizer *t) {
        free(t);
}

static int peek(Tokenizer *t) {
        ssize_t n;

        if (t->position < t->length)
                return t->chunk[t->position];
        if (t->ended)
                return END;

        n = t->read(t->userdata, (char *) t->chunk, sizeof(t->chunk));
        if (n <= 0) {
                t->ended = true;
                t->error = (int) n;
                return END;
        }
        t->position = 0;
        t->length = (size_t) n;
        return t->chunk[0];
}

static int take(Tokenizer *t) {
        int c = peek(t);

        if (c != END) {
                t->position++;
                t->line_start = c == '\n';
        }
        return c;
}

static bool is_space(int c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
}

static void text_append(Token *token, int c) {
        if (token->length >= TOKEN_TEXT_MAX) {
                token->broken = true;
                return;
        }
        token->text[token->length++] = (char) (c == 0 ? 1 : c);
}

static int digit_value(int c, int base) {
        int v = -1;

        if (c >= '0' && c <= '9')
                v = c - '0';
        else if (c >= 'a' && c <= 'f')
                v = c - 'a' + 10;
        else if (c >= 'A' && c <= 'F')
                v = c - 'A' + 10;
        return v < base ? v : -1;
}

static int number_take(Tokenizer *t, int base, int max_digits) {
        int value = 0;

        for (int i = 0; i < max_digits; i++) {
                int v = digit_value(peek(t), base);

                if (v < 0)
                        break;
                value = value * base + v;
                (void) take(t);
        }
        return value & 0xff;
}

/* What follows a backslash: dhclient writes \ooo, \" and \\, and reads a few more. */
static int escape_take(Tokenizer *t) {
        int c = peek(t);

        if (digit_value(c, 8) >= 0)
                return number_take(t, 8, 3);
        if (c == END || c == '\n')
                return '\\';
        (void) take(t);
        switch (c) {
        case 'x':
                return number_take(t, 16, 2);
        case 'n':
                return '\n';
        case 't':
                return '\t';
        case 'r':
                return '\r';
        case 'b':
                return '\b';
        }
        return c;
}

static void string_take(Tokenizer *t, Token *token) {
        for (;;) {
                int c = peek(t);

                /* dhclient never writes a line break into a string: the line was cut. */
                if (c == END || c == '\n') {
                        token->broken = true;
                        return;
                }
                (void) take(t);
                if (c == '"')
                        return;
                text_append(token, c == '\\' ? escape_take(t) : c);
        }
}

static void word_take(Tokenizer *t, Token *token) {
        for (;;) {
                int c = peek(t);

                if (c == END || is_space(c) || (c != 0 && strchr("{};,\"", c)))
                        return;
                if (c < 0x20 || c >= 0x7f)
                        token->broken = true;
                text_append(token, take(t));
        }
}

static int blank_skip(Tokenizer *t) {
        for (;;) {
                int c = peek(t);

                if (c == '#') {
                        while (c != END && c != '\n') {
                                (void) take(t);
                                c = peek(t);
                        }
                } else if (is_space(c))
                        (void) take(t);
                else
                        return c;
        }
}

int token_next(Tokenizer *t, Token *ret) {
        int c = blank_skip(t);

        ret->length = 0;
        ret->broken = false;
        ret->line_start = t->line_start;

        switch (c) {
        case END:
                ret->type = TOKEN_END;
                break;
        case '{':
                ret->type = TOKEN_OPEN;
                break;
        case '}':
                ret->type = TOKEN_CLOSE;
                break;
        case ';':
                ret->type = TOKEN_SEMICOLON;
                break;
        case ',':
                ret->type = TOKEN_COMMA;
                break;
        case '"':
                ret->type = TOKEN_STRING;
                (void) take(t);
                string_take(t, ret);
                break;
        default:
                ret->type = TOKEN_WORD;
                word_take(t, ret);
        }
        if (ret->type == TOKEN_OPEN || ret->type == TOKEN_CLOSE || ret->type == TOKEN_SEMICOLON ||
                        ret->type == TOKEN_COMMA)
                (void) take(t);

        ret->text[ret->length] = '\0';
        return t->error;
}

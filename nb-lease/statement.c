/* SPDX-License-Identifier: Apache-2.0 */
/* Which statements do the words of a lease file make? See statement.h. */
#include "statement.h"

static void statement_clear(Statement *s) {
        s->broken = s->line_start = false;
        s->n_words = s->used = 0;
}

static void word_add(Statement *s, const Token *token) {
        size_t length = token->length;

        /* Some servers send the NUL that ends a C string along. */
        while (token->type == TOKEN_STRING && length > 0 && token->text[length - 1] == 1)
                length--;

        if (token->broken || s->n_words >= STATEMENT_WORDS_MAX || length >= sizeof(s->text) - s->used) {
                s->broken = true;
                return;
        }
        if (s->n_words == 0)
                s->line_start = token->line_start;
        s->words[s->n_words++] = s->text + s->used;
        memcpy(s->text + s->used, token->text, length);
        s->text[s->used + length] = '\0';
        s->used += length + 1;
}

static bool starts_lease(const Token *token) {
        return token->type == TOKEN_WORD && token->line_start &&
                        (streq(token->text, "lease") || streq(token->text, "lease6"));
}

int statement_next(Tokenizer *t, Statement *ret) {
        Token token;
        bool cut;
        int r;

        statement_clear(ret);
        for (;;) {
                r = token_next(t, &token);
                if (r < 0)
                        return r;
                if (starts_lease(&token))
                        statement_clear(ret);

                switch (token.type) {
                case TOKEN_WORD:
                case TOKEN_STRING:
                        word_add(ret, &token);
                        break;
                case TOKEN_COMMA:
                        break;
                case TOKEN_SEMICOLON:
                        ret->end = STATEMENT_SIMPLE;
                        return 0;
                case TOKEN_OPEN:
                        ret->end = STATEMENT_OPEN;
                        return 0;
                case TOKEN_CLOSE:
                        /* A statement without its ';' does not count. */
                        statement_clear(ret);
                        ret->end = STATEMENT_CLOSE;
                        return 0;
                case TOKEN_END:
                        cut = ret->broken || ret->n_words > 0;
                        statement_clear(ret);
                        ret->broken = cut;
                        ret->end = STATEMENT_END;
                        return 0;
                }
        }
}

bool statement_join(const Statement *s, size_t first, char *ret, size_t size) {
        size_t n = 0;

        for (size_t i = first; i < s->n_words; i++) {
                int k = snprintf(ret + n, size - n, "%s%s", i > first ? " " : "", s->words[i]);

                if (k < 0 || (size_t) k >= size - n)
                        return false;
                n += (size_t) k;
        }
        ret[n] = '\0';
        return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a dhclient.leases file, from a stream of any length in memory of a fixed size. Pure but for the
 * callback. */
#pragma once

#include "macros.h"

/* Longer words and strings are cut, and say so. */
#define TOKEN_TEXT_MAX 4096U

typedef enum TokenType {
        TOKEN_END,
        TOKEN_WORD,
        TOKEN_STRING, /* "…", with its escapes resolved; a NUL in it became the byte 1, which no value may hold */
        TOKEN_OPEN,
        TOKEN_CLOSE,
        TOKEN_SEMICOLON,
        TOKEN_COMMA,
} TokenType;

typedef struct Token {
        TokenType type;
        bool line_start; /* stands at the very beginning of a line */
        bool broken;     /* cut, or a string that its line does not end */
        size_t length;
        char text[TOKEN_TEXT_MAX + 1];
} Token;

/* Like read(2), but a negative errno: 0 is the end. */
typedef ssize_t (*TokenRead)(void *userdata, char *data, size_t size);

typedef struct Tokenizer Tokenizer;

/* NULL without memory. */
Tokenizer *tokenizer_new(TokenRead read, void *userdata);
void tokenizer_free(Tokenizer *t);
DEFINE_TRIVIAL_CLEANUP_FUNC(Tokenizer *, tokenizer_free);

/* The next token; TOKEN_END for ever behind the last. Returns the error of the callback. */
int token_next(Tokenizer *t, Token *ret);

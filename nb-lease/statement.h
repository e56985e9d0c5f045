/* SPDX-License-Identifier: Apache-2.0 */
/* The statements of a dhclient.leases file: "NAME WORD…;", "NAME WORD… {" and "}". */
#pragma once

#include "token.h"

#define STATEMENT_WORDS_MAX 64U
#define STATEMENT_TEXT_MAX 8192U

typedef enum StatementEnd {
        STATEMENT_SIMPLE, /* ended by ';' */
        STATEMENT_OPEN,   /* opens a block */
        STATEMENT_CLOSE,  /* closes one; has no words */
        STATEMENT_END,    /* of the file; has no words, and is broken if it cut a statement */
} StatementEnd;

typedef struct Statement {
        StatementEnd end;
        bool broken;     /* larger than there is room for, or with a broken word: not to be trusted */
        bool line_start; /* its first word stands at the very beginning of a line */
        size_t n_words, used;
        const char *words[STATEMENT_WORDS_MAX]; /* into text; commas are not kept */
        char text[STATEMENT_TEXT_MAX];
} Statement;

/* The next statement. A "lease" or "lease6" at the beginning of a line starts a new one even if the one before has
 * no end: dhclient died while it wrote, and appended when it came back. Returns the error of the tokenizer. */
int statement_next(Tokenizer *t, Statement *ret);

/* Joins the words from the given one on by spaces. False if they do not fit. */
bool statement_join(const Statement *s, size_t first, char *ret, size_t size);

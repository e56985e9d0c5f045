/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that grow. Without memory they stop to grow, and buffer_text() says so in the end. */
#pragma once

#include "macros.h"

typedef struct Buffer {
        char *data; /* with a NUL behind it; NULL before the first byte */
        size_t length, allocated;
        bool failed;
} Buffer;

void buffer_append(Buffer *b, const void *data, size_t n);

static inline void buffer_puts(Buffer *b, const char *s) {
        buffer_append(b, s, strlen(s));
}

/* Forgets everything behind a length that it had before. */
static inline void buffer_truncate(Buffer *b, size_t length) {
        if (length < b->length) {
                b->length = length;
                b->data[length] = '\0';
        }
}

/* The bytes with a NUL behind them that does not count; NULL if memory ran out. It stays the buffer's. */
const char *buffer_text(const Buffer *b);

void buffer_done(Buffer *b);
#define _cleanup_buffer_ _cleanup_(buffer_done)

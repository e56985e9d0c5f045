/* SPDX-License-Identifier: Apache-2.0 */
/* How do bytes grow? See buffer.h. */
#include "buffer.h"

static bool reserve(Buffer *b, size_t n) {
        size_t allocated;
        char *data;

        if (b->failed)
                return false;
        if (n <= b->allocated - b->length)
                return true;

        allocated = 2 * (b->length + n) + 1024;
        data = realloc(b->data, allocated);
        if (!data) {
                b->failed = true;
                return false;
        }
        b->data = data;
        b->allocated = allocated;
        return true;
}

/* Most pieces are a few bytes, for which the call of memcpy() takes longer than the copy: with musl's it was 0.1 ms of
 * the 1.0 that nb-run takes with a JSON of 7 KB. */
static void copy(char *to, const char *from, size_t n) {
        if (n >= 4 * sizeof(uint32_t)) {
                memcpy(to, from, n);
                return;
        }
        for (; n >= sizeof(uint32_t); n -= sizeof(uint32_t)) {
                memcpy(to, from, sizeof(uint32_t));
                to += sizeof(uint32_t);
                from += sizeof(uint32_t);
        }
        switch (n) {
        case 3:
                to[2] = from[2];
                /* fall through */
        case 2:
                to[1] = from[1];
                /* fall through */
        case 1:
                to[0] = from[0];
        }
}

void buffer_append(Buffer *b, const void *data, size_t n) {
        if (n == 0 || !reserve(b, n + 1))
                return;
        copy(b->data + b->length, data, n);
        b->length += n;
        b->data[b->length] = '\0';
}

const char *buffer_text(const Buffer *b) {
        if (b->failed)
                return NULL;
        return b->data ? b->data : "";
}

void buffer_done(Buffer *b) {
        free(b->data);
        *b = (Buffer){};
}

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

void buffer_append(Buffer *b, const void *data, size_t n) {
        if (n == 0 || !reserve(b, n))
                return;
        memcpy(b->data + b->length, data, n);
        b->length += n;
}

const char *buffer_text(Buffer *b) {
        if (!reserve(b, 1))
                return NULL;
        b->data[b->length] = '\0';
        return b->data;
}

void buffer_done(Buffer *b) {
        free(b->data);
        *b = (Buffer){};
}

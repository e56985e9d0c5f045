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
        if (n == 0 || !reserve(b, n + 1))
                return;
        memcpy(b->data + b->length, data, n);
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

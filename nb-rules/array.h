/* SPDX-License-Identifier: Apache-2.0 */
/* An array that grows. */
#pragma once

#include "macros.h"

typedef struct Array {
        void *items;
        size_t n, allocated;
} Array;

/* Makes room for one more item of the given size and returns it, zeroed and counted; NULL if memory is out. */
static inline void *array_add(Array *a, size_t size) {
        if (a->n == a->allocated) {
                size_t m = a->allocated ? a->allocated * 2 : 16;
                void *larger = reallocarray(a->items, m, size);

                if (!larger)
                        return NULL;
                a->items = larger;
                a->allocated = m;
        }
        return memset((char *) a->items + a->n++ * size, 0, size);
}

/* Forgets the items and keeps the room. */
static inline void array_clear(Array *a) {
        a->n = 0;
}

static inline void array_done(Array *a) {
        free(a->items);
        *a = (Array){};
}

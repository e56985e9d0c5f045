/* SPDX-License-Identifier: Apache-2.0 */
/* When is memory given back that many things at once have left behind? */
#pragma once

#include <malloc.h>

#include "macros.h"

/* After so many at once the heap has holes of a size that is worth it. */
#define HEAP_TRIM_AFTER 16U

/* n things are there now; *most keeps how many it were at once. */
static inline void heap_count(size_t *most, size_t n) {
        if (n > *most)
                *most = n;
}

/* They are all gone. */
static inline void heap_rest(size_t *most) {
        if (*most < HEAP_TRIM_AFTER)
                return;
        (void) malloc_trim(0);
        *most = 0;
}

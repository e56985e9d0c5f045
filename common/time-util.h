/* SPDX-License-Identifier: Apache-2.0 */
/* What time is it? */
#pragma once

#include <time.h>

#include "macros.h"

/* Nanoseconds; a time before 1970 is later than any other. */
static inline uint64_t timespec_nsec(const struct timespec *ts) {
        return (uint64_t) ts->tv_sec * UINT64_C(1000000000) + (uint64_t) ts->tv_nsec;
}

/* Microseconds of CLOCK_MONOTONIC. */
static inline uint64_t now_usec(void) {
        struct timespec ts;

        (void) clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t) ts.tv_sec * UINT64_C(1000000) + (uint64_t) ts.tv_nsec / 1000U;
}

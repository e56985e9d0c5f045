/* SPDX-License-Identifier: Apache-2.0 */
/* What time is it, and when is something tried again? */
#pragma once

#include <time.h>

#include "macros.h"

/* Microseconds of CLOCK_MONOTONIC. */
static inline uint64_t now_usec(void) {
        struct timespec ts;

        (void) clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t) ts.tv_sec * UINT64_C(1000000) + (uint64_t) ts.tv_nsec / 1000U;
}

/* How long to wait, in microseconds, after so many attempts failed before this one: 0.1, 0.5, 2, then every 10 s. */
static inline uint64_t retry_delay_usec(unsigned n_failed) {
        static const uint64_t delays[] = { 100U * 1000U, 500U * 1000U, 2000U * 1000U, 10U * 1000U * 1000U };

        return delays[n_failed < ELEMENTSOF(delays) ? n_failed : ELEMENTSOF(delays) - 1];
}

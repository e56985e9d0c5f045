/* SPDX-License-Identifier: Apache-2.0 */
/* What failed is tried again: after 0.1, 0.5, 2, then every 10 s. */
#pragma once

#include <systemd/sd-event.h>

#include "macros.h"

typedef void (*RetryHandler)(void *userdata);

/* Zero-initialised is idle. */
typedef struct Retry {
        sd_event_source *source; /* NULL while no try is to come */
        unsigned n_failed;       /* tries in a row */
        RetryHandler handler;
        void *userdata;
} Retry;

/* One more try failed: the handler is called when it is time for the next, once. Does nothing if one is to come
 * already. Out of memory, what waits for that try would wait for ever: then the loop ends with the error, and the next
 * process finds out anew what is. */
void retry_later(Retry *retry, sd_event *event, RetryHandler handler, void *userdata);

/* The same, but a first failure is followed by a try at once, from the loop. */
void retry_soon(Retry *retry, sd_event *event, RetryHandler handler, void *userdata);

/* It was successful: the next failure is a first one again. */
void retry_reset(Retry *retry);

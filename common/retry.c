/* SPDX-License-Identifier: Apache-2.0 */
/* When is something tried again? See retry.h. */
#include "retry.h"

#include "log.h"

#define ACCURACY_USEC 1000U

static const uint64_t delays[] = { 100U * 1000U, 500U * 1000U, 2000U * 1000U, 10U * 1000U * 1000U };

static int on_time(_unused_ sd_event_source *source, _unused_ uint64_t usec, void *userdata) {
        Retry *retry = userdata;

        retry->source = sd_event_source_disable_unref(retry->source);
        retry->handler(retry->userdata);
        return 0;
}

static void retry_arm(Retry *retry, sd_event *event, uint64_t delay, RetryHandler handler, void *userdata) {
        int r;

        if (retry->source)
                return;
        retry->n_failed++;
        retry->handler = handler;
        retry->userdata = userdata;
        r = sd_event_add_time_relative(
                        event, &retry->source, CLOCK_MONOTONIC, delay, ACCURACY_USEC, on_time, retry);
        if (r < 0)
                (void) sd_event_exit(event, log_error_errno(r, "Failed to arm a timer, ending: %m"));
}

static uint64_t delay_after(unsigned n_failed) {
        return delays[n_failed < ELEMENTSOF(delays) ? n_failed : ELEMENTSOF(delays) - 1];
}

void retry_later(Retry *retry, sd_event *event, RetryHandler handler, void *userdata) {
        retry_arm(retry, event, delay_after(retry->n_failed), handler, userdata);
}

void retry_soon(Retry *retry, sd_event *event, RetryHandler handler, void *userdata) {
        retry_arm(retry, event, retry->n_failed > 0 ? delay_after(retry->n_failed - 1) : 0, handler,
                        userdata);
}

void retry_reset(Retry *retry) {
        retry->source = sd_event_source_disable_unref(retry->source);
        retry->n_failed = 0;
}

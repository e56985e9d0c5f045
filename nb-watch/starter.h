/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to nb-start: calls wait here for their turn, and get one result each. */
#pragma once

#include <systemd/sd-event.h>

#include "request.h"

/* dbus-daemon takes 128 unanswered calls a connection, and throughput is best at 16. PID 1 of systemd 252 loses its
 * own bus connection at about 512 unfinished jobs. */
#define STARTER_UNANSWERED_MAX 16U
#define STARTER_JOBS_MAX 256U

typedef struct Starter Starter;

typedef enum CallResult {
        CALL_DONE,
        CALL_FAILED, /* the job ended otherwise; the detail is its result */
        CALL_UNKNOWN, /* the answer was lost, or there could be none now: ask PID 1. The detail is a D-Bus error */
        CALL_SHUTDOWN, /* PID 1 takes no jobs any more */
        CALL_REFUSED,  /* never right: log it and go on */
} CallResult;

/* The call is gone when this is called. */
typedef void (*CallHandler)(CallResult result, const char *detail, void *userdata);

int starter_new(sd_event *event, Starter **ret);
void starter_free(Starter *s);
DEFINE_TRIVIAL_CLEANUP_FUNC(Starter *, starter_free);

/* Queues a call; variables (NULL-terminated, or NULL) are copied. urgent goes before what waits. */
int starter_call(Starter *s, Verb verb, const char *unit, char *const *variables, bool urgent,
                CallHandler handler, void *userdata);

/* While PID 1 reloads, nothing is sent. */
void starter_hold(Starter *s, bool hold);

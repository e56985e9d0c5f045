/* SPDX-License-Identifier: Apache-2.0 */
/* The files EVENT:LINK in /run/network-broker/state, see state-directory.h. */
#pragma once

#include "unit-name.h"

/* An EVENT:LINK file. */
typedef struct EventMark {
        EventType event;
        char link[IF_NAMESIZE];
        uint64_t asked_usec; /* CLOCK_MONOTONIC when the unit was asked for, 0 if there was nothing to run */
        int ifindex;         /* only if it was asked for */
        /* Only to be written: what networkd knows, for NB_NETWORKD_ASKED=networkd_usec; NULL while it has not said. */
        uint64_t networkd_usec;
        const char *networkd; /* JSON on one line, which is null if it will not say */
} EventMark;

int state_mark_write(int dir_fd, const EventMark *mark);
/* -ENOENT also for one that has yet to be written. */
int state_mark_read(int dir_fd, const char *file, EventMark *ret);
int state_mark_remove(int dir_fd, EventType event, const char *link);

/* The unit's run has ended: state_mark_time() is then. */
int state_mark_ended(int dir_fd, EventType event, const char *link);
/* Before the unit's run has ended: when the file was written last, for the request or for a late answer to it.
 * CLOCK_REALTIME. */
int state_mark_time(int dir_fd, EventType event, const char *link, struct timespec *ret);

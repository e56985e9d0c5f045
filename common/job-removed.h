/* SPDX-License-Identifier: Apache-2.0 */
/* When has a job of PID 1 ended? The signal JobRemoved of org.freedesktop.systemd1(5), for chosen units only.
 *
 * The rules go to the bus as they are, and a filter takes the signals: sd-bus itself can match neither arg2 (its own
 * copy of a rule gives up at the number in front of it) nor a unit name with a backslash (an escape to it, a plain byte
 * to dbus-daemon). */
#pragma once

#include "bus-owner.h"

typedef struct JobRemoved JobRemoved;

/* Called for each signal of PID 1 itself, with the job's path, its unit and its result. Signals of units that nobody
 * watches may come too. */
typedef void (*JobRemovedHandler)(const char *path, const char *unit, const char *result, void *userdata);

int job_removed_new(
                sd_bus *bus, BusOwner *systemd, JobRemovedHandler handler, void *userdata, JobRemoved **ret);
void job_removed_free(JobRemoved *j);
DEFINE_TRIVIAL_CLEANUP_FUNC(JobRemoved *, job_removed_free);

/* The rule is in force before any call that is made on this connection afterwards; nothing has to wait for it. Each
 * watch needs its unwatch; they add up. */
int job_removed_watch(JobRemoved *j, const char *unit);
void job_removed_unwatch(JobRemoved *j, const char *unit);

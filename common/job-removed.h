/* SPDX-License-Identifier: Apache-2.0 */
/* When has a job of PID 1 ended? The signal JobRemoved of org.freedesktop.systemd1(5).
 *
 * The signals of all units, but only while somebody waits for one: a rule for each unit costs the bus more, for each
 * signal too, and it allows 512 of them. */
#pragma once

#include "bus-owner.h"

typedef struct JobRemoved JobRemoved;

/* Called for each signal of PID 1 itself, with the job's path, its unit and its result. */
typedef void (*JobRemovedHandler)(const char *path, const char *unit, const char *result, void *userdata);

int job_removed_new(
                sd_bus *bus, BusOwner *systemd, JobRemovedHandler handler, void *userdata, JobRemoved **ret);
void job_removed_free(JobRemoved *j);
DEFINE_TRIVIAL_CLEANUP_FUNC(JobRemoved *, job_removed_free);

/* The rule is in force before any call that is made on this connection afterwards; nothing has to wait for it. Each
 * watch needs its unwatch, but for those that are left at the end of j. */
int job_removed_watch(JobRemoved *j);
void job_removed_unwatch(JobRemoved *j);

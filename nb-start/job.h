/* SPDX-License-Identifier: Apache-2.0 */
/* One request on its way through PID 1: the call, the job, its result. */
#pragma once

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "job-removed.h"
#include "request.h"

typedef struct Job Job;

/* Called once or twice, as the kinds of Answer say; the job is gone after the last one. */
typedef void (*JobHandler)(const Answer *answer, void *userdata);

/* Asks PID 1 for what the request says, and calls the handler from the event loop. The job lives until its last
 * answer or job_free(). An error means that PID 1 was not asked. */
int job_new(sd_bus *bus, sd_event *event, JobRemoved *removed, const Request *request, JobHandler handler,
                void *userdata, Job **ret);

/* Tells the job of a JobRemoved signal; it may be gone afterwards. */
void job_removed(Job *job, const char *path, const char *unit, const char *result);

/* The signal may have been missed: asks PID 1 whether the job is still there. */
void job_check(Job *job);

void job_free(Job *job);
DEFINE_TRIVIAL_CLEANUP_FUNC(Job *, job_free);

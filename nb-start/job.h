/* SPDX-License-Identifier: Apache-2.0 */
/* One request on its way through PID 1: the call, the job, its result. */
#pragma once

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "bus-owner.h"
#include "request.h"

typedef struct Job Job;

/* Called once or twice, as the kinds of Answer say; the job is gone after the last one. */
typedef void (*JobHandler)(const Answer *answer, void *userdata);

/* Asks PID 1 for what the request says, and calls the handler from the event loop. The job lives until its last
 * answer or job_free(). systemd is the tracked owner of org.freedesktop.systemd1. */
int job_new(sd_bus *bus, sd_event *event, BusOwner *systemd, const Request *request, JobHandler handler,
                void *userdata, Job **ret);
void job_free(Job *job);
DEFINE_TRIVIAL_CLEANUP_FUNC(Job *, job_free);

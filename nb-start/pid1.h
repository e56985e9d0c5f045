/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to PID 1 over the system bus. It is made when it is needed. */
#pragma once

#include "job.h"

typedef struct Pid1 Pid1;

typedef struct Pid1Handlers {
        /* PID 1 came to the bus: it may have sent signals before it knew of us. */
        void (*came)(void *userdata);
        /* A job of a unit has ended. */
        void (*removed)(const char *path, const char *unit, const char *result, void *userdata);
        /* The bus is gone, and what became of the jobs is not known. They must be freed in the handler. */
        void (*lost)(void *userdata);
} Pid1Handlers;

/* The handlers are called from the event loop. */
int pid1_new(sd_event *event, const Pid1Handlers *handlers, void *userdata, Pid1 **ret);

/* All jobs must be free. */
void pid1_free(Pid1 *p);
DEFINE_TRIVIAL_CLEANUP_FUNC(Pid1 *, pid1_free);

/* Connects to the bus, unless that is done. */
int pid1_connect(Pid1 *p);

/* See job_new(); connected it must be. */
int pid1_call(Pid1 *p, const Request *request, JobHandler handler, void *userdata, Job **ret);

/* SPDX-License-Identifier: Apache-2.0 */
/* From an event to its scripts and their environment. */
#pragma once

#include "prepare.h"
#include "runner.h"

/* The scripts of one event's directories. */
typedef struct Part {
        EventType event;
        ScriptList scripts;
} Part;

#define PARTS_MAX 2U

/* What would be done for an event, before anything is. */
typedef struct Plan {
        Trust trust;
        EventFile file;
        Part parts[PARTS_MAX];
        size_t n_parts;
        Environment environment; /* of the first part; empty if no script is to run */
        Prepared prepared;
} Plan;

#define PLAN_INITIALIZER                                                                                    \
        { .trust.root_fd = -EBADF, .prepared = PREPARED_INITIALIZER }

/* Finds the scripts of runner's event and makes their environment on top of what is inherited (ends with
 * NULL). force_environment: also where no script is to run. Logs what goes wrong. */
int plan_make(Runner *runner, const char *instance, const char *const *inherited, bool force_environment,
                Plan *ret);
void plan_done(Plan *plan);
#define _cleanup_plan_ _cleanup_(plan_done)

/* Runs it. */
int plan_run(Plan *plan, Runner *runner);

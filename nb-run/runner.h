/* SPDX-License-Identifier: Apache-2.0 */
/* One event: its scripts, one after another. */
#pragma once

#include "environment.h"
#include "log.h"
#include "scripts.h"
#include "unit-name.h"

typedef struct Runner {
        EventType event;
        LogFields fields;
        char unit[UNIT_NAME_LENGTH_MAX];
        uint64_t timeout_usec;
        unsigned failed;
        bool interrupted;
} Runner;

/* Runs the scripts of the list with that environment and logs each result. Counts failures in runner; a
 * negative errno is for what failed beside the scripts. */
int runner_run(Runner *runner, const ScriptList *scripts, Environment *environment);

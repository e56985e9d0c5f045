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
        bool started; /* a script was: what was found before may no longer be so */
        bool interrupted;
} Runner;

/* Runs the scripts of the list with that environment and logs each result. Each but the first that runs is checked
 * again before, with trust. Counts failures in runner; a negative errno is for what failed beside the scripts. */
int runner_run(Runner *runner, const Trust *trust, ScriptList *scripts, Environment *environment);

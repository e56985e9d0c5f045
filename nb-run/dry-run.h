/* SPDX-License-Identifier: Apache-2.0 */
/* Saying what would be done for an event, and doing nothing. */
#pragma once

#include "runner.h"

/* Prints each script in its order, why others will not run, and the environment, on standard output. As
 * in the unit: its environment is asked from PID 1. */
int dry_run(Runner *runner, const char *instance);

/* SPDX-License-Identifier: Apache-2.0 */
/* What the log says about each script. */
#pragma once

#include "exec.h"
#include "log.h"
#include "scripts.h"

/* One line of how a script ended, as an error if it failed. fields names the event; returns whether it
 * failed. */
bool report_result(const LogFields *fields, const Script *script, const ExecResult *result,
                uint64_t timeout_usec);

/* One line of why a script is not run, as an error if it is refused; returns whether it is. */
bool report_not_run(const LogFields *fields, const Script *script);

/* A duration for people: "0.9 ms", "12 ms", "3.2 s", "1 min 30 s". */
const char *duration_format(uint64_t usec, char *buffer, size_t size);

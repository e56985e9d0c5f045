/* SPDX-License-Identifier: Apache-2.0 */
/* Time spans as systemd.time(7) has them. */
#pragma once

#include "macros.h"

/* Parses "90s", "2min 30s", "1.5h", "500ms" or a bare number of seconds into microseconds. "infinity" is not one.
 * -EINVAL, or -ERANGE if it is longer than a hundred years. */
int time_span_parse(const char *text, uint64_t *ret);

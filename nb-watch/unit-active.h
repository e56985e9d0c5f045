/* SPDX-License-Identifier: Apache-2.0 */
/* Does a unit run? PID 1 keeps a file of each that does in /run/systemd/units. */
#pragma once

#include <stdbool.h>
#include <time.h>

bool unit_seems_active(const char *unit);
/* … and since when, CLOCK_REALTIME. */
bool unit_seems_active_since(const char *unit, struct timespec *ret);

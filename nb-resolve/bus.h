/* SPDX-License-Identifier: Apache-2.0 */
/* What the calls over the bus have in common. */
#pragma once

#include <systemd/sd-bus.h>

#include "macros.h"

/* Connects to the system bus, with a limit of time for each call. */
int bus_open(sd_bus **ret);

/* The error says that nobody has the name: the service does not run, or is not installed. */
bool bus_error_is_absence(const sd_bus_error *error);

/* Asks PID 1 to start a unit, and does not wait for it. */
int bus_start_unit(sd_bus *bus, const char *unit, sd_bus_error *error);

/* SPDX-License-Identifier: Apache-2.0 */
/* The calls to systemd-hostnamed, which starts on demand. -ENXIO if it is not installed. */
#pragma once

#include <systemd/sd-bus.h>

#include "macros.h"

typedef struct HostNames {
        char *static_name; /* "" if the administrator set none */
        char *name;        /* what the machine is called now */
        bool transient;    /* which it is because somebody said so, not for want of a name */
} HostNames;

int hostnamed_get(sd_bus *bus, HostNames *ret, sd_bus_error *error);
void host_names_done(HostNames *names);

/* Sets the transient name; "" takes it back. */
int hostnamed_set(sd_bus *bus, const char *name, sd_bus_error *error);

/* SPDX-License-Identifier: Apache-2.0 */
/* The calls to systemd-resolved about one link. Lists are separated by one space; NULL or "" is an empty one.
 *
 * resolved is never started by these calls. Errors: -ENXIO if it does not run, -EBUSY if networkd manages the link
 * (and tells resolved itself), -ENODEV if there is no such link; error holds the message of all others. */
#pragma once

#include <systemd/sd-bus.h>

#include "macros.h"

int resolved_set_dns(sd_bus *bus, int ifindex, const char *servers, sd_bus_error *error);
int resolved_set_domains(sd_bus *bus, int ifindex, const char *domains, sd_bus_error *error);

/* What is set now, however it was set; the caller frees it. Routing-only domains are left out. */
int resolved_get_dns(sd_bus *bus, int ifindex, char **ret, sd_bus_error *error);
int resolved_get_domains(sd_bus *bus, int ifindex, char **ret, sd_bus_error *error);

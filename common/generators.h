/* SPDX-License-Identifier: Apache-2.0 */
/* Where states and leases come from: Generator=. */
#pragma once

#include "macros.h"

#define GENERATOR_NETWORKD "systemd-networkd"
#define GENERATOR_DHCLIENT "dhclient"
#define GENERATOR_KERNEL "kernel"
#define GENERATOR_DEFAULT GENERATOR_NETWORKD

/* Whether a list of them, as in NB_GENERATOR=, holds this one. A list that is NULL or empty is the default. */
bool generators_include(const char *generators, const char *name);

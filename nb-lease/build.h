/* SPDX-License-Identifier: Apache-2.0 */
/* Putting a lease together from what several statements and blocks say. */
#pragma once

#include "lease-file.h"

/* Sets a time in seconds since 1970, or DATE_NEVER. */
int lease_set_time(Lease *lease, LeaseField field, uint64_t when);

/* Adds words to a list that may have some already; returns as lease_set(). */
int lease_append(Lease *lease, LeaseField field, const char *more);

/* Appends every field of more to lease: joins the lists of leases that have no other field in common. */
int lease_merge(Lease *lease, const Lease *more);

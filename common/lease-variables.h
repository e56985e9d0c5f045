/* SPDX-License-Identifier: Apache-2.0 */
/* What a script gets to know of a lease. */
#pragma once

#include "lease-file.h"

/* Room for every variable of lease_variables() and the NULL behind the last. */
#define LEASE_VARIABLES_MAX (_LEASE_FIELD_MAX + 8)

typedef struct LeaseVariables {
        char *list[LEASE_VARIABLES_MAX]; /* NAME=value, ends with NULL */
        size_t n;
} LeaseVariables;

/* DHCP_LEASE: of dhclient "ADDRESS=…,ROUTER=…,SUBNETMASK=…,DNS=…,DOMAIN=…", lists with commas; of networkd the lines
 * of its file joined by spaces. The caller frees it. */
int lease_text(const Lease *lease, char **ret);

/* The domain, then the search domains without it: what a resolver searches, "" if there is none. The caller frees
 * it. */
int lease_domains(const Lease *lease, char **ret);

/* The variables of a lease event: LEASE_EVENT, LEASE_<field> for each field, DHCP_LEASE, DNS and DOMAIN (with
 * spaces); and LEASE_PREVIOUS_ADDRESS if there was a lease with another or no address now. lease is NULL if it was
 * lost, before is NULL if there was none. */
int lease_variables(const Lease *lease, const Lease *before, LeaseChange change, LeaseVariables *ret);
void lease_variables_done(LeaseVariables *variables);

/* SPDX-License-Identifier: Apache-2.0 */
/* Which lease does a link have, according to the lease files of dhclient? Pure but for the callback that reads.
 *
 * dhclient appends a block at every binding and renewal. A later block of the same address replaces the earlier
 * one; of what has not expired and was not released the last one counts. IPv6 has blocks of its own, the last of
 * which counts, and the link's lease is both together. */
#pragma once

#include "lease-file.h"
#include "token.h"

typedef struct DhclientLeases DhclientLeases;

/* For the leases of one link as of now (seconds since 1970). NULL without memory. */
DhclientLeases *dhclient_leases_new(const char *link, uint64_t now);
void dhclient_leases_free(DhclientLeases *leases);
DEFINE_TRIVIAL_CLEANUP_FUNC(DhclientLeases *, dhclient_leases_free);

/* Reads one file; of several the one written last comes last. number: the caller's for it, not 0. Whatever is in it,
 * only -ENOMEM and the errors of the callback are errors. */
int dhclient_leases_read(DhclientLeases *leases, size_t number, TokenRead read, void *userdata);

/* What was seen so far: blocks of any link that were complete, and statements that were not valid. */
size_t dhclient_leases_blocks(const DhclientLeases *leases);
size_t dhclient_leases_broken(const DhclientLeases *leases);

/* The link's lease, for the caller to free. -ENODATA: it has none. */
int dhclient_leases_current(const DhclientLeases *leases, Lease **ret);
/* The numbers of the files that its parts are from, of IPv4 and of IPv6; 0 without such a part. */
void dhclient_leases_files(const DhclientLeases *leases, size_t ret[static 2]);

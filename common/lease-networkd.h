/* SPDX-License-Identifier: Apache-2.0 */
/* systemd-networkd's lease of a link, read from /run/systemd/netif/leases/<ifindex>.
 *
 * networkd writes that file anew at every renewal, but also when it saves the link for other reasons, and its times
 * count from a moment that the file does not name (only 257 tells it, over D-Bus). So such a lease has LIFETIME, T1,
 * T2 and UPDATED (the file's own time), and no time at which it ends. */
#pragma once

#include "lease-file.h"

#define LEASE_NETWORKD_FOLDER "/run/systemd/netif/leases"

/* Reads folder/<ifindex>, LEASE_NETWORKD_FOLDER but in tests. -ENOENT: no lease. -ENODATA: nothing valid in it. */
int lease_read_networkd(const char *folder, int ifindex, Lease **ret);

/* The same from the text of the file; updated is its time in microseconds. */
int lease_parse_networkd(const char *text, uint64_t updated, Lease **ret);

/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel says about a link at one moment. */
#pragma once

#include <net/if.h>

#include "json.h"
#include "netlink.h"

typedef struct Snapshot {
        bool exists, details;
        int ifindex;
        char name[IF_NAMESIZE];
        struct nlmsghdr *link;  /* with details: the RTM_NEWLINK message */
        Json addresses, routes; /* with details: the objects of two arrays, without their brackets */
        Json texts;             /* with details: the addresses as strings, likewise */
        Buffer ipv4, ipv6;      /* the addresses separated by spaces, but for 127/8 and link-local IPv6 */
        char first[64];         /* the first address at all, or "" */
        char gateways[2]
                     [64];  /* with details: of the default route in the main table, IPv4 and IPv6, or "" */
        size_t routes_mark; /* where the dump of one family began, */
        uint8_t routes_family; /* and of which */
} Snapshot;

/* Asks the kernel. The link is the one of that name, and of that ifindex unless 0; if there is none,
 * exists is false and the result is 0. Without details only what the environment needs is asked for: no
 * routes, no JSON. */
int snapshot_take(Netlink *nl, const char *name, int ifindex, bool details, Snapshot *ret);

/* Takes one message of a reply, for the snapshot of a link of which the ifindex is known (RTM_NEWADDR,
 * RTM_NEWROUTE) or not yet (RTM_NEWLINK). A NetlinkHandler. */
int snapshot_add(const struct nlmsghdr *message, void *snapshot);

/* Before the routes of one family are dumped, and before that is tried again after the kernel broke off: what the
 * try before said of this family is forgotten, that of the other one kept. The latter is a NetlinkRestart. */
void snapshot_begin_routes(Snapshot *snapshot, uint8_t family);
void snapshot_forget_routes(void *snapshot);

void snapshot_done(Snapshot *snapshot);
#define _cleanup_snapshot_ _cleanup_(snapshot_done)

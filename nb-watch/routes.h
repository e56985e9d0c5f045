/* SPDX-License-Identifier: Apache-2.0 */
/* Whose routes changed?
 *
 * A routes event stands for unicast routes whose output is the link, in any table but local, unless nb-rules made
 * them. The kernel does not announce every change (routes vanish in silence with a link that goes down, or with its
 * last address), and does not say what a changed route was before. So the set is compared by a digest. */
#pragma once

#include "netlink.h"
#include "watch.h"

/* An RTM_NEWROUTE or RTM_DELROUTE. *heal becomes true if somebody else removed a route of nb-rules. */
void routes_changed(Watch *w, const struct nlmsghdr *message, bool *heal);

/* Whether anybody wants to know. */
bool routes_are_needed(const Watch *w, const Link *link);

/* After a gap: queues an event if the routes are not those that were told. */
void routes_compare(Watch *w, Link *link);

/* The same, for a link whose routes are needed and were read: their digest, not 0. */
void routes_compare_digest(Watch *w, Link *link, uint64_t digest);

/* The sum of the hashes of the link's routes, never 0. */
int routes_digest(Netlink *nl, int ifindex, unsigned rule_protocol, uint64_t *ret);

/* The digest of what a routes event delivers, for the record. */
uint64_t routes_delivered(Watch *w, Link *link);

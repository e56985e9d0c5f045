/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel as the source of links, addresses, routes and rules. */
#pragma once

#include "watch.h"

/* Reading routes again and again takes at most this part of a CPU's time. */
#define DUMP_SHARE 20U
#define LINK_LOOPBACK 1
int rtnl_new(Watch *w, int fd, Rtnl **ret);
void rtnl_free(Rtnl *rtnl);
/* Reads everything the kernel has, compares and delivers: for the start and after a gap. Tried again until it succeeds. */
int rtnl_sync(Rtnl *rtnl);
/* Whether it has succeeded: else what is known of links is half of it, of which nothing may be told. */
bool rtnl_is_current(const Rtnl *rtnl);
/* Takes all messages that wait, unless a reading has yet to succeed. What became ready to be delivered is left to
 * deliver_ready(); only where messages were lost it is delivered at once, by rtnl_sync(). */
void rtnl_catch_up(Rtnl *rtnl);
/* The socket for dumps and requests; not while one is under way. */
Netlink *rtnl_requests(Rtnl *rtnl);
/* Waits until the kernel has done what it announced: some messages come before it. */
int rtnl_wait(Rtnl *rtnl);
/* A digest of the link's unicast routes; -ENODEV if it is gone. */
int rtnl_digest_routes(Rtnl *rtnl, int ifindex, uint64_t *ret);

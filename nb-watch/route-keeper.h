/* SPDX-License-Identifier: Apache-2.0 */
/* The routes of links, kept for those who ask (common/route-question.h). */
#pragma once

#include "address.h"
#include "route-set.h"
#include "watch.h"

int route_keeper_new(Watch *w, RouteKeeper **ret);
void route_keeper_free(RouteKeeper *k);

/* All of the following do nothing without a keeper. */

/* The links were read: from now on it may be found out whether keeping routes is worth it. */
void route_keeper_begin(RouteKeeper *k);

/* An RTM_NEWROUTE or RTM_DELROUTE, whoever made it. */
void route_keeper_route(RouteKeeper *k, const struct nlmsghdr *message);

/* Routes of the link may have changed without a message. */
void route_keeper_forget(RouteKeeper *k, Link *link);

/* Messages were lost. */
void route_keeper_forget_all(RouteKeeper *k);

/* An address of whatever link is gone, and with it the routes that had it as their source. */
void route_keeper_lost_address(RouteKeeper *k, const Address *address);

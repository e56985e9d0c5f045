/* SPDX-License-Identifier: Apache-2.0 */
/* The routes of one link as the kernel would tell them now, kept up to date from its messages. Pure: no I/O.
 *
 * Not every change is announced, and not every announcement says what it changed. So a set is either known, and then
 * exactly what a dump would bring, or it is not known. Kept are plain routes only, those of which nothing changes in
 * silence but for what the owner of the set hears in another way: that the link or one of its addresses changed. */
#pragma once

#include <netinet/in.h>

#include "route-question.h"

/* A link with more is no link of which a question is dear because of other links' routes. */
#define ROUTE_SET_MAX 64U
#define ROUTE_SIZE_MAX 512U
#define ROUTE_SET_ANSWER_MAX (sizeof(RouteQuestion) + ROUTE_SET_MAX * ROUTE_SIZE_MAX)

typedef struct RouteSet {
        bool known;
        size_t n;
        struct nlmsghdr *routes[ROUTE_SET_MAX]; /* in the order of a dump; without carrier's flags */
} RouteSet;

/* Frees it and its routes, if it is one; returns NULL. */
RouteSet *route_set_free(RouteSet *set);

/* Leaves the first n routes, or all there are. */
void route_set_truncate(RouteSet *set, size_t n);

/* Whether a message is about a route that a set could hold: of any table but local, and none that was cached. */
bool route_counts(const struct nlmsghdr *message);

/* Calls back for the output link of the route, or for that of each leg. */
void route_foreach_output(const struct nlmsghdr *message, void (*function)(int ifindex, void *userdata),
                void *userdata);

/* Takes a route that counts, of a dump for the link, behind those that are there. False if it cannot be kept: it is
 * not plain, or one too many. */
bool route_set_add(RouteSet *set, const struct nlmsghdr *message);

/* Takes an RTM_NEWROUTE (one that replaces nothing in the set, see below) or RTM_DELROUTE of the link. False if the
 * set cannot be told any more. */
bool route_set_change(RouteSet *set, const struct nlmsghdr *message);

/* Whether the set has a route in the place of this one: which of several the kernel has replaced cannot be told. */
bool route_set_has_place(const RouteSet *set, const struct nlmsghdr *message);

/* Whether a route has this source address, with which it would vanish. */
bool route_set_has_source(const RouteSet *set, int family, const void *address);

/* The answer to a question about the link; set may be NULL. Without carrier the kernel marks the routes, those of each
 * family by rules of its own: then only a link without routes is known. Returns the answer's size. */
size_t route_set_answer(const RouteSet *set, int ifindex, bool has_carrier,
                char buffer[static ROUTE_SET_ANSWER_MAX]);

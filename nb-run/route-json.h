/* SPDX-License-Identifier: Apache-2.0 */
/* A route of a link, as an object in the link's JSON. */
#pragma once

#include <arpa/inet.h>
#include <linux/rtnetlink.h>

#include "json.h"

/* Writes the object of an RTM_NEWROUTE message, seen from one link; nothing for what does not belong into
 * the list: routes of the table local, and cached ones. Returns whether it was written. */
bool route_json_write(Json *j, const struct nlmsghdr *message, int ifindex);

/* The gateway by which an RTM_NEWROUTE message of the table main leads everywhere over the link; false if
 * it does not. */
bool route_default_gateway(const struct nlmsghdr *message, int ifindex, int *ret_family,
                char ret[static INET6_ADDRSTRLEN]);

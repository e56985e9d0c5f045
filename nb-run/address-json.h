/* SPDX-License-Identifier: Apache-2.0 */
/* An address or a route of a link, as an object in the link's JSON. */
#pragma once

#include <arpa/inet.h>
#include <linux/rtnetlink.h>

#include "json.h"

/* An address of a family as text, of the size bytes that there are for it; false if those are too few, or the family
 * is neither IPv4 nor IPv6. */
bool address_to_text(int family, const void *data, size_t size, char ret[static INET6_ADDRSTRLEN]);

/* The local address of an RTM_NEWADDR message as text; false if it has none. */
bool address_format(const struct nlmsghdr *message, char ret[static INET6_ADDRSTRLEN]);

/* Writes the object of an RTM_NEWADDR message that address_format() accepts. */
void address_json_write(Json *j, const struct nlmsghdr *message);

/* Writes the object of an RTM_NEWROUTE message, seen from one link; nothing for what does not belong into
 * the list: routes of the table local, and cached ones. Returns whether it was written. */
bool route_json_write(Json *j, const struct nlmsghdr *message, int ifindex);

/* The gateway by which an RTM_NEWROUTE message of the table main leads everywhere over the link; false if
 * it does not. */
bool route_default_gateway(const struct nlmsghdr *message, int ifindex, int *ret_family,
                char ret[static INET6_ADDRSTRLEN]);

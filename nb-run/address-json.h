/* SPDX-License-Identifier: Apache-2.0 */
/* An address of a link, as an object in the link's JSON. */
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

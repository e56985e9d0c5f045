/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel says about a link, as members of its JSON object. */
#pragma once

#include <linux/rtnetlink.h>

#include "json.h"

/* Writes the members that an RTM_NEWLINK message knows, each with a value of its type if the message
 * lacks it. */
void link_json_write(Json *j, const struct nlmsghdr *message);

/* The name that networkd has for an ARPHRD_ type, or "". */
const char *link_type_name(unsigned type);

/* Of an RTM_NEWLINK message: its ARPHRD_ type, its MTU, its hardware address as text ("" if there is
 * none). */
unsigned link_arphrd(const struct nlmsghdr *message);
unsigned link_mtu(const struct nlmsghdr *message);
void link_hardware_address(const struct nlmsghdr *message, char *ret, size_t size);

/* SPDX-License-Identifier: Apache-2.0 */
/* From the kernel's messages to the model. Each function takes one message of any type and content, returns 1 and the
 * result if it is one that counts, 0 if it is not, -EBADMSG if it is cut. */
#pragma once

#include <linux/nexthop.h>

#include "model.h"

/* A rule of exactly our shape. Whatever the result, *ret_local is the family of an unusual "lookup local" rule that
 * comes after ours, else 0. */
int parse_rule(const struct nlmsghdr *message, Rule *ret, uint8_t *ret_local);

/* A global address of the link that is no duplicate of somebody else's. */
int parse_address(const struct nlmsghdr *message, int ifindex, Address *ret);

/* A route of the table, with the hops of the link only (of all links if ifindex is 0), those that are dead left out;
 * not one that has expired. *ret_nexthop is the id of a nexthop object that must be asked for the
 * hops, else 0. *ret_truncated says that there were more than HOPS_MAX. */
int parse_route(const struct nlmsghdr *message, uint32_t table, int ifindex, Route *ret,
                uint32_t *ret_nexthop, bool *ret_truncated);

typedef struct NexthopMember {
        uint32_t id;
        uint8_t weight;
} NexthopMember;

/* A nexthop object: its hop (n 0), or the members of its group (at most HOPS_MAX, the rest left out). */
int parse_nexthop(const struct nlmsghdr *message, Hop *ret, NexthopMember members[static HOPS_MAX],
                size_t *ret_n);

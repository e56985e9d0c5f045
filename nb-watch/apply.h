/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of the kernel about links, addresses, routes and rules, applied to what is known. */
#pragma once

#include <linux/rtnetlink.h>

#include "watch.h"

/* A message of the multicast groups. *heal becomes true if a rule was removed that carries our protocol. */
void apply_message(Watch *w, const struct nlmsghdr *message, bool *heal);

/* RTM_NEWLINK, RTM_NEWADDR and RTM_DELADDR. In a dump nothing is told yet: the comparison follows. -EBADMSG for what
 * cannot be read, -EAFNOSUPPORT for another family's view of a link. */
int apply_new_link(Watch *w, const struct nlmsghdr *message, bool dump);
int apply_address(Watch *w, const struct nlmsghdr *message, bool dump);

/* The link is not there any more. */
void apply_gone_link(Watch *w, Link *link);

/* Whether a port of this bridge or bond has no carrier; for Generator=kernel. */
void apply_ports(Watch *w, int ifindex);

/* SPDX-License-Identifier: Apache-2.0 */
/* What does the kernel have, and how is it changed? */
#pragma once

#include "netlink.h"
#include "plan.h"

/* Opens the socket; a reply that does not come within some seconds is an error. */
int kernel_open(Netlink *ret);

/* Reads all that matters for the link (ifindex 0: no link, only rules and tables) and the claimed tables. Any dump
 * that fails makes it fail; -ENODEV if the link went away. Logs what it leaves out, and errors with what was asked. With
 * may_ask_watch, nb-watch may tell the routes of main instead. */
int kernel_read(Netlink *nl, int ifindex, const Claim *claims, size_t n_claims, bool may_ask_watch,
                Snapshot *ret);

/* Puts what the kernel itself says of the link's routes of main into the place of what the snapshot has of them. */
int kernel_read_main(Netlink *nl, int ifindex, Snapshot *snapshot);

/* Makes the changes in order. What was there or gone already counts as done. Other refusals do not stop the rest:
 * the last one is the result and *ret_failed is its change (the link may have changed meanwhile, so whoever calls
 * looks again); -EPERM and trouble with the socket do. */
int kernel_apply(Netlink *nl, const Plan *plan, const Change **ret_failed);

/* SPDX-License-Identifier: Apache-2.0 */
/* Did a link lose routes without a word?
 *
 * The kernel announces a route that takes another's place, but not the one that goes; nor does it say which routes go
 * with a nexthop object, with another link out of which they had a way too, or with an address that was their source.
 * After each such message the routes of all links that somebody cares for are read and compared: not at once, but in
 * turns of the event loop, so that nothing else waits for many links where reading is dear. */
#pragma once

#include "netlink.h"
#include "watch.h"

/* A message of any type: notes whether routes may have gone with it. */
void losses_note(Watch *w, const struct nlmsghdr *message);

/* Any link's routes may have changed without a message. */
void losses_suspect(Watch *w);

/* After all messages that wait: has the loop look, if there is something to look for. */
void losses_look(Watch *w);

/* Everything is compared anyway. */
void losses_forget(Watch *w);

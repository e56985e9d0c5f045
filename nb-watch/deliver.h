/* SPDX-License-Identifier: Apache-2.0 */
/* The entries that wait, from their turn to their end. */
#pragma once

#include "watch.h"

/* Runs the entries whose turn it is. */
void deliver_ready(Watch *w);

/* Frees what belongs to the entries under way, for the end of the process: their units go on. */
void deliver_abandon(Watch *w);

/* What Describe() said of this link, which may be gone, for the entry that waits for it; NULL if it says nothing. */
void deliver_described(Watch *w, int ifindex, const char *networkd);

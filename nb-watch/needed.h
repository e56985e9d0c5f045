/* SPDX-License-Identifier: Apache-2.0 */
/* Is there something to run for an event? */
#pragma once

#include "config.h"
#include "event.h"

#include <time.h>

/* What is remembered of folders. */
typedef struct Needed Needed;

int needed_new(Needed **ret);
void needed_free(Needed *n);

/* A script in one of the event's directories, or a unit that is enabled into it. A folder that cannot be listed may hold
 * either; that is logged once. */
bool event_is_needed(Needed *n, const Config *config, EventType event, const char *link);

/* The former alone, which is the same for all links. */
bool event_has_scripts(Needed *n, EventType event);

/* The latter alone. */
bool event_is_wanted(Needed *n, EventType event, const char *link);

/* systemd has read its units anew, or is about to: others may be enabled. */
void needed_reload(Needed *n);

/* Whether a change of a folder from now on will show in its time stamp; where that is of just now it may not. Pure. */
bool time_stamp_is_settled(const struct timespec *changed, const struct timespec *now);

/* SPDX-License-Identifier: Apache-2.0 */
/* Is there something to run for an event? */
#pragma once

#include "config.h"
#include "event.h"

#include <time.h>

/* A script in one of the event's directories, or a unit that is enabled into it. A folder that cannot be listed may hold
 * either; that is logged once. */
bool event_is_needed(const Config *config, EventType event, const char *link);

/* The former alone, which is the same for all links. */
bool event_has_scripts(EventType event);

/* The latter alone. */
bool event_is_wanted(EventType event, const char *link);

/* systemd has read its units anew, or is about to: others may be enabled. */
void units_changed(void);

/* Whether a change of a folder from now on will show in its time stamp; where that is of just now it may not. Pure. */
bool time_stamp_is_settled(const struct timespec *changed, const struct timespec *now);

/* Whether PID 1 has the unit running, as its file in /run/systemd/units says. */
bool unit_seems_active(const char *unit);
/* … and since when, CLOCK_REALTIME. */
bool unit_seems_active_since(const char *unit, struct timespec *ret);

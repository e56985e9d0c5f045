/* SPDX-License-Identifier: Apache-2.0 */
/* What a script gets to know of its event. */
#pragma once

#include "environment.h"
#include "event-file.h"
#include "log.h"
#include "snapshot.h"

typedef struct EventContext {
        EventType event;
        const char *link;         /* "" for the manager event */
        const EventFile *file;    /* what nb-watch told */
        const Snapshot *snapshot; /* what the kernel says; not of a link that exists if it does not */
        const char *lease;        /* of any event but "lease", whose file has it; NULL if there is none */
        const char *essid;        /* "" where there is none */
        const LogFields *fields;
} EventContext;

/* The index of the link: as it was at the event, else as it is; 0 if it is not known. */
int event_ifindex(const EventContext *context);

/* Adds the variables of the event, but for the JSON. What is too long is left out with a warning. */
int script_environment_add(Environment *e, const EventContext *context);

/* Adds one more under the same rule. */
int script_environment_add_one(Environment *e, const LogFields *fields, const char *name, const char *value);

/* Turns the environment of a lease event into the one for the scripts of routable.d: a lease of dhclient
 * is what makes its link routable. */
int script_environment_set_routable(Environment *e);

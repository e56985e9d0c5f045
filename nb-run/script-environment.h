/* SPDX-License-Identifier: Apache-2.0 */
/* What a script gets to know of its event. */
#pragma once

#include "environment.h"
#include "event-file.h"
#include "log.h"

typedef struct EventContext {
        EventType event;
        const char *link; /* "" for the manager event */
        int ifindex;      /* 0 if the link is not known */
        const EventFile *file;
} EventContext;

/* Adds the variables of the event. What is too long is left out with a warning. */
int script_environment_add(Environment *e, const EventContext *context, const LogFields *fields);

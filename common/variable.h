/* SPDX-License-Identifier: Apache-2.0 */
/* The one list of variables that a request of nb-watch may carry for an event: what nb-start accepts, what nb-run
 * reads from the event file, and what the manual documents. What follows from the unit's name (LINK, EVENT, the
 * state itself) is not carried, so that nobody can make it disagree with the unit. */
#pragma once

#include "event.h"

/* A longer value is left out by nb-watch and refused by nb-start. */
#define VARIABLE_VALUE_MAX (64U * 1024U)

typedef enum VariableType {
        VARIABLE_IFINDEX, /* 1 to 2^31 - 1 */
        VARIABLE_WORD,    /* a state: a-z, 0-9 and '-' */
        VARIABLE_LINK,    /* a link name */
        VARIABLE_TEXT,    /* no control characters */
} VariableType;

typedef struct VariableInfo {
        const char *name; /* a '*' at the end stands for A-Z, 0-9 and '_' */
        VariableType type;
        bool internal; /* for nb-run, not for the scripts */
        bool (*applies)(EventType event);
} VariableInfo;

/* The row for a name and an event, or NULL if that event does not carry it. */
const VariableInfo *variable_find(EventType event, const char *name, size_t name_length);

/* Checks one "NAME=value" for an event: -EINVAL if it is not one, the event does not carry NAME or the value is not
 * of its type; -E2BIG if the value is too long. ret_info may be NULL. */
int variable_check(EventType event, const char *assignment, const VariableInfo **ret_info);

/* SPDX-License-Identifier: Apache-2.0 */
/* Gathering what the scripts of one event get to know. */
#pragma once

#include "script-environment.h"

typedef struct PrepareRequest {
        EventType event;
        const char *link;     /* "" for the manager event */
        const char *instance; /* of the unit */
        const EventFile *file;
        bool emit_json;
        const char *generator; /* NB_GENERATOR, or NULL for the default */
        LogFields *fields;     /* gets the ifindex */
} PrepareRequest;

/* Whether a list separated by spaces names a source of events. */
bool generator_includes(const char *generator, const char *name);

/* Asks kernel, networkd's files and sysfs, and adds all variables of the event. *ret_json_fd is what
 * JSON_FILE names, or negative; it must be open in the scripts, and is the caller's. What cannot be found
 * out is left out with a warning. */
int prepare_environment(const PrepareRequest *request, Environment *e, int *ret_json_fd);

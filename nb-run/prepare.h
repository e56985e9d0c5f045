/* SPDX-License-Identifier: Apache-2.0 */
/* Gathering what the scripts of one event get to know. */
#pragma once

#include "json.h"
#include "netlink.h"
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

/* What the environment was made of. It is freed when the scripts have run: the first one does not wait for that. */
typedef struct Prepared {
        Netlink nl;
        Snapshot snapshot;
        char *lease, *late;
        Json json, dispatcher;
        int json_fd; /* what JSON_FILE names, open in the scripts; or negative */
} Prepared;

#define PREPARED_INITIALIZER                                                                                \
        { .nl = NETLINK_INITIALIZER, .json_fd = -EBADF }

void prepared_done(Prepared *p);

/* Asks kernel, networkd's files and sysfs, and adds all variables of the event. What cannot be found out is left out with a
 * warning. p has been initialized, and is the caller's after an error too. */
int prepare_environment(const PrepareRequest *request, Environment *e, Prepared *p);

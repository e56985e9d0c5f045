/* SPDX-License-Identifier: Apache-2.0 */
/* A link as one JSON object. */
#pragma once

#include "device.h"
#include "snapshot.h"

typedef struct LinkFacts {
        const Snapshot *snapshot;      /* with details, of a link that exists */
        const Device *device;          /* where networkd says nothing */
        const char *networkd;          /* a JSON object for which json_is_object() is true, or NULL */
        const char *operational_state; /* of the event, "" if unknown */
        const char *setup_state;
        const char *essid;
} LinkFacts;

/* Writes the object in the layout of docs/link.schema.json. */
void document_write(Json *j, const LinkFacts *facts);

/* Writes the object that networkd-dispatcher gives to its scripts. */
void document_write_dispatcher(Json *j, const LinkFacts *facts);

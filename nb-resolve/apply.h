/* SPDX-License-Identifier: Apache-2.0 */
/* From what is wished to what is set. */
#pragma once

#include <systemd/sd-bus.h>

#include "record.h"
#include "wish.h"

typedef struct Target {
        sd_bus *bus;
        const char *link;
        int ifindex;   /* 0: the link is gone */
        int folder_fd; /* of the records */
} Target;

/* Whether record and wish differ, so that somebody must be told. */
bool apply_is_needed(const Wish *wish, const Record *record, int ifindex);

/* Tells resolved and hostnamed what differs, and keeps the record true: what could not be set or taken back stays as
 * it was in it. A service that does not run is a warning; returns the first other error, which was logged. */
int apply(const Target *target, const Wish *wish, Record *record);

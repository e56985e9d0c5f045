/* SPDX-License-Identifier: Apache-2.0 */
/* From the lease files to the lease of a link. */
#pragma once

#include "lease-file.h"
#include "lease-files.h"

typedef struct LeaseQuery {
        const char *link;
        const char *patterns; /* of the lease files, separated by white space */
        bool strict; /* somebody asked for just these, so a folder that is closed to us is an error */
} LeaseQuery;

typedef struct LeaseLook {
        Lease *lease;         /* NULL: the link has none */
        uint64_t fingerprint; /* of the files that were read */
        bool incomplete;      /* a file could not be read, so that there is no lease is not known */
        bool link_gone;       /* nothing is to be left of the link */
} LeaseLook;

/* Reads the lease files until they stay the same while they are read, and gives the link's lease. What cannot be
 * read is logged and skipped. */
int lease_look(const LeaseQuery *query, LeaseLook *ret);
void lease_look_done(LeaseLook *look);

/* Brings folder/<link> and the fingerprint beside it up to date, and logs what happened to the lease. */
int lease_publish(const char *folder, const char *link, const LeaseLook *look);

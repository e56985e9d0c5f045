/* SPDX-License-Identifier: Apache-2.0 */
/* From the lease files to the lease of a link. */
#pragma once

#include "lease-file.h"
#include "lease-files.h"

typedef struct LeaseQuery {
        const char *link;
        const char *patterns; /* of the lease files, separated by white space */
        bool strict; /* somebody asked for just these, so a folder that is closed to us is an error */
        const char *known_from; /* the files of the lease that was published last, see lease-files.h */
} LeaseQuery;

#define LEASE_PARTS 2 /* of IPv4, of IPv6 */

typedef struct LeasePart {
        char *path;       /* the file that it is from; NULL without such a part */
        uint64_t written; /* when that was, in nanoseconds */
        bool hidden; /* the file that the known lease has it from is there, perhaps, and could not be read */
} LeasePart;

typedef struct LeaseLook {
        Lease *lease; /* NULL: the link has none */
        LeasePart parts[LEASE_PARTS];
        uint64_t fingerprint; /* of the files that were read */
        bool link_gone;       /* nothing is to be left of the link */
} LeaseLook;

/* Reads the lease files until they stay the same while they are read, and gives the link's lease. What cannot be
 * read is logged and skipped. */
int lease_look(const LeaseQuery *query, LeaseLook *ret);
void lease_look_done(LeaseLook *look);
/* As if the same files had held no lease, and had not before. */
void lease_look_forget(LeaseLook *look);

/* Brings folder/<link> and the fingerprint beside it up to date, and logs what happened to the lease. If a part of the
 * known one is hidden, it stays until it expires, or until a file has such a part that was written after it was published. */
int lease_publish(const char *folder, const LeaseQuery *query, const LeaseLook *look);

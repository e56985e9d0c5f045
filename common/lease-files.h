/* SPDX-License-Identifier: Apache-2.0 */
/* The lease files of dhclient: where they are, and whether they changed since they were read. */
#pragma once

#include <sys/stat.h>

#include "macros.h"

/* LeaseFiles= if it is not set: Debian (ifupdown and by hand), Red Hat and Photon, NetworkManager. */
#define LEASE_FILES_DEFAULT                                                                                 \
        "/var/lib/dhcp/dhclient*.leases /var/lib/dhclient/dhclient*.leases "                                \
        "/var/lib/NetworkManager/dhclient*.lease"

#define LEASE_FILES_MAX 1024U

typedef struct LeaseSource {
        char *path;
        struct stat st;
        bool failed; /* for whoever reads it: it could not be read */
} LeaseSource;

typedef struct LeaseSources {
        LeaseSource *items; /* the one written last comes last */
        size_t n;
        char *denied; /* a folder that could not be listed or a file that could not be looked at, NULL if none */
        bool too_many; /* there are more than LEASE_FILES_MAX */
} LeaseSources;

/* Finds the regular files that the patterns (paths or globs, separated by white space) name. Missing ones are none;
 * -ENOMEM is the only error. */
int lease_sources_find(const char *patterns, LeaseSources *ret);
void lease_sources_done(LeaseSources *sources);

/* Whether one of the patterns names the path. */
bool lease_patterns_name(const char *patterns, const char *path);

/* A number that changes when a file comes, goes, or is written. */
uint64_t lease_sources_fingerprint(const LeaseSources *sources);

/* The fingerprint of what nb-lease read last for a link lies beside the lease, under a name that no link can have:
 * <link escaped>:files. Whoever runs after nb-lease compares: a path unit misses what happens while its service runs. */
#define LEASE_FINGERPRINT_SUFFIX ":files"

/* from: what nb-lease notes with it, the path of the file that the lease of IPv4 is from on a line, and that of IPv6 on
 * another, empty for none. The caller frees *ret_from, which may be NULL. */
int lease_fingerprint_write(const char *folder, const char *link, uint64_t fingerprint, const char *from);
int lease_fingerprint_remove(const char *folder, const char *link);
int lease_fingerprint_read(const char *folder, const char *link, uint64_t *ret, char **ret_from);

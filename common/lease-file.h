/* SPDX-License-Identifier: Apache-2.0 */
/* A DHCP lease of a link, and the file /run/network-broker/lease/<link escaped> in which nb-lease leaves it.
 *
 * The file is lines of NAME=value, NAME of the list below. nb-lease wrote it, and nb-lease has read hostile data:
 * so every value is checked again by lease_read(), and what is not valid is not there. No file: no lease. */
#pragma once

#include "lease-value.h"

#define LEASE_FOLDER "/run/network-broker/lease"
#define LEASE_FILE_MAX (64U * 1024U)

/* What a different value means: another lease, the same one renewed, or nothing. */
typedef enum LeaseFieldKind {
        LEASE_FIELD_CONTENT,
        LEASE_FIELD_TIMES,
        LEASE_FIELD_NOTE,
} LeaseFieldKind;

/* X(NAME, value type, kind). Times are seconds since 1970 or "never", unless said otherwise. */
#define LEASE_FIELD_LIST(X)                                                                                 \
        X(SOURCE, WORD, CONTENT) /* "dhclient" or "networkd" */                                             \
        X(ADDRESS, IPV4, CONTENT)                                                                           \
        X(SUBNETMASK, IPV4_MASK, CONTENT)                                                                   \
        X(BROADCAST, IPV4_ANY, CONTENT)                                                                     \
        X(ROUTER, IPV4_LIST, CONTENT)                                                                       \
        X(SERVER, IPV4, CONTENT)                                                                            \
        X(ADDRESS6, IPV6_LIST, CONTENT)  /* of a DHCPv6 lease */                                            \
        X(PREFIX6, PREFIX_LIST, CONTENT) /* delegated prefixes */                                           \
        X(DNS, IP_LIST, CONTENT)                                                                            \
        X(DOMAIN, DOMAIN_LIST, CONTENT) /* the domain-name option */                                        \
        X(SEARCH, DOMAIN_LIST, CONTENT) /* the domain-search option */                                      \
        X(HOSTNAME, HOSTNAME, CONTENT)                                                                      \
        X(NTP, IP_LIST, CONTENT)                                                                            \
        X(MTU, NUMBER, CONTENT)                                                                             \
        X(LIFETIME, NUMBER, TIMES) /* seconds, 4294967295 for ever */                                       \
        X(RENEW, TIME, TIMES)                                                                               \
        X(REBIND, TIME, TIMES)                                                                              \
        X(EXPIRE, TIME, TIMES)  /* of the IPv4 part */                                                      \
        X(EXPIRE6, TIME, TIMES) /* of the IPv6 part */                                                      \
        X(T1, NUMBER, TIMES)    /* networkd: seconds from binding to renewal */                             \
        X(T2, NUMBER, TIMES)    /* networkd: seconds from binding to rebinding */                           \
        X(UPDATED, TIME, NOTE)  /* networkd: its file's time in microseconds; see lease-networkd.h */

typedef enum LeaseField {
#define X(name, ...) LEASE_##name,
        LEASE_FIELD_LIST(X)
#undef X
                        _LEASE_FIELD_MAX,
} LeaseField;

typedef struct Lease {
        char *values[_LEASE_FIELD_MAX]; /* in normal form; NULL if the lease has none */
        char *text;                     /* of networkd: the lines of its file, for DHCP_LEASE */
} Lease;

typedef enum LeaseChange {
        LEASE_CHANGE_NONE,
        LEASE_CHANGE_BOUND,   /* there was none */
        LEASE_CHANGE_RENEWED, /* the same, with other times */
        LEASE_CHANGE_CHANGED, /* another address, server, option */
        LEASE_CHANGE_LOST,    /* there is none any more */
        _LEASE_CHANGE_MAX,
} LeaseChange;

/* A lease without any value, or NULL without memory. */
Lease *lease_new(void);
void lease_free(Lease *lease);
DEFINE_TRIVIAL_CLEANUP_FUNC(Lease *, lease_free);

/* "ADDRESS" for LEASE_ADDRESS. */
const char *lease_field_name(LeaseField field);

static inline const char *lease_get(const Lease *lease, LeaseField field) {
        return lease->values[field];
}

/* Checks and stores a value. 1: some items of the list were invalid and dropped; -EINVAL: nothing in it is valid,
 * the field keeps what it had. */
int lease_set(Lease *lease, LeaseField field, const char *value);

/* A number or time; UINT64_MAX for "never", fallback if the lease does not have it. */
uint64_t lease_get_number(const Lease *lease, LeaseField field, uint64_t fallback);

/* Whether there is an address or a prefix: without one it is no lease. */
bool lease_is_bound(const Lease *lease);

/* The time (seconds since 1970) at which the first part of the lease expires; UINT64_MAX for never. nb-watch looks
 * again then, because a lease that nobody renews ends without any change of a file. */
uint64_t lease_next_expiry(const Lease *lease);

/* What happened between two looks; NULL stands for no lease. */
LeaseChange lease_compare(const Lease *before, const Lease *now);

/* "bound", "renewed", "changed", "lost", or "none". */
const char *lease_change_name(LeaseChange change);

/* The text of the file, at most LEASE_FILE_MAX; the caller frees it. */
int lease_format(const Lease *lease, char **ret);

/* Reads such a text. Lines that are not valid are dropped, and counted in *ret_dropped if it is not NULL. -ENODATA
 * if no lease remains. */
int lease_parse(const char *text, Lease **ret, size_t *ret_dropped);

/* Reads folder/<link escaped>, LEASE_FOLDER but in tests. -ENOENT: there is no lease. -ENODATA: the file is not a
 * regular one or holds no lease; other errors as of file_read_untrusted(). */
int lease_read(const char *folder, const char *link, Lease **ret);

/* Writes or removes it; without a lease (NULL) it is removed. Returns 1 if the file's contents changed, 0 if they
 * were so already (and it was left untouched). */
int lease_write(const char *folder, const char *link, const Lease *lease);

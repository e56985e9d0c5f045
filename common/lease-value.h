/* SPDX-License-Identifier: Apache-2.0 */
/* Is this text from a DHCP server an address, a domain, a host name? Pure, and the same for every reader. */
#pragma once

#include "macros.h"

/* A longer value is refused; a list keeps its first items. */
#define LEASE_VALUE_MAX 4096U
#define LEASE_ITEMS_MAX 32U

typedef enum LeaseValueType {
        LEASE_VALUE_WORD,      /* a-z, 0-9 and '-' */
        LEASE_VALUE_IPV4,      /* one usable unicast address */
        LEASE_VALUE_IPV4_ANY,  /* one address, broadcast included */
        LEASE_VALUE_IPV4_MASK, /* 255.255.255.0 */
        LEASE_VALUE_IPV4_LIST, /* lists are separated by white space or commas, and normalised to one space */
        LEASE_VALUE_IPV6_LIST,   /* */
        LEASE_VALUE_PREFIX_LIST, /* IPv6 prefixes, 2001:db8::/56 */
        LEASE_VALUE_IP_LIST,     /* of both families, for servers */
        LEASE_VALUE_DOMAIN_LIST, /* DNS names, without a dot at the end */
        LEASE_VALUE_HOSTNAME,    /* what systemd-hostnamed takes, and not "localhost" */
        LEASE_VALUE_NUMBER,      /* 0 to 2^32 - 1 */
        LEASE_VALUE_TIME,        /* decimal, or "never" */
} LeaseValueType;

/* Checks text as a value of that type and gives it in its normal form, for the caller to free. Returns 1 if items
 * of a list were dropped (invalid, repeated or too many), 0 if not, -EINVAL if nothing valid is in it. */
int lease_value_normalize(LeaseValueType type, const char *text, char **ret);

/* A DNS name of letters, digits, '-' and '_', without a dot at its end, that is not an address. */
bool domain_name_is_valid(const char *name);

/* What systemd-hostnamed accepts: at most 64 bytes, no '_'; "localhost" and its domains are refused. */
bool host_name_is_valid(const char *name);

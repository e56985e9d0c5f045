/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of addresses, pure. An address is family, address, prefix, peer and scope: new lifetimes are no change. */
#pragma once

#include <linux/rtnetlink.h>
#include <netinet/in.h>

#include "macros.h"

typedef struct Address {
        uint8_t family, prefix, scope;
        struct in6_addr address, peer; /* IPv4 in the first four bytes; peer is zero without one */
} Address;

/* Sorted, without doubles. Zero-initialised is empty. */
typedef struct AddressSet {
        Address *items;
        size_t n, allocated;
} AddressSet;

/* Reads an RTM_NEWADDR or RTM_DELADDR: the address, its link, its IFA_F_* flags, and for how many seconds it is valid
 * (UINT32_MAX: for ever). -EBADMSG if it is not whole. */
int address_parse(const struct nlmsghdr *message, Address *ret, int *ret_ifindex, uint32_t *ret_flags,
                uint32_t *ret_valid);

/* 1 if the set changed, 0 if it already was so. */
int address_set_add(AddressSet *set, const Address *address);
int address_set_remove(AddressSet *set, const Address *address);

bool address_set_contains(const AddressSet *set, const Address *address);
bool address_set_equal(const AddressSet *a, const AddressSet *b);

/* Makes to an equal copy of from. */
int address_set_copy(AddressSet *to, const AddressSet *from);
void address_set_clear(AddressSet *set);

/* Adds to ret what is in a and not in b. */
int address_set_subtract(AddressSet *ret, const AddressSet *a, const AddressSet *b);

/* "192.0.2.1/24 2001:db8::1/64", sorted; the caller frees. */
int address_set_format(const AddressSet *set, char **ret);

/* For /run/network-broker/state: one address a line, and back. Lines that cannot be read are -EBADMSG. */
int address_set_save(const AddressSet *set, char **ret);
int address_set_load(const char *text, AddressSet *ret);

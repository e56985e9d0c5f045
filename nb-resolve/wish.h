/* SPDX-License-Identifier: Apache-2.0 */
/* What should be set for a link? Pure. */
#pragma once

#include "lease-file.h"

typedef struct Options {
        bool use_dns, use_domain, use_hostname;
} Options;

/* Lists are separated by one space; NULL: nothing. */
typedef struct Wish {
        char *dns, *domains, *hostname;
} Wish;

/* From the options and the lease, which is NULL if there is none. */
int wish_make(const Options *options, const Lease *lease, Wish *ret);
void wish_done(Wish *wish);

/* The two are equal; NULL is equal to NULL only. */
bool value_equal(const char *a, const char *b);

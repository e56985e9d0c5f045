/* SPDX-License-Identifier: Apache-2.0 */
/* Which sets of rules and routes are this link's, to be kept or cleaned away? */
#pragma once

#include "record.h"

#define CLAIMS_MAX 64U

/* Tells the present ifindex of a name, 0 if there is no such link. */
typedef int (*LinkLookup)(const char *link, void *userdata);

typedef struct Claims {
        Claim claims[CLAIMS_MAX];
        size_t n;
        bool wish; /* the first one is what the link should have; without it everything goes */
} Claims;

/* From the records of all links and the wish (NULL: none) to what a sync of the link may touch:
 *  - the wish, and what other protocols some record says we used in its table;
 *  - what the link's record says, unless another link's record has the same table and protocol as its present set (it
 *    got our ifindex, or our link was renamed to it). */
void claims_make(const Array *records, const char *link, const Claim *wish, LinkLookup lookup,
                void *userdata, Claims *ret);

/* The record to write before a change: the wish first, then what is to be cleaned. */
void claims_to_record(const Claims *claims, const char *link, Record *ret);

/* The link's record, or NULL. */
const Record *records_find(const Array *records, const char *link);

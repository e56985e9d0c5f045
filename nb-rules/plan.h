/* SPDX-License-Identifier: Apache-2.0 */
/* The difference between what is and what should be, in an order that leaves no gap: routes before rules on the way
 * in, rules before routes on the way out. */
#pragma once

#include "model.h"

typedef enum ChangeVerb {
        CHANGE_ADD,    /* must not be there yet */
        CHANGE_APPEND, /* a route beside another of its key, which is ours */
        CHANGE_DELETE,
} ChangeVerb;

typedef struct Change {
        ChangeVerb verb;
        const Rule *rule; /* one of the two */
        const Route *route;
} Change;

typedef struct Plan {
        Array changes; /* Change; point into snapshot and wanted */
        bool doubtful; /* some rule goes only because others are missing or doubled in the dump: look again */
} Plan;

static inline void plan_done(Plan *p) {
        array_done(&p->changes);
}
#define _cleanup_plan_ _cleanup_(plan_done)

/* Whether a route is of one of the claims. */
bool route_is_claimed(const Route *route, const Claim *claims, size_t n_claims);

/* The first route in the table that is of none of the claims, or NULL. */
const Route *plan_foreign_route(
                const Snapshot *snapshot, uint32_t table, const Claim *claims, size_t n_claims);

/* Compares. Only what belongs to one of the claims is ever deleted. Sorts the rules of the snapshot. */
int plan_make(Snapshot *snapshot, const Wanted *wanted, const Claim *claims, size_t n_claims, Plan *ret);

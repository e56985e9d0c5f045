/* SPDX-License-Identifier: Apache-2.0 */
/* What rules and routes should a link have? */
#pragma once

#include "model.h"

/* From the link's addresses and its routes in main to the set in the table of the claim. Sorts the addresses. */
int desired_make(Snapshot *snapshot, const Claim *claim, Wanted *ret);

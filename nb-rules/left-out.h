/* SPDX-License-Identifier: Apache-2.0 */
/* What a link's set does not have, though its addresses and routes ask for it. */
#pragma once

#include "log.h"
#include "model.h"

/* A number that another set of such rules and routes would hardly have; 0: nothing is left out. */
uint32_t left_out_fingerprint(const Snapshot *snapshot);

/* One warning each. */
void left_out_log(const Snapshot *snapshot, uint32_t table, const LogFields *fields);

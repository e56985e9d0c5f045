/* SPDX-License-Identifier: Apache-2.0 */
/* What was delivered of a link, kept for a later nb-watch. */
#pragma once

#include "work.h"

/* Before the unit is asked for: what it is about to deliver, in case this nb-watch does not see the result. */
void record_prepare(Work *work);
/* The entry was delivered; started: by a unit. */
void record_delivered(Work *work, bool started);

/* The units under the link's old name are stopped. */
void record_left(Work *work);

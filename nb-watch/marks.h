/* SPDX-License-Identifier: Apache-2.0 */
/* The files in state/ that let units run, as a link leaves its states. */
#pragma once

#include "watch.h"

/* Nobody may start a unit from now on whose state the link has left. Returns the events whose units are to
 * be stopped then; failed ones are among them, which stay failed: nb-start removes their variables. */
uint32_t marks_leave(Watch *w, Name *name, uint32_t events);

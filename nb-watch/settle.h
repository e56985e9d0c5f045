/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a call on a unit that did not answer for itself. */
#pragma once

#include "work.h"

/* What became of a call whose answer was lost? Then work_called(), or the call once more. */
void work_settle(Work *work);

/* Another job has taken the place of the one that was to start the unit, such as somebody's stop: work_called() comes
 * when that is over too, as scripts run until then. */
void work_outlast(Work *work);

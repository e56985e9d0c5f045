/* SPDX-License-Identifier: Apache-2.0 */
/* What an earlier nb-watch delivered. */
#pragma once

#include "watch.h"

/* Takes over from it; then calls watch_restored(). */
int restore_begin(Watch *w);
void restore_free(Restore *restore);

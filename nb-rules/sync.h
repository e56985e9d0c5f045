/* SPDX-License-Identifier: Apache-2.0 */
/* Bringing the kernel to what should be. */
#pragma once

#include "settings.h"

typedef enum SyncMode {
        SYNC_KEEP,   /* make it so */
        SYNC_REMOVE, /* nothing of ours should be left */
        SYNC_SHOW,   /* print what SYNC_KEEP would do */
} SyncMode;

/* Logs what it did and what failed. On an error before the first change nothing was changed. -EEXIST: the table holds
 * somebody else's routes; -EAGAIN: it still differs after all tries. */
int sync_link(const char *link, SyncMode mode, const Settings *settings);

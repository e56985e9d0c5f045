/* SPDX-License-Identifier: Apache-2.0 */
/* nb-watch --monitor: events as they happen, for a person or a program; nothing is started. */
#pragma once

#include "lane.h"

typedef struct Monitor {
        bool json;
} Monitor;

/* A negative errno, logged, if it could not be written. */
int monitor_print(const Monitor *monitor, const Entry *entry);

/* SPDX-License-Identifier: Apache-2.0 */
/* May what was seen of a folder have changed since? One system call answers it for all of them. */
#pragma once

#include "macros.h"

/* A number that is another one as soon as something may have changed in a folder of folder_watch(), or about it; 0 if
 * that cannot be said. */
unsigned folder_watch_turn(void);

/* To be called before the folder, which need not be there, is looked at; its path has three parts at the least. Returns
 * false if not all that changes would be noticed: then it is to be looked at each time. */
bool folder_watch(const char *path);

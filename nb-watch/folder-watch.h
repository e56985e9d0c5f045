/* SPDX-License-Identifier: Apache-2.0 */
/* May what was seen of a folder have changed since? One system call answers it for all of them. */
#pragma once

#include "macros.h"

typedef struct FolderWatch {
        int notify_fd, mounts_fd;
        unsigned turn;
        uint64_t began_usec; /* the turn, monotonic */
} FolderWatch;

#define FOLDER_WATCH_NULL ((FolderWatch){ .notify_fd = -EBADF, .mounts_fd = -EBADF })

/* Opened when it is used first. */
void folder_watch_done(FolderWatch *watch);

/* A number that is another one as soon as something may have changed in a folder of folder_watch_add(), or about it; 0
 * if that cannot be said. */
unsigned folder_watch_turn(FolderWatch *watch);

/* To be called before the folder, which need not be there, is looked at; its path has three parts at the least. Returns
 * false if not all that changes would be noticed: then it is to be looked at each time. */
bool folder_watch_add(FolderWatch *watch, const char *path);

/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing the small files under /run/network-broker. */
#pragma once

#include <dirent.h>
#include <sys/types.h>

#include "macros.h"

DEFINE_TRIVIAL_CLEANUP_FUNC(DIR *, closedir);

/* A stream of what is in dir_fd, from its start; closes nothing but itself. NULL and errno on failure. */
DIR *directory_list(int dir_fd);

/* Writes all size bytes to where fd stands. */
int file_write_all(int fd, const void *data, size_t size);

/* Writes size bytes to dir_fd/name aside and renames the file into place, so a reader sees the old or the new one
 * whole. No fsync: the files live in /run. */
int file_write_atomic(int dir_fd, const char *name, const void *data, size_t size, mode_t mode);

/* Writes size bytes, at most FILE_PAGE_MAX, to dir_fd/name itself, at half the cost of the former. A file that was there
 * must not be larger; with fresh there must be none, else -EEXIST. The kernel does such a write as a whole, so a writer
 * that is killed, or has no room, leaves the file as it was, or a new one empty: what is empty is for the reader to take
 * for nothing. */
#define FILE_PAGE_MAX 4096U
int file_write_page(int dir_fd, const char *name, const void *data, size_t size, bool fresh, mode_t mode);

/* Removes dir_fd/name; one that is not there is as good. */
int file_remove(int dir_fd, const char *name);

/* Reads a whole regular file of at most max bytes that somebody less trusted may have written: no symlink, no
 * FIFO, no device. *ret has a NUL behind the data and is the caller's to free. -EFBIG if it is larger, -ELOOP for a
 * symlink, -ENODATA if it is not a regular file. dir_fd may be AT_FDCWD. */
int file_read_untrusted(int dir_fd, const char *path, size_t max, char **ret, size_t *ret_size);

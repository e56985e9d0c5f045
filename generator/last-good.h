/* SPDX-License-Identifier: Apache-2.0 */
/* The last good configuration: what held when all files could last be used. PID 1 empties the generator folder at
 * each reload, so it is kept in /run, and nb-generator --keep copies it to /var for the next boot. */
#pragma once

#include "config.h"

#define LAST_GOOD_RUN "/run/network-broker/last-good"
#define LAST_GOOD_STATE "/var/lib/network-broker/last-good"

/* Reads it from /run, or from /var where /run has none. -ENOENT if there is none that is whole; -ENOMEM. Keys whose
 * value is not acceptable (any more) are left without one. */
int last_good_load(const char *root, Config *ret);

/* Writes it to /run, making the folders it needs, and a mark beside it for nb-keep.path: PID 1 does not see what changes
 * while it reloads, but does look whether a file exists. A file that would not change is not touched. */
int last_good_save(const char *root, const Config *config);

/* Takes the mark away and copies the configuration from /run to /var. -ENOENT if there is none. */
int last_good_keep(const char *root);

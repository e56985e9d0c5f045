/* SPDX-License-Identifier: Apache-2.0 */
/* Writes what systemd reads: drop-ins with the settings of each unit, and .wants links for links that are named. */
#pragma once

#include "config.h"

/* Bytes of messages that nb-watch is handed, with the NUL. */
#define CONFIG_MESSAGES_MAX (16U * 1024U)

/* Writes all of it below dir_fd, the generator folder, which PID 1 made empty. source: the file to name in
 * SourcePath=, or NULL. Goes on after an error and returns the first. */
int emit_all(int dir_fd, const Config *config, const char *source, const Messages *messages);

/* The drop-in of one unit. */
int emit_drop_in(FILE *f, Consumer consumer, const Config *config, const char *source,
                const Messages *messages);

/* The PathModified= lines of nb-lease@.path: PID 1 knows no globs there, so a glob becomes its folder. */
int emit_lease_paths(FILE *f, const char *lease_files, const char *source);

/* NAME="VALUE" as the value of Environment=, such that PID 1 reads it back as it was. */
void emit_environment(FILE *f, const char *name, const char *value);

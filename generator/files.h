/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration files: where they are, which of them count, and how they are read without ever waiting. */
#pragma once

#include "message.h"

/* A larger one is refused. */
#define CONFIG_FILE_MAX (1024U * 1024U)

typedef struct ConfigFiles {
        char **paths; /* as the administrator knows them, below the root; the main file first, if there is one */
        size_t n;
        bool unlisted; /* a folder of drop-ins could not be listed, a message says which */
} ConfigFiles;

/* Finds the main file and the drop-ins, in the order in which they apply. root is put before each path that is
 * looked at, and is "" on a real system. -ENOMEM; what cannot be listed goes to messages. */
int config_files_find(const char *root, ConfigFiles *ret, Messages *messages);

void config_files_done(ConfigFiles *files);

/* Whether the name says YAML; everything else is TOML. */
bool config_file_is_yaml(const char *path);

/* Reads a file whole; symlinks are followed, nothing but a regular file is read. *ret has a NUL behind the text and
 * is the caller's to free. Else -ENOMEM, or -EIO with *ret_reason saying in words why it cannot be used. */
int config_file_read(const char *path, char **ret, size_t *ret_size, char *ret_reason, size_t reason_size);

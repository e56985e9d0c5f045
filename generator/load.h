/* SPDX-License-Identifier: Apache-2.0 */
/* From files to a configuration. */
#pragma once

#include "config.h"
#include "files.h"

/* Reads one file and applies it. path is what messages call it, root is put before it for reading. -ENOMEM. */
int load_file(const char *root, const char *path, Config *config, Messages *messages);

/* Finds, reads and applies all files, without config_settle(). *ret_files has those that count. -ENOMEM. */
int load_all(const char *root, Config *config, ConfigFiles *ret_files, Messages *messages);

/* Parses a text and applies it; for load_file() and the fuzzer. -ENOMEM. */
int load_text(const char *path, const char *text, size_t size, Config *config, Messages *messages);

/* SPDX-License-Identifier: Apache-2.0 */
/* A file in memory that scripts inherit. */
#pragma once

#include "macros.h"

/* Room for /proc/self/fd/N. */
#define JSON_FILE_PATH_MAX 32U

/* Puts the text into a sealed file in memory and gives its path, valid in every process that inherits the
 * descriptor. The descriptor is not closed at execve(); it is the caller's. */
int json_file_create(const char *text, size_t size, char ret_path[static JSON_FILE_PATH_MAX]);

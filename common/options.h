/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of a program whose options take no values. */
#pragma once

#include "macros.h"

typedef struct Option {
        const char *name; /* without the dashes */
        char letter;      /* 0: there is only the name */
        bool *given;      /* becomes true */
} Option;

/* Each program knows --help, -h and --version beside its own options (a list that ends with a zeroed one). Returns the
 * index of the first argument that is no option, argc if there is none; 0 if help or version were printed, and all is
 * done; -EINVAL for an unknown option, which was said on standard error; another negative errno, logged, if what was to
 * be printed could not be. */
int options_parse(int argc, char *argv[], const char *program, const char *help, const Option *options);

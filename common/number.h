/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers in text, strictly: digits and nothing else. */
#pragma once

#include "macros.h"

/* Reads all of text, which may be NULL, as a number of the base (10 or 16) from 0 to max. -EINVAL if it is none;
 * -ERANGE if it is a larger one. */
int number_parse(const char *text, int base, uint64_t max, uint64_t *ret);

/* The same for an ifindex, which is never 0. */
int ifindex_parse(const char *text, int *ret);

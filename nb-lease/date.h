/* SPDX-License-Identifier: Apache-2.0 */
/* When is that? The dates of a dhclient.leases file. */
#pragma once

#include "macros.h"

#define DATE_NEVER UINT64_MAX

/* Parses "4 2026/11/21 10:00:00" (week day, date and time in UTC), "epoch 1795255200" or "never", given as words.
 * Seconds since 1970, or DATE_NEVER; -EINVAL for anything else. */
int date_parse(const char *const *words, size_t n, uint64_t *ret);

/* A decimal number of at most ten digits; -EINVAL for anything else. */
int seconds_parse(const char *word, uint64_t *ret);

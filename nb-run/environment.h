/* SPDX-License-Identifier: Apache-2.0 */
/* An environment block under construction. */
#pragma once

#include "macros.h"

/* A longer value is left out: the kernel takes 128 KiB a string and a quarter of the stack for all. */
#define ENVIRONMENT_VALUE_MAX (64U * 1024U)

typedef struct Environment {
        char **list; /* NAME=value, ends with NULL once there is one */
        size_t n, allocated;
} Environment;

/* Sets a variable, anew if there is one of that name. Control characters of the value are left out,
 * because values come from the network and land in logs and terminals. -E2BIG: the value is too long, the
 * variable is not set. */
int environment_set(Environment *e, const char *name, const char *value);

/* The same for a number. */
int environment_set_number(Environment *e, const char *name, long long value);

/* Removes a variable, if there is one of that name. The order of the others may change. */
void environment_unset(Environment *e, const char *name);

/* Sets a variable unless there is one of that name. */
int environment_default(Environment *e, const char *name, const char *value);

/* Takes over what a script may inherit of an environment (ends with NULL): PATH and LANG; of one that
 * systemd made for this process everything but what is meant for nb-run alone. */
int environment_inherit(Environment *e, const char *const *from);

/* The value, or NULL. */
const char *environment_get(const Environment *e, const char *name);

void environment_done(Environment *e);
#define _cleanup_environment_ _cleanup_(environment_done)

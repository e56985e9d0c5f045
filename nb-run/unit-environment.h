/* SPDX-License-Identifier: Apache-2.0 */
/* What PID 1 would give to a unit. */
#pragma once

#include "macros.h"

typedef struct UnitEnvironment {
        char **list; /* NAME=value of Environment=, ends with NULL */
        size_t n;
        char *user; /* User=, "" for root */
} UnitEnvironment;

/* Asks PID 1; errors are those of unit_show(). */
int unit_environment_read(const char *unit, UnitEnvironment *ret);

/* Takes the properties apart as "systemctl show" prints them. */
int unit_environment_parse(const char *text, UnitEnvironment *ret);

/* Whether an assignment starts so. */
bool unit_environment_has(const UnitEnvironment *e, const char *prefix);

void unit_environment_done(UnitEnvironment *e);
#define _cleanup_unit_environment_ _cleanup_(unit_environment_done)

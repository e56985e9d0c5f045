/* SPDX-License-Identifier: Apache-2.0 */
/* What did the administrator configure? */
#pragma once

#include "macros.h"

typedef struct Settings {
        uint32_t table_base;
        uint8_t protocol;
} Settings;

/* From the values of NB_ROUTE_TABLE_BASE and NB_RULE_PROTOCOL, NULL where absent. Logs and returns -EINVAL for a base
 * that is none; for the protocol see rule_protocol_from_environment(). */
int settings_parse(const char *table_base, const char *protocol, Settings *ret);

/* Reads them from the environment, and what is absent there, if unit is not NULL, from the environment that PID 1 has
 * for that unit. */
int settings_load(const char *unit, Settings *ret);

/* The value of a variable in what `systemctl show --property=Environment --value` prints; the caller frees. NULL in
 * *ret if it is not there. For the plain values that we give: a word with an escape in it is not taken apart. */
int settings_find_variable(const char *environment, const char *name, char **ret);

/* SPDX-License-Identifier: Apache-2.0 */
/* The protocol that the rules and routes of nb-rules carry: RuleProtocol=. */
#pragma once

#include "macros.h"

#define RULE_PROTOCOL_DEFAULT "201"

/* A number from 1 to 255, or "kernel". -EINVAL or -ERANGE for anything else. */
int rule_protocol_parse(const char *text, uint8_t *ret);

/* What the value of NB_RULE_PROTOCOL= stands for, NULL where it is absent. Of a bad one it says so in the log, and takes
 * the default: nb-watch knows by it which routes nb-rules has made, so both must come to the same. */
uint8_t rule_protocol_from_environment(const char *value);

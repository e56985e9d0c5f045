/* SPDX-License-Identifier: Apache-2.0 */
/* The variables of an event. */
#pragma once

#include "link.h"

/* Adds NAME=value; -E2BIG if it is too large for the environment. */
int variables_add(char ***variables, const char *name, const char *format, ...) _printf_(3, 4);
/* The variables that any event of a link has, as things are now; NULL when out of memory. */
char **variables_of_link(const Link *link, EventType event);

/* SPDX-License-Identifier: Apache-2.0 */
/* A change as the command of ip(8) that makes it. */
#pragma once

#include "plan.h"

/* Room for the longest command. */
#define COMMAND_MAX 4096U

/* The name is the one of the link whose ifindex the hops have. */
void print_change(const Change *change, const char *link, char ret[static COMMAND_MAX]);

/* The destination, as in "10.0.0.0/24" or "default". */
#define DESTINATION_MAX 64U
void print_destination(const Route *route, char ret[static DESTINATION_MAX]);

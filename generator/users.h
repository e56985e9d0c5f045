/* SPDX-License-Identifier: Apache-2.0 */
/* The users that the broker's own programs run as: a script of theirs could speak for it. */
#pragma once

#include "macros.h"

#define USER_IS_OWN "that user is the broker's own: a script could speak for it"

/* The numbers of those users and all other names of these numbers, separated by spaces; the caller frees. Only
 * /etc/passwd below root is read, where systemd-sysusers puts them: nothing may be asked for this early; without it
 * there are none. */
int own_users_read(const char *root, char **ret);

/* Whether the name or number is that of such a user; own_users may be NULL. */
bool user_is_own(const char *own_users, const char *user);

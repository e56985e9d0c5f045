/* SPDX-License-Identifier: Apache-2.0 */
/* Could somebody other than root have changed this file, or put another in its place? */
#pragma once

#include <limits.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "macros.h"

#define TRUST_REASON_MAX (PATH_MAX + 64U)

/* Below which folder, and in whose hands: "/" and root, but in tests. */
typedef struct Trust {
        int root_fd;
        uid_t owner;
} Trust;

/* Opens root as the folder that absolute paths and links start from. */
int trust_open(const char *root, uid_t owner, Trust *ret);
void trust_close(Trust *trust);
#define _cleanup_trust_ _cleanup_(trust_close)

/* Follows an absolute path component by component, symbolic links included, and checks each folder on the
 * way (and the last component, if it is one): its owner, and that group and others cannot write to it.
 * Gives the status of what the path leads to. -EPERM: a folder is not safe, and reason says which and
 * why; -ENOENT, -ELOOP, … as open() has them, without a reason. */
int trust_walk(const Trust *trust, const char *path, struct stat *ret, char reason[static TRUST_REASON_MAX]);

/* What speaks against running a file of this status, as the end of a sentence, or NULL. */
const char *trust_refusal(const Trust *trust, const struct stat *st);

/* SPDX-License-Identifier: Apache-2.0 */
/* Which scripts belong to an event, in which order, and which of them may not run? */
#pragma once

#include "event.h"
#include "trust.h"

typedef enum ScriptVerdict {
        SCRIPT_RUN,
        SCRIPT_MASKED,     /* a link to /dev/null, or an empty file */
        SCRIPT_OVERRIDDEN, /* the same name in an earlier folder */
        SCRIPT_SKIPPED,    /* hidden, or what an editor or a package left behind */
        SCRIPT_REFUSED,    /* not safe or not possible to run: an error */
} ScriptVerdict;

typedef struct Script {
        char *name; /* of a folder that is refused as a whole: the folder's path */
        char *path;
        size_t folder; /* the lower, the stronger */
        ScriptVerdict verdict;
        char *reason; /* of every verdict but SCRIPT_RUN */
} Script;

typedef struct ScriptList {
        Script *items; /* by name, in the order of the C locale */
        size_t n, allocated;
} ScriptList;

/* Hidden files, and the names that editors and package managers give to what they leave behind. */
bool script_name_is_skipped(const char *name);

/* Looks into the event's folders below the root of trust. A folder that is not there has no scripts; one
 * that cannot be listed, or that others than root can write to, is one refused item. */
int scripts_find(const Trust *trust, EventType event, ScriptList *ret);
void scripts_done(ScriptList *list);

/* Looks again at a script that may run, as what ran since may have changed it or a folder on the way to it: the verdict
 * becomes another one if it may not. */
int script_examine_again(const Trust *trust, Script *script);
#define _cleanup_scripts_ _cleanup_(scripts_done)

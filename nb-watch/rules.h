/* SPDX-License-Identifier: Apache-2.0 */
/* When the policy rules of a link are brought up to date. */
#pragma once

#include "work.h"

/* Something changed that the rules of this link follow; does nothing for links without rules. Call it before the
 * event itself is queued. */
void rules_touch(Watch *w, const Link *link);

/* The link does not have this name any more, or the configuration dropped it: its rules go. */
void rules_drop(Watch *w, const Link *link, const char *name);

/* Brings the unit that keeps the rules of the entry's name to where it should be. */
void rules_deliver(Work *work);
void rules_called(Work *work, CallResult result, const char *detail);
/* What a query said about it. */
void rules_found(Work *work, const UnitState *state);

/* Queues a sync of a link that has rules, or marks that the one that waits is due. */
void rules_push(Watch *w, const Link *link);

/* Whether the unit of this name may be active. */
bool rules_are_kept(Watch *w, const char *name);

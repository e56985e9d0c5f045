/* SPDX-License-Identifier: Apache-2.0 */
/* When the policy rules of a link are brought up to date. */
#pragma once

#include "work.h"

/* Something changed that the rules of this link follow; does nothing for links without rules. Call it before the
 * event itself is queued. */
void rules_touch(Watch *w, const Link *link);

/* A script of the link has begun: a sync that waits for it goes first. */
void rules_overtake(Watch *w, const Link *link);

/* The link does not have this name any more, or the configuration dropped it: its rules go. */
void rules_drop(Watch *w, const Link *link, const char *name);

/* Somebody removed a rule of ours: all are put back, outside the lanes. */
void rules_heal(Watch *w);

/* For the end of the process, when no answer comes any more. */
void rules_abandon(Watch *w);

/* Brings the unit that keeps the rules of the entry's name to where it should be. */
void rules_deliver(Work *work);
void rules_called(Work *work, CallResult result, const char *detail);
/* What a query said about it. */
void rules_found(Work *work, const UnitState *state);

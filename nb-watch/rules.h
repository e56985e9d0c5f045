/* SPDX-License-Identifier: Apache-2.0 */
/* When the policy rules of a link are brought up to date. */
#pragma once

#include "watch.h"

/* Something changed that the rules of this link follow; does nothing for links without rules. Call it before the
 * event itself is queued. */
void rules_touch(Watch *w, const Link *link);

/* The link does not have this name any more, or the configuration dropped it: its rules go. */
void rules_drop(Watch *w, const Link *link, const char *name);

/* Somebody removed a rule of ours: all are put back, outside the lanes. */
void rules_heal(Watch *w);

/* For the end of the process, when no answer comes any more. */
void rules_abandon(Watch *w);

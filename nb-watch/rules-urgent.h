/* SPDX-License-Identifier: Apache-2.0 */
/* Policy rules that are brought up to date outside the lanes: packets do not wait for scripts. */
#pragma once

#include "watch.h"

/* A script of the link has begun, or its rules are to change while one runs: a sync that waits for it goes first. */
void rules_overtake(Watch *w, const Link *link);

/* Somebody removed a rule of ours: all are put back. */
void rules_heal(Watch *w);

/* Whether that is under way for the unit. */
bool rules_are_urgent(const Watch *w, const char *unit);

/* For the end of the process, when no answer comes any more. */
void rules_abandon(Watch *w);

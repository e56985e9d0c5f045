/* SPDX-License-Identifier: Apache-2.0 */
/* What networkd knows of the link of an entry: asked for when its turn comes, waited for as little as can be. */
#pragma once

#include "work.h"

/* Asks networkd; at once if something is to be stopped first, else when the unit was asked for. */
void answer_ask(Work *work);
/* Whether the unit cannot be started before networkd has answered. */
bool answer_is_awaited(const Work *work);
/* Adds the answer to the variables, or that it follows. */
void answer_add(Work *work);
/* The event's file in state/, with the answer if it came late. */
int answer_write_mark(Work *work);
/* The answer, NULL if there will be none. Returns whether the unit is to be started now. */
bool answer_came(Work *work, const char *networkd);
void answer_end(Work *work);

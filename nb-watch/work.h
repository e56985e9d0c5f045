/* SPDX-License-Identifier: Apache-2.0 */
/* One entry on its way: what is stopped for it, what is started, what became of it. */
#pragma once

#include "watch.h"

typedef enum WorkPhase {
        WORK_STOP,     /* units that are in the way, one after the other */
        WORK_DESCRIBE, /* networkd's answer is waited for */
        WORK_START,    /* the unit runs */
        WORK_END,      /* the unit of an edge is stopped again */
        WORK_RULES,    /* the policy rules follow */
} WorkPhase;

typedef struct Work {
        Watch *watch;
        Entry *entry;
        WorkPhase phase;
        Verb verb;                       /* of the call under way */
        char unit[UNIT_NAME_LENGTH_MAX]; /* … and its unit */
        EventType stopping;
        uint32_t stops;     /* events whose units are still to be stopped */
        bool needed;        /* there is something to run */
        bool described;     /* networkd was asked for what it knows of the link */
        bool ask_late;      /* … or will be, when the unit was asked for */
        uint64_t late_usec; /* when networkd's answer, which the unit waits for, was found missing; else 0 */
        char *late;         /* … and that answer when it came */
        UnitQuery *query;
        Retry retry;
} Work;

/* Asks for the verb on a unit of the entry's name; the result comes as work_called(). */
void work_call(Work *work, Verb verb, UnitKind kind, EventType event);

/* --- settle.c: what became of a call whose answer was lost? Then work_called(), or the call once more. */
void work_settle(Work *work);

/* Another job has taken the place of the one that was to start the unit, such as somebody's stop: work_called() comes
 * when that is over too, as scripts run until then. */
void work_outlast(Work *work);

/* --- deliver.c */
void work_called(Work *work, CallResult result, const char *detail);
/* Ends without having delivered anything. */
void work_finish(Work *work);

/* --- answer.c: what networkd knows of the link */
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

/* --- marks.c: nobody may start a unit from now on whose state the link has left. Returns the events whose units are to
 * be stopped then; failed ones are among them, which stay failed: nb-start removes their variables. */
uint32_t marks_leave(Watch *w, Name *name, uint32_t events);

/* --- record.c */
/* Before the unit is asked for: what it is about to deliver, in case this nb-watch does not see the result. */
void record_prepare(Work *work);
/* The entry was delivered; started: by a unit. */
void record_delivered(Work *work, bool started);

/* The units under the link's old name are stopped. */
void record_left(Work *work);

/* --- rules.c: brings the unit that keeps the rules of the entry's name to where it should be. */
void work_rules(Work *work);
void work_rules_called(Work *work, CallResult result, const char *detail);
/* What a query said about it. */
void work_rules_state(Work *work, const UnitState *state);

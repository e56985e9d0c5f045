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

/* The entry's turn has come; it may be over at once. */
void work_begin(Watch *w, Entry *entry);

/* What Describe() said of the link, NULL if nothing, for the work that waits for it. */
void work_described(Work *work, const char *networkd);

/* Frees it, for the end of the process: its unit goes on. */
void work_abandon(Work *work);

/* Asks for the verb on a unit of the entry's name; the result comes as work_called(). */
void work_call(Work *work, Verb verb, UnitKind kind, EventType event);

/* What became of the call. */
void work_called(Work *work, CallResult result, const char *detail);
/* Ends without having delivered anything. */
void work_finish(Work *work);

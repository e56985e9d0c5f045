/* SPDX-License-Identifier: Apache-2.0 */
/* PID 1 is asked what became of one unit, now or as soon as no job of it is left. */
#pragma once

#include <systemd/sd-bus.h>

#include "bus-owner.h"
#include "unit-name.h"

typedef struct UnitQueries UnitQueries;
typedef struct UnitQuery UnitQuery;

typedef struct UnitState {
        UnitName unit;
        bool active; /* active, activating, deactivating, reloading */
        bool failed;
        bool job; /* a job of it waits or runs */
        /* CLOCK_MONOTONIC, when it last began to run, and was last stopped; 0 if never, or not asked for. */
        uint64_t left_inactive_usec, entered_inactive_usec;
} UnitState;

/* Sets active and failed from an ActiveState. */
void unit_state_set(UnitState *state, const char *active_state);

/* For a connection, which it keeps; systemd says who PID 1 is there. */
int unit_queries_new(sd_bus *bus, BusOwner *systemd, UnitQueries **ret);
/* Signals may have been missed: those that wait ask once more. */
void unit_queries_ask_again(UnitQueries *queries);
/* Queries that are still open end with -ENOTCONN. */
void unit_queries_free(UnitQueries *queries);

/* r < 0 if PID 1 could not say; state is not there then. The query is gone when this is called. */
typedef void (*UnitQueryHandler)(int r, const UnitState *state, void *userdata);

/* Asks for one unit. With wait, the answer comes when no job of it is left. */
int unit_query_new(UnitQueries *queries, const char *unit, bool wait, UnitQueryHandler handler,
                void *userdata, UnitQuery **ret);
/* The handler is not called any more. */
void unit_query_free(UnitQuery *q);

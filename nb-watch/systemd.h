/* SPDX-License-Identifier: Apache-2.0 */
/* What PID 1 says: which of our units there are, what became of one, when it reloads. */
#pragma once

#include <systemd/sd-bus.h>

#include "unit-query.h"

typedef struct Systemd Systemd;

typedef struct SystemdHandlers {
        void (*available)(void *userdata);              /* PID 1 is on the bus, for the first time or anew */
        void (*reloading)(bool active, void *userdata); /* true before, false after */
} SystemdHandlers;

/* Subscribes on this connection; it lives as long as the connection. */
int systemd_new(sd_bus *bus, const SystemdHandlers *handlers, void *userdata, Systemd **ret);
void systemd_free(Systemd *s);
DEFINE_TRIVIAL_CLEANUP_FUNC(Systemd *, systemd_free);

/* Lists the loaded nb-run@ and nb-rules@ units. r < 0 if PID 1 could not say. */
typedef void (*UnitListHandler)(int r, const UnitState *units, size_t n, void *userdata);
int systemd_list_units(Systemd *s, UnitListHandler handler, void *userdata);

/* As unit_query_new(). */
int systemd_query_unit(Systemd *s, const char *unit, bool wait, UnitQueryHandler handler, void *userdata,
                UnitQuery **ret);

/* The Environment= of a service; NULL on error. */
typedef void (*EnvironmentHandler)(int r, char **values, void *userdata);
int systemd_get_environment(Systemd *s, const char *unit, EnvironmentHandler handler, void *userdata);

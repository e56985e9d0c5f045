/* SPDX-License-Identifier: Apache-2.0 */
/* The codec between (event, link) and unit names such as nb-run@routable:eth0.service.
 *
 * A link name holds no ':', '/' or white space (the kernel's dev_valid_name()), so the form is unambiguous. Bytes
 * other than A-Z a-z 0-9 : _ . @ - become \xNN. A '-' stays, unlike with systemd-escape(1), so that the name of
 * br-lan reads as it should; therefore units use %i, never %I (which turns '-' into '/'). */
#pragma once

#include <net/if.h>
#include <stdint.h>

#include "event.h"

/* "degraded-carrier" + ":" + 15 bytes of four + NUL, rounded up. */
#define INSTANCE_MAX 96
#define UNIT_NAME_LENGTH_MAX 128

typedef enum UnitKind {
        UNIT_RUN,           /* nb-run@EVENT:LINK.service, nb-run@manager.service */
        UNIT_RULES,         /* nb-rules@LINK.service */
        UNIT_LEASE_PATH,    /* nb-lease@LINK.path */
        UNIT_LEASE_SERVICE, /* nb-lease@LINK.service */
        _UNIT_KIND_MAX,
} UnitKind;

typedef struct UnitName {
        UnitKind kind;
        EventType event;             /* of UNIT_RUN only */
        char link[IF_NAMESIZE];      /* as the kernel has it; empty for the manager event */
        char instance[INSTANCE_MAX]; /* what stands between '@' and the suffix */
} UnitName;

/* 1 to 15 bytes, not "." or "..", without '/', ':' and white space. */
bool link_name_is_valid(const char *name);

/* Escapes a valid link name; -EINVAL if it is not one. */
int link_name_escape(const char *name, char ret[static INSTANCE_MAX]);

/* The instance of an event: "routable:eth0", or "manager" (link is ignored then). -EINVAL for a bad link. */
int instance_format(EventType event, const char *link, char ret[static INSTANCE_MAX]);

/* The reverse. Accepts exactly what instance_format() makes, so one link has one unit; else -EINVAL. */
int instance_parse(const char *instance, EventType *ret_event, char ret_link[static IF_NAMESIZE]);

/* The name of a unit; event is used for UNIT_RUN only. */
int unit_name_format(
                UnitKind kind, EventType event, const char *link, char ret[static UNIT_NAME_LENGTH_MAX]);

/* Takes a unit name apart; -EINVAL for every name that unit_name_format() would not make. */
int unit_name_parse(const char *unit, UnitName *ret);

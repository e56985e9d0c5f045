/* SPDX-License-Identifier: Apache-2.0 */
/* The one list of events: names, kinds, and where their scripts are. */
#pragma once

#include "macros.h"

typedef enum EventKind {
        EVENT_OPERATIONAL, /* a level: networkd's operational states */
        EVENT_SETUP,       /* a level: networkd's administrative ("setup") states */
        EVENT_EDGE,        /* something that happened */
        EVENT_MANAGER,     /* an edge of no link: networkd's overall state */
} EventKind;

/* X(symbol, name, kind, directories...), a later directory overridden by an earlier one. */
#define EVENT_LIST(X)                                                                                       \
        X(MISSING, "missing", OPERATIONAL, "missing.d")                                                     \
        X(OFF, "off", OPERATIONAL, "off.d")                                                                 \
        X(NO_CARRIER, "no-carrier", OPERATIONAL, "no-carrier.d")                                            \
        X(DORMANT, "dormant", OPERATIONAL, "dormant.d")                                                     \
        X(DEGRADED_CARRIER, "degraded-carrier", OPERATIONAL, "degraded-carrier.d")                          \
        X(CARRIER, "carrier", OPERATIONAL, "carrier.d")                                                     \
        X(DEGRADED, "degraded", OPERATIONAL, "degraded.d")                                                  \
        X(ENSLAVED, "enslaved", OPERATIONAL, "enslaved.d")                                                  \
        X(ROUTABLE, "routable", OPERATIONAL, "routable.d")                                                  \
        X(PENDING, "pending", SETUP, "pending.d")                                                           \
        X(INITIALIZED, "initialized", SETUP, "initialized.d")                                               \
        X(CONFIGURING, "configuring", SETUP, "configuring.d")                                               \
        X(CONFIGURED, "configured", SETUP, "configured.d")                                                  \
        X(UNMANAGED, "unmanaged", SETUP, "unmanaged.d")                                                     \
        X(FAILED, "failed", SETUP, "failed.d")                                                              \
        X(LINGER, "linger", SETUP, "linger.d")                                                              \
        X(ADDRESSES, "addresses", EDGE, "addresses.d")                                                      \
        X(ROUTES, "routes", EDGE, "routes.d", "routes-modified.d")                                          \
        X(LINK_ADDED, "link-added", EDGE, "link-added.d")                                                   \
        X(LINK_REMOVED, "link-removed", EDGE, "link-removed.d")                                             \
        X(LINK_RENAMED, "link-renamed", EDGE, "link-renamed.d")                                             \
        X(LEASE, "lease", EDGE, "lease.d")                                                                  \
        X(MANAGER, "manager", MANAGER, "manager.d")

typedef enum EventType {
#define X(symbol, ...) EVENT_TYPE_##symbol,
        EVENT_LIST(X)
#undef X
                        _EVENT_TYPE_MAX,
} EventType;

#define EVENT_DIRECTORIES_MAX 2
#define EVENT_SCRIPT_ROOTS 4

typedef struct EventInfo {
        const char *name;
        EventKind kind;
        const char *directories[EVENT_DIRECTORIES_MAX + 1]; /* below each script root, ends with NULL */
} EventInfo;

/* The folders whose directories hold scripts, the strongest first. */
extern const char *const event_script_roots[EVENT_SCRIPT_ROOTS];

/* The row of an event; type must be one of the list. */
const EventInfo *event_info(EventType type);

/* Looks a name up; -EINVAL if there is no such event. */
int event_from_name(const char *name, EventType *ret);

static inline const char *event_name(EventType type) {
        return event_info(type)->name;
}

/* For sets of events. */
static inline uint32_t event_bit(EventType type) {
        return UINT32_C(1) << type;
}

/* A state that a link is in, whose unit stays active meanwhile; the others are edges. */
static inline bool event_is_level(EventType type) {
        EventKind kind = event_info(type)->kind;

        return kind == EVENT_OPERATIONAL || kind == EVENT_SETUP;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The whole: owns the event loop, the sources, the links and the lanes. */
#pragma once

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "config.h"
#include "lane.h"
#include "link.h"
#include "needed.h"
#include "netlink.h"
#include "retry.h"
#include "starter.h"
#include "systemd.h"
#include "time-util.h"

typedef struct Networkd Networkd;
typedef struct Rtnl Rtnl;
typedef struct UrgentSync UrgentSync;
typedef struct Leases Leases;
typedef struct RouteKeeper RouteKeeper;
typedef struct Monitor Monitor;
typedef struct Restore Restore;

/* See losses.h. */
typedef struct Losses {
        bool suspected;
        bool looking;           /* a look is under way */
        bool wanted;            /* … and it is about some link */
        sd_event_source *timer; /* while a look waits for its turn */
        uint64_t next_usec;     /* no turn before, monotonic */
        uint64_t spent_usec;    /* by the look under way */
} Losses;

struct Watch {
        sd_event *event;
        sd_bus *bus;
        sd_bus_slot *disconnected;
        Retry reconnect;

        Config config;
        Links links;
        Lanes lanes;
        Needed *needed;
        Starter *starter;
        Systemd *systemd;
        Networkd *networkd;
        Rtnl *rtnl;
        Leases *leases;
        RouteKeeper *keeper; /* NULL with --monitor */
        Losses losses;
        Monitor *monitor;      /* with --monitor: events are printed, nothing is started or written */
        int state_fd, lock_fd; /* of the state directory; -EBADF with --monitor */

        bool restored;    /* what an earlier nb-watch delivered is known */
        bool began;       /* the links were read for the first time */
        Restore *restore; /* while that is being found out */
        bool first;       /* there was no earlier nb-watch since the boot, or the target was stopped */
        bool ready;       /* READY=1 was sent */
        sd_event_source *status;
        uint64_t n_delivered, n_failed;
        size_t n_gone;            /* links that wait for linger */
        size_t n_waited;          /* the most entries at once since the heap was trimmed */
        size_t n_late;            /* units that wait for networkd's answer */
        UrgentSync *urgent_syncs; /* see rules-urgent.h */
        bool heal_again, heal_failed;
        const char *problem; /* shown in STATUS= */
};

/* -EALREADY if another one holds the state directory, which only a monitor does without. */
int watch_new(Monitor *monitor, Watch **ret);
void watch_free(Watch *w);
DEFINE_TRIVIAL_CLEANUP_FUNC(Watch *, watch_free);
int watch_run(Watch *w);

/* What an earlier nb-watch delivered is known: events may be. */
void watch_restored(Watch *w);

/* Queues an event of a link under its present name; takes over variables. Returns the entry, or NULL. */
Entry *watch_push(
                Watch *w, int ifindex, const char *name, EntryKind kind, EventType event, char **variables);

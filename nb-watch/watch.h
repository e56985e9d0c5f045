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
typedef struct Healing Healing;
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
        Starter *starter;
        Systemd *systemd;
        Networkd *networkd;
        Rtnl *rtnl;
        Leases *leases;
        RouteKeeper *keeper; /* NULL with --monitor */
        Losses losses;
        Monitor *monitor; /* with --monitor: events are printed, nothing is started or written */
        int state_fd;

        bool restored;    /* what an earlier nb-watch delivered is known */
        bool began;       /* the links were read for the first time */
        Restore *restore; /* while that is being found out */
        bool first;       /* there was no earlier nb-watch since the boot, or the target was stopped */
        bool ready;       /* READY=1 was sent */
        sd_event_source *status;
        uint64_t n_delivered, n_failed;
        size_t n_gone;     /* links that wait for linger */
        size_t n_waited;   /* the most entries at once since the heap was trimmed */
        size_t n_late;     /* units that wait for networkd's answer */
        Healing *healings; /* under way because a rule of ours was removed */
        bool heal_again, heal_failed;
        const char *problem; /* shown in STATUS= */
};

int watch_new(Monitor *monitor, Watch **ret);
void watch_free(Watch *w);
DEFINE_TRIVIAL_CLEANUP_FUNC(Watch *, watch_free);
int watch_run(Watch *w);

/* Queues an event of a link under its present name; takes over variables. Returns the entry, or NULL. */
Entry *watch_push(
                Watch *w, int ifindex, const char *name, EntryKind kind, EventType event, char **variables);

/* --- status.c: STATUS= soon, not at once: many changes make one message. */
void watch_status_changed(Watch *w);

/* --- deliver.c: runs the entries whose turn it is. */
void deliver_ready(Watch *w);

/* Frees what belongs to the entries under way, for the end of the process: their units go on. */
void deliver_abandon(Watch *w);

/* What Describe() said of this link, which may be gone, for the entry that waits for it; NULL if it says nothing. */
void deliver_described(Watch *w, int ifindex, const char *networkd);

/* --- restore.c: takes over from an earlier nb-watch; then calls watch_restored(). */
int restore_begin(Watch *w);
void restore_free(Restore *restore);
void watch_restored(Watch *w);

/* --- variables.c */
int variables_add(char ***variables, const char *name, const char *format, ...) _printf_(3, 4);
/* The variables that any event of a link has, as things are now; NULL when out of memory. */
char **variables_of_link(const Link *link, EventType event);

/* --- rtnl.c */
/* Reading routes again and again takes at most this part of a CPU's time. */
#define DUMP_SHARE 20U
#define LINK_LOOPBACK 1
int rtnl_new(Watch *w, int fd, Rtnl **ret);
void rtnl_free(Rtnl *rtnl);
/* Reads everything the kernel has, compares and delivers: for the start and after a gap. Tried again until it succeeds. */
int rtnl_sync(Rtnl *rtnl);
/* Whether it has succeeded: else what is known of links is half of it, of which nothing may be told. */
bool rtnl_is_current(const Rtnl *rtnl);
/* Takes all messages that wait, unless a reading has yet to succeed. What became ready to be delivered is left to
 * deliver_ready(); only where messages were lost it is delivered at once, by rtnl_sync(). */
void rtnl_catch_up(Rtnl *rtnl);
/* The socket for dumps and requests; not while one is under way. */
Netlink *rtnl_requests(Rtnl *rtnl);
/* Waits until the kernel has done what it announced: some messages come before it. */
int rtnl_wait(Rtnl *rtnl);
/* A digest of the link's unicast routes; -ENODEV if it is gone. */
int rtnl_digest_routes(Rtnl *rtnl, int ifindex, uint64_t *ret);

/* SPDX-License-Identifier: Apache-2.0 */
/* One link: what is, and what of it has been told. */
#pragma once

#include "address.h"
#include "event.h"
#include "lease-file.h"
#include "operstate.h"
#include "retry.h"
#include "route-set.h"
#include "state-directory.h"

#include <systemd/sd-event.h>

#define LINKS_BUCKETS 512U

typedef struct Watch Watch;

typedef struct Link {
        /* What is read of links that are only passed by lies side by side. */
        struct Link *next;
        int ifindex;
        char name[IF_NAMESIZE];
        bool seen; /* by the dump under way */
        bool gone; /* removed; kept until networkd has said linger */
        sd_event_source *gone_timer;

        /* What is. States are EventType, or -1 while they are not known. */
        int operational, setup;
        int held_setup; /* a passing setup state that was found by reading, until a signal settles it */
        AddressSet addresses;
        LinkFacts facts;       /* for Generator=kernel */
        AddressSet not_usable; /* tentative addresses and such whose test for doubles failed */
        char *networkd;        /* what Describe() said, for the JSON */
        RouteSet *routes;      /* NULL unless somebody asked, see route-keeper.h */
        uint64_t routes_due;   /* when they are to be read, monotonic; 0 if they are not */
        bool routes_suspected; /* the look under way has yet to come to it */
        uint64_t routes_seen; /* their digest at the last look, see losses.h; 0 if a change was announced since */
        Watch *watch;         /* for the next one */
        Retry rules_retry; /* of a sync of its rules that failed, see rules.c */

        /* What was queued for delivery, the newest. */
        bool told; /* it is watched: Links= has its name */
        char told_name[IF_NAMESIZE];
        bool told_left; /* its units under that name are stopped already, or will be */
        int told_operational, told_setup;
        AddressSet told_addresses;
        Lease *lease; /* NULL without one */
        bool lease_refreshed;
        uint64_t lease_usec; /* when an event was made of it, monotonic */
        sd_event_source *lease_timer, *refresh_timer;

        Record delivered;
} Link;

/* The table of links, by ifindex. */
typedef struct Links {
        Link **buckets;
        size_t n;
} Links;

int links_init(Links *links);
void links_done(Links *links);
Link *links_find(const Links *links, int ifindex);
/* The first link that has the name, NULL if there is none. */
Link *links_find_name(const Links *links, const char *name);
int links_add(Links *links, int ifindex, const char *name, Link **ret);
void links_remove(Links *links, Link *link);
void links_foreach(const Links *links, void (*function)(Link *link, void *userdata), void *userdata);

/* Queues what differs between what is and what was told, in the order: name, addresses, setup state, operational
 * state. Does nothing for links that Links= does not name. */
void link_tell(Watch *w, Link *link);

/* Queues a routes event; merged with one that waits. */
void link_tell_routes(Watch *w, Link *link);

/* Takes a new link, or one whose name entered Links=, up: first is for those that were there when nb-watch began,
 * which were not added. */
void link_enter(Watch *w, Link *link, bool first);

/* Queues link-removed and the end of its units; for a link that is gone or whose name left Links=. */
void link_leave(Watch *w, Link *link);

/* After a gap, before any link is told: frees the name under which the link was told, which another may have now. */
void link_make_way(Watch *w, Link *link);

/* After the name or Links= changed: enters, leaves, or tells the rename. */
void link_review(Watch *w, Link *link);

/* The kernel has removed the link. networkd says linger only afterwards: if somebody wants to hear of it, the link is
 * kept a moment, then link_forget() follows. */
void link_remove(Watch *w, Link *link);
/* Tells that it is removed, and frees it. */
void link_forget(Watch *w, Link *link);

/* With Generator=kernel, derives the operational state; then tells. */
void link_update(Watch *w, Link *link);

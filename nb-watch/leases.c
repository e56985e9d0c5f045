/* SPDX-License-Identifier: Apache-2.0 */
/* Was a lease bound, renewed, changed or lost?
 *
 * Both sources leave files: networkd in /run/systemd/netif/leases (a file a link, renamed into place at each renewal,
 * but at other times too), nb-lease in /run/network-broker/lease. A renewal that changes nothing shows in networkd's
 * file not at all; the kernel tells it, because the address's lifetime begins anew. */
#include "leases.h"

#include <arpa/inet.h>
#include <sys/inotify.h>
#include <time.h>

#include "deliver.h"
#include "lease-files.h"
#include "lease-networkd.h"
#include "lease-variables.h"
#include "log.h"
#include "number.h"
#include "variables.h"

/* The address is set anew before networkd has written its file: a changed lease should be one event. */
#define REFRESH_USEC (300U * 1000U)

/* dhclient sets the address anew from a script, before or after nb-lease has read what it wrote, if it wrote at all:
 * it does not for a renewal within 15 seconds of the last one written. */
#define REFRESH_DHCLIENT_USEC (3U * 1000U * 1000U)

/* Behind the second in which a lease ends. */
#define EXPIRY_SLACK 1U

#define FOLDER_EVENTS (IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE | IN_ONLYDIR)

struct Leases {
        Watch *watch;
        sd_event_source *networkd, *dhclient;
};

typedef struct Timer {
        Leases *leases;
        int ifindex;
} Timer;

static Lease *read_lease(Leases *l, const Link *link) {
        Lease *lease = NULL;
        int r = -ENOENT;

        if (l->watch->config.dhclient)
                r = lease_read(LEASE_FOLDER, link->name, &lease);
        if (r < 0 && l->watch->config.networkd)
                r = lease_read_networkd(LEASE_NETWORKD_FOLDER, link->ifindex, &lease);
        if (r < 0 && r != -ENOENT && r != -ENODATA)
                log_warning_errno(r, "%s: failed to read the lease: %m", link->name);
        return r < 0 ? NULL : lease;
}

static int on_expiry(_unused_ sd_event_source *source, _unused_ uint64_t usec, void *userdata) {
        Timer *timer = userdata;
        Link *link = links_find(&timer->leases->watch->links, timer->ifindex);

        if (link) {
                link->lease_timer = sd_event_source_disable_unref(link->lease_timer);
                leases_enter(timer->leases, link);
        }
        return 0;
}

static int on_refreshed(_unused_ sd_event_source *source, _unused_ uint64_t usec, void *userdata) {
        Timer *timer = userdata;
        Leases *l = timer->leases;
        Link *link = links_find(&l->watch->links, timer->ifindex);

        if (link) {
                link->refresh_timer = sd_event_source_disable_unref(link->refresh_timer);
                link->lease_refreshed = true;
                leases_check(l, link);
                link->lease_refreshed = false;
                deliver_ready(l->watch);
        }
        return 0;
}

static int arm_timer(Leases *l, const Link *link, sd_event_source **source, clockid_t clock, uint64_t usec,
                sd_event_time_handler_t handler) {
        Timer *timer;
        int r;

        *source = sd_event_source_disable_unref(*source);
        timer = calloc(1, sizeof(*timer));
        if (!timer)
                return -ENOMEM;
        *timer = (Timer){ .leases = l, .ifindex = link->ifindex };
        r = sd_event_add_time(l->watch->event, source, clock, usec, 0, handler, timer);
        if (r >= 0)
                r = sd_event_source_set_destroy_callback(*source, free);
        else
                free(timer);
        return r;
}

/* A lease that nobody renews ends without any change of dhclient's files. */
static void watch_expiry(Leases *l, Link *link) {
        uint64_t expiry;
        int r;

        link->lease_timer = sd_event_source_disable_unref(link->lease_timer);
        if (!link->lease || !l->watch->config.dhclient)
                return;
        expiry = lease_next_expiry(link->lease);
        if (expiry > UINT32_MAX)
                return;
        r = arm_timer(l, link, &link->lease_timer, CLOCK_REALTIME, (expiry + EXPIRY_SLACK) * 1000000U,
                        on_expiry);
        if (r < 0)
                log_error_errno(r, "Failed to arm a timer: %m");
}

static int set_variables(Entry *entry, const Link *link, const LeaseVariables *variables) {
        int r;

        strv_free(entry->variables);
        entry->variables = variables_of_link(link, EVENT_TYPE_LEASE);
        if (!entry->variables)
                return -ENOMEM;
        for (size_t i = 0; i < variables->n; i++) {
                const char *equal = strchr(variables->list[i], '=');
                char name[64];

                snprintf(name, sizeof(name), "%.*s", (int) (equal - variables->list[i]), variables->list[i]);
                r = variables_add(&entry->variables, name, "%s", equal + 1);
                if (r < 0)
                        log_warning_errno(r, "%s: leaving out %s: %m", link->name, name);
        }
        return 0;
}

static int push_lease(Leases *l, Link *link, const Lease *lease, LeaseChange change) {
        Watch *w = l->watch;
        LeaseVariables variables = {};
        Entry *entry;
        int r;

        entry = w->monitor ? NULL
                           : lanes_find_mergeable(&w->lanes, link->ifindex, link->told_name, ENTRY_EVENT,
                                             EVENT_TYPE_LEASE);
        /* What was bound and then renewed before anybody heard of it was bound. */
        if (entry && entry->lease_change == LEASE_CHANGE_BOUND && change != LEASE_CHANGE_LOST)
                change = LEASE_CHANGE_BOUND;
        if (!entry)
                entry = watch_push(w, link->ifindex, link->told_name, ENTRY_EVENT, EVENT_TYPE_LEASE, NULL);
        if (!entry)
                return -ENOMEM;
        entry->lease_change = (int) change;

        r = lease_variables(lease, link->lease, change, &variables);
        if (r < 0)
                return r;
        r = set_variables(entry, link, &variables);
        lease_variables_done(&variables);
        if (r < 0)
                return r;

        free(entry->lease);
        entry->lease = NULL;
        return lease ? lease_format(lease, &entry->lease) : 0;
}

void leases_check(Leases *l, Link *link) {
        _cleanup_(lease_freep) Lease *lease = NULL;
        LeaseChange change;
        int r;

        if (!link->told)
                return;

        lease = read_lease(l, link);
        change = lease_compare(link->lease, lease);
        if (change == LEASE_CHANGE_NONE && lease && link->lease_refreshed)
                change = LEASE_CHANGE_RENEWED;
        if (change == LEASE_CHANGE_NONE)
                return;

        link->refresh_timer = sd_event_source_disable_unref(link->refresh_timer);
        link->lease_usec = now_usec();
        r = push_lease(l, link, lease, change);
        if (r < 0)
                log_error_errno(r, "%s: failed to queue a lease event: %m", link->name);
        lease_free(link->lease);
        link->lease = TAKE_PTR(lease);
        watch_expiry(l, link);
}

void leases_refreshed(Leases *l, Link *link, const Address *address, uint32_t valid_seconds) {
        const char *leased = link->lease ? lease_get(link->lease, LEASE_ADDRESS) : NULL;
        char text[INET6_ADDRSTRLEN];
        uint64_t lifetime, delay;
        int r;

        if (!leased || address->family != AF_INET || !lease_get(link->lease, LEASE_LIFETIME))
                return;
        if (!inet_ntop(AF_INET, &address->address, text, sizeof(text)) || !streq(text, leased))
                return;
        /* The kernel counts down; only a fresh lifetime is whole. */
        lifetime = lease_get_number(link->lease, LEASE_LIFETIME, 0);
        if ((uint64_t) valid_seconds + 1 < lifetime)
                return;

        delay = streq(strempty(lease_get(link->lease, LEASE_SOURCE)), "dhclient") ? REFRESH_DHCLIENT_USEC
                                                                                  : REFRESH_USEC;
        /* Told from the file already. */
        if (delay == REFRESH_DHCLIENT_USEC && now_usec() < link->lease_usec + delay)
                return;

        r = arm_timer(l, link, &link->refresh_timer, CLOCK_MONOTONIC, now_usec() + delay, on_refreshed);
        if (r < 0)
                log_error_errno(r, "Failed to arm a timer: %m");
}

static void check_link(Link *link, void *userdata) {
        leases_check(userdata, link);
}

/* More happened than the kernel keeps: every file may have changed. */
static int check_all(Leases *l) {
        links_foreach(&l->watch->links, check_link, l);
        deliver_ready(l->watch);
        return 0;
}

static int on_networkd_file(
                _unused_ sd_event_source *source, const struct inotify_event *event, void *userdata) {
        Leases *l = userdata;
        Link *link;
        int ifindex;

        if (event->mask & IN_IGNORED) {
                l->networkd = sd_event_source_disable_unref(l->networkd);
                return 0;
        }
        if (event->mask & IN_Q_OVERFLOW)
                return check_all(l);
        if (event->len == 0 || ifindex_parse(event->name, &ifindex) < 0)
                return 0;
        link = links_find(&l->watch->links, ifindex);
        if (link) {
                leases_check(l, link);
                deliver_ready(l->watch);
        }
        return 0;
}

/* The fingerprint is what nb-lease writes last, and all that it writes if it looked for the lease of a name that never
 * had one. */
static bool is_file_of(const char *file, const char *link) {
        char escaped[INSTANCE_MAX];
        const char *rest;

        if (link_name_escape(link, escaped) < 0)
                return false;
        rest = startswith(file, escaped);
        return rest && (*rest == '\0' || streq(rest, LEASE_FINGERPRINT_SUFFIX));
}

static int on_dhclient_file(
                _unused_ sd_event_source *source, const struct inotify_event *event, void *userdata) {
        Leases *l = userdata;
        Links *links = &l->watch->links;

        if (event->mask & IN_Q_OVERFLOW)
                return check_all(l);
        if (event->len == 0)
                return 0;
        for (size_t i = 0; i < LINKS_BUCKETS; i++)
                for (Link *link = links->buckets[i]; link; link = link->next)
                        if (is_file_of(event->name, link->name))
                                leases_check(l, link);
        deliver_ready(l->watch);
        return 0;
}

void leases_look_for_folders(Leases *l) {
        Watch *w = l->watch;
        int r;

        if (!l->networkd && w->config.networkd) {
                r = sd_event_add_inotify(w->event, &l->networkd, LEASE_NETWORKD_FOLDER, FOLDER_EVENTS,
                                on_networkd_file, l);
                if (r < 0 && r != -ENOENT)
                        log_error_errno(r, "Failed to watch %s: %m", LEASE_NETWORKD_FOLDER);
        }
        if (!l->dhclient && w->config.dhclient) {
                r = sd_event_add_inotify(
                                w->event, &l->dhclient, LEASE_FOLDER, FOLDER_EVENTS, on_dhclient_file, l);
                if (r < 0)
                        log_error_errno(r, "Failed to watch %s: %m", LEASE_FOLDER);
        }
}

static void call_lease_unit(Leases *l, Verb verb, UnitKind kind, const char *name) {
        char unit[UNIT_NAME_LENGTH_MAX];
        int r;

        if (l->watch->monitor)
                return;
        r = unit_name_format(kind, EVENT_TYPE_LEASE, name, unit);
        if (r >= 0)
                r = starter_call(l->watch->starter, verb, unit, NULL, false, NULL, NULL);
        if (r < 0)
                log_error_errno(r, "Failed to %s the lease unit of %s: %m", verb_name(verb), name);
}

void leases_enter(Leases *l, const Link *link) {
        if (!link->told || !l->watch->config.dhclient)
                return;
        call_lease_unit(l, VERB_START, UNIT_LEASE_PATH, link->name);
        call_lease_unit(l, VERB_START, UNIT_LEASE_SERVICE, link->name);
}

/* It has a last look, and finds no lease: what nb-resolve has set for the link is taken back. */
static void leave(Leases *l, const char *name) {
        call_lease_unit(l, VERB_STOP, UNIT_LEASE_PATH, name);
        call_lease_unit(l, VERB_START, UNIT_LEASE_SERVICE, name);
}

void leases_leave(Leases *l, const char *name) {
        if (l->watch->config.dhclient)
                leave(l, name);
}

void leases_end(Leases *l, Link *link) {
        int r;

        link->lease_timer = sd_event_source_disable_unref(link->lease_timer);
        link->refresh_timer = sd_event_source_disable_unref(link->refresh_timer);
        r = link->lease ? push_lease(l, link, NULL, LEASE_CHANGE_LOST) : 0;
        if (r < 0)
                log_error_errno(r, "%s: failed to queue a lease event: %m", link->told_name);
        lease_free(link->lease);
        link->lease = NULL;
        leases_leave(l, link->told_name);
}

static void leave_link(Link *link, void *userdata) {
        if (link->told)
                leave(userdata, link->name);
}

void leases_switched_off(Leases *l) {
        links_foreach(&l->watch->links, leave_link, l);
}

void leases_restore(Leases *l, Link *link, const char *text) {
        lease_free(link->lease);
        link->lease = NULL;
        (void) lease_parse(text, &link->lease, NULL);
        /* Nothing else arms its timer as long as its file is the same. */
        watch_expiry(l, link);
}

int leases_new(Watch *w, Leases **ret) {
        Leases *l;

        l = calloc(1, sizeof(*l));
        if (!l)
                return -ENOMEM;
        l->watch = w;
        leases_look_for_folders(l);

        *ret = l;
        return 0;
}

void leases_free(Leases *l) {
        if (!l)
                return;
        sd_event_source_disable_unref(l->networkd);
        sd_event_source_disable_unref(l->dhclient);
        free(l);
}

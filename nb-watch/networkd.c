/* SPDX-License-Identifier: Apache-2.0 */
/* What does systemd-networkd say about links? org.freedesktop.network1(5).
 *
 * A signal carries the new value and is an event. Everything is read when networkd appears on the bus: it does not
 * repeat the operational state after its own restart. It is never started by a call of ours. */
#include "networkd.h"
#include "deliver.h"
#include "describe.h"
#include "leases.h"
#include "log.h"
#include "networkd-files.h"
#include "networkd-questions.h"
#include "number.h"
#include "properties.h"
#include "status.h"
#include "variables.h"

/* A setup state in passing that was found by reading: how long to wait for a signal that settles it. */
#define SETTLE_USEC (5U * 1000U * 1000U)

struct Networkd {
        Watch *watch;
        BusOwner *owner;
        sd_bus_slot *match;
        Questions *questions;
        NetworkdFiles *files; /* while it is not on the bus */
        sd_event_source *settle;
        char *manager_states[6];
};

static const char *const manager_properties[] = {
        "OperationalState",
        "CarrierState",
        "AddressState",
        "IPv4AddressState",
        "IPv6AddressState",
        "OnlineState",
};

static bool setup_is_passing(int state) {
        return state == EVENT_TYPE_PENDING || state == EVENT_TYPE_INITIALIZED ||
                        state == EVENT_TYPE_CONFIGURING;
}

static int read_manager_property(sd_bus_message *m, void *userdata) {
        Networkd *n = userdata;
        const char *name, *value;
        int r;

        r = sd_bus_message_read(m, "s", &name);
        if (r < 0)
                return r;
        for (size_t i = 0; i < ELEMENTSOF(manager_properties); i++) {
                if (!streq(name, manager_properties[i]))
                        continue;
                r = sd_bus_message_read(m, "v", "s", &value);
                if (r < 0)
                        return r;
                free(n->manager_states[i]);
                n->manager_states[i] = strdup(value);
                return 0;
        }
        return sd_bus_message_skip(m, "v");
}

static void push_manager_event(Networkd *n) {
        char **variables = NULL;

        for (size_t i = 0; i < ELEMENTSOF(manager_properties); i++)
                if (n->manager_states[i])
                        (void) variables_add(&variables, manager_properties[i], "%s", n->manager_states[i]);
        (void) watch_push(n->watch, 0, "", ENTRY_EVENT, EVENT_TYPE_MANAGER, variables);
}

static void apply_states(Networkd *n, int ifindex, const LinkStates *states, bool read) {
        Link *link = links_find(&n->watch->links, ifindex);

        /* Before the links are read for the first time, what an earlier nb-watch told is not all known. */
        if (!link || !n->watch->began)
                return;
        /* One event at a time: a message with both says the setup state first, as networkd-dispatcher does. */
        if (states->setup >= 0 &&
                        !(read && setup_is_passing(states->setup) && states->setup != link->told_setup)) {
                link->setup = states->setup;
                link->held_setup = -1;
        } else if (states->setup >= 0)
                link->held_setup = states->setup;
        if (states->operational >= 0 && n->watch->config.networkd)
                link->operational = states->operational;
        link_tell(n->watch, link);
        if (link->gone && states->setup == EVENT_TYPE_LINGER)
                link_forget(n->watch, link);
}

static int on_properties(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        _cleanup_free_ char *number = NULL;
        LinkStates states = { -1, -1 };
        const char *interface;
        Networkd *n = userdata;
        int ifindex, r;

        if (!bus_owner_sent(n->owner, m))
                return 0;
        r = sd_bus_message_read(m, "s", &interface);
        if (r >= 0 && streq(interface, NETWORKD_MANAGER)) {
                r = read_properties(m, read_manager_property, n);
                if (r >= 0)
                        push_manager_event(n);
        } else if (r >= 0 && streq(interface, NETWORKD_LINK)) {
                r = sd_bus_path_decode(sd_bus_message_get_path(m), NETWORKD_PATH "/link", &number);
                if (r > 0)
                        r = read_link_states(m, &states);
                if (r >= 0 && number && ifindex_parse(number, &ifindex) >= 0)
                        apply_states(n, ifindex, &states, false);
        }
        if (r < 0)
                log_warning_errno(r, "Ignoring a signal of systemd-networkd that cannot be read: %m");
        deliver_ready(n->watch);
        return 0;
}

static void settle_link(Link *link, void *userdata) {
        if (link->held_setup < 0)
                return;
        link->setup = link->held_setup;
        link->held_setup = -1;
        link_tell(userdata, link);
}

static int on_settle(_unused_ sd_event_source *source, _unused_ uint64_t usec, void *userdata) {
        Networkd *n = userdata;

        n->settle = sd_event_source_disable_unref(n->settle);
        links_foreach(&n->watch->links, settle_link, n->watch);
        deliver_ready(n->watch);
        return 0;
}

static void on_states(int ifindex, const LinkStates *states, void *userdata) {
        Networkd *n = userdata;

        apply_states(n, ifindex, states, true);
        deliver_ready(n->watch);
}

/* All states stay as they are when networkd is away: that says nothing about the network. */
static int read_files(Networkd *n) {
        static const char following[] = "systemd-networkd is not on the bus, following its files",
                          missing[] = "systemd-networkd is not running";
        const char *problem = missing;
        Watch *w = n->watch;
        int r;

        networkd_files_free(n->files);
        n->files = NULL;
        r = networkd_files_new(w->event, on_states, n, &n->files);
        if (r >= 0 && networkd_files_found(n->files) > 0)
                problem = following;

        if (w->problem != problem && problem == following)
                log_warning("%s; restart it to have all events.", following);
        else if (w->problem != problem)
                log_error("%s: operational and setup states do not follow.", missing);
        w->problem = problem;
        status_changed(w);
        return r;
}

int networkd_read(Networkd *n) {
        int r;

        if (!n->watch->began || !bus_owner_is_known(n->owner))
                return 0;
        r = bus_owner_get(n->owner) ? questions_read_links(n->questions, &n->watch->links) : read_files(n);
        if (r >= 0 && !n->settle)
                r = sd_event_add_time_relative(
                                n->watch->event, &n->settle, CLOCK_MONOTONIC, SETTLE_USEC, 0, on_settle, n);
        if (r < 0)
                log_error_errno(r, "Failed to read the states of links from systemd-networkd: %m");
        return r;
}

static void check_lease(Link *link, void *userdata) {
        leases_check(userdata, link);
}

static void on_owner(_unused_ BusOwner *o, const char *owner, void *userdata) {
        Networkd *n = userdata;
        Watch *w = n->watch;

        networkd_files_free(n->files);
        n->files = NULL;
        if (!owner) {
                (void) networkd_read(n);
                return;
        }
        if (w->problem)
                log_info("systemd-networkd is running.");
        w->problem = NULL;
        status_changed(w);
        leases_look_for_folders(w->leases);
        if (w->began) {
                links_foreach(&w->links, check_lease, w->leases);
                (void) networkd_read(n);
        }
}

static void on_described(int ifindex, const char *json, void *userdata) {
        Networkd *n = userdata;
        Link *link = links_find(&n->watch->links, ifindex);
        char *converted = NULL;
        int r;

        if (json && link) {
                r = describe_convert(json, &converted);
                if (r < 0)
                        log_warning_errno(r, "%s: failed to read its description by systemd-networkd: %m",
                                        link->name);
        }
        if (link) {
                /* Without an answer what it said before does not hold either. */
                free(link->networkd);
                link->networkd = converted;
        }
        /* Also for a link that went meanwhile: its events still run. */
        deliver_described(n->watch, ifindex, converted);
        deliver_ready(n->watch);
}

bool networkd_is_describing(const Networkd *n, int ifindex) {
        return questions_is_describing(n->questions, ifindex);
}

bool networkd_is_there(const Networkd *n) {
        return bus_owner_get(n->owner);
}

int networkd_describe(Networkd *n, int ifindex) {
        return networkd_is_there(n) ? questions_describe(n->questions, ifindex) : -ENOTCONN;
}

int networkd_new(Watch *w, Networkd **ret) {
        static const QuestionHandlers handlers = { on_states, on_described };
        Networkd *n;
        int r;

        n = calloc(1, sizeof(*n));
        if (!n)
                return -ENOMEM;
        n->watch = w;
        r = sd_bus_add_match_async(w->bus, &n->match,
                        "type='signal',sender='" NETWORKD_NAME "',interface='" DBUS_PROPERTIES
                        "',member='PropertiesChanged',path_namespace='" NETWORKD_PATH "'",
                        on_properties, NULL, n);
        if (r >= 0)
                r = questions_new(w->bus, &handlers, n, &n->questions);
        if (r >= 0)
                r = bus_owner_new(w->bus, NETWORKD_NAME, on_owner, n, &n->owner);
        if (r < 0) {
                networkd_free(n);
                return r;
        }

        *ret = n;
        return 0;
}

void networkd_free(Networkd *n) {
        if (!n)
                return;
        questions_free(n->questions);
        networkd_files_free(n->files);
        sd_bus_slot_unref(n->match);
        sd_event_source_disable_unref(n->settle);
        bus_owner_free(n->owner);
        for (size_t i = 0; i < ELEMENTSOF(n->manager_states); i++)
                free(n->manager_states[i]);
        free(n);
}

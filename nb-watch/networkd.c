/* SPDX-License-Identifier: Apache-2.0 */
/* What does systemd-networkd say about links? org.freedesktop.network1(5).
 *
 * A signal carries the new value and is an event. Everything is read when networkd appears on the bus: it does not
 * repeat the operational state after its own restart. It is never started by a call of ours. */
#include "networkd.h"
#include "describe.h"
#include "leases.h"
#include "log.h"

#define NETWORKD_NAME "org.freedesktop.network1"
#define NETWORKD_PATH "/org/freedesktop/network1"
#define NETWORKD_MANAGER NETWORKD_NAME ".Manager"
#define NETWORKD_LINK NETWORKD_NAME ".Link"
#define PROPERTIES "org.freedesktop.DBus.Properties"

/* dbus-daemon takes 128 unanswered calls a connection. */
#define READS_MAX 48U

/* A setup state in passing that was found by reading: how long to wait for a signal that settles it. */
#define SETTLE_USEC (5U * 1000U * 1000U)

/* How long a script may wait for the JSON's part of networkd. */
#define DESCRIBE_USEC (1U * 1000U * 1000U)

typedef struct Question Question;

struct Question {
        Networkd *networkd;
        int ifindex;
        sd_bus_slot *slot;
        Question *next;
};

struct Networkd {
        Watch *watch;
        BusOwner *owner;
        sd_bus_slot *match, *list;
        int *to_read; /* ifindexes */
        size_t n_to_read, next_read;
        Question *reads, *descriptions;
        size_t n_reads;
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

typedef struct LinkStates {
        int operational, setup;
} LinkStates;

static bool setup_is_passing(int state) {
        return state == EVENT_TYPE_PENDING || state == EVENT_TYPE_INITIALIZED ||
                        state == EVENT_TYPE_CONFIGURING;
}

/* A state that this version does not know is left out, and said. */
static void state_from_name(const char *name, EventKind kind, int *ret) {
        EventType event;

        if (event_from_name(name, &event) >= 0 && event_info(event)->kind == kind)
                *ret = (int) event;
        else
                log_warning("Ignoring the unknown state '%s' of systemd-networkd.", name);
}

static int read_link_property(sd_bus_message *m, void *userdata) {
        LinkStates *states = userdata;
        const char *name, *value;
        int r;

        r = sd_bus_message_read(m, "s", &name);
        if (r < 0)
                return r;
        if (!streq(name, "OperationalState") && !streq(name, "AdministrativeState"))
                return sd_bus_message_skip(m, "v");

        r = sd_bus_message_read(m, "v", "s", &value);
        if (r < 0)
                return r;
        if (name[0] == 'O')
                state_from_name(value, EVENT_OPERATIONAL, &states->operational);
        else
                state_from_name(value, EVENT_SETUP, &states->setup);
        return 0;
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

static int read_properties(
                sd_bus_message *m, int (*read_property)(sd_bus_message *m, void *userdata), void *userdata) {
        int r;

        r = sd_bus_message_enter_container(m, 'a', "{sv}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                r = read_property(m, userdata);
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        return r;
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

        if (!link)
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
        int r;

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
                        r = read_properties(m, read_link_property, &states);
                if (r >= 0 && number)
                        apply_states(n, atoi(number), &states, false);
        }
        if (r < 0)
                log_warning_errno(r, "Ignoring a signal of systemd-networkd that cannot be read: %m");
        deliver_ready(n->watch);
        return 0;
}

static void question_free(Question *q) {
        sd_bus_slot_unref(q->slot);
        free(q);
}

static void question_done(Question **list, Question *q) {
        for (Question **p = list; *p; p = &(*p)->next)
                if (*p == q) {
                        *p = q->next;
                        question_free(q);
                        return;
                }
}

static int question_ask(Networkd *n, Question **list, int ifindex, sd_bus_message *call, uint64_t usec,
                sd_bus_message_handler_t callback) {
        Question *q;
        int r;

        q = calloc(1, sizeof(*q));
        if (!q)
                return -ENOMEM;
        q->networkd = n;
        q->ifindex = ifindex;
        r = sd_bus_message_set_auto_start(call, false);
        if (r >= 0)
                r = sd_bus_call_async(n->watch->bus, &q->slot, call, callback, q, usec);
        if (r < 0) {
                free(q);
                return r;
        }
        q->next = *list;
        *list = q;
        return 0;
}

static void read_more(Networkd *n);

static int on_read(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        Question *q = userdata;
        Networkd *n = q->networkd;
        LinkStates states = { -1, -1 };
        int ifindex = q->ifindex, r;

        question_done(&n->reads, q);
        n->n_reads--;
        /* A link that went meanwhile is unknown there. */
        if (!sd_bus_message_is_method_error(m, NULL)) {
                r = read_properties(m, read_link_property, &states);
                if (r < 0)
                        log_warning_errno(r, "Failed to read the state of link %i from systemd-networkd: %m",
                                        ifindex);
                else
                        apply_states(n, ifindex, &states, true);
        }
        read_more(n);
        deliver_ready(n->watch);
        return 0;
}

static int read_link(Networkd *n, int ifindex) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_free_ char *path = NULL;
        char number[16];
        int r;

        snprintf(number, sizeof(number), "%i", ifindex);
        r = sd_bus_path_encode(NETWORKD_PATH "/link", number, &path);
        if (r >= 0)
                r = sd_bus_message_new_method_call(
                                n->watch->bus, &m, NETWORKD_NAME, path, PROPERTIES, "GetAll");
        if (r >= 0)
                r = sd_bus_message_append(m, "s", NETWORKD_LINK);
        if (r >= 0)
                r = question_ask(n, &n->reads, ifindex, m, 0, on_read);
        if (r >= 0)
                n->n_reads++;
        return r;
}

static void read_more(Networkd *n) {
        int r;

        while (n->n_reads < READS_MAX && n->next_read < n->n_to_read) {
                r = read_link(n, n->to_read[n->next_read++]);
                if (r < 0)
                        log_warning_errno(r, "Failed to ask systemd-networkd for a link: %m");
        }
}

static int on_list(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        Networkd *n = userdata;
        size_t allocated = 0;
        int ifindex, r;

        n->list = sd_bus_slot_unref(n->list);
        n->n_to_read = n->next_read = 0;
        r = -sd_bus_message_get_errno(m);
        if (r == 0)
                r = sd_bus_message_enter_container(m, 'a', "(iso)");
        while (r >= 0 && (r = sd_bus_message_read(m, "(iso)", &ifindex, NULL, NULL)) > 0) {
                if (n->n_to_read == allocated) {
                        int *more;

                        allocated = allocated > 0 ? 2 * allocated : 64;
                        more = reallocarray(n->to_read, allocated, sizeof(int));
                        if (!more) {
                                r = -ENOMEM;
                                break;
                        }
                        n->to_read = more;
                }
                n->to_read[n->n_to_read++] = ifindex;
        }
        if (r < 0)
                log_error_errno(r, "Failed to read the links from systemd-networkd: %m");
        read_more(n);
        return 0;
}

static int list_links(Networkd *n) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        n->list = sd_bus_slot_unref(n->list);
        r = sd_bus_message_new_method_call(
                        n->watch->bus, &m, NETWORKD_NAME, NETWORKD_PATH, NETWORKD_MANAGER, "ListLinks");
        if (r >= 0)
                r = sd_bus_message_set_auto_start(m, false);
        if (r >= 0)
                r = sd_bus_call_async(n->watch->bus, &n->list, m, on_list, n, 0);
        return r;
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

int networkd_read(Networkd *n) {
        int r;

        if (!bus_owner_get(n->owner))
                return 0;
        r = list_links(n);
        if (r >= 0 && !n->settle)
                r = sd_event_add_time_relative(
                                n->watch->event, &n->settle, CLOCK_MONOTONIC, SETTLE_USEC, 0, on_settle, n);
        if (r < 0)
                log_error_errno(r, "Failed to ask systemd-networkd for its links: %m");
        return r;
}

static void check_lease(Link *link, void *userdata) {
        leases_check(userdata, link);
}

static void on_owner(_unused_ BusOwner *o, const char *owner, void *userdata) {
        Networkd *n = userdata;
        Watch *w = n->watch;

        if (!owner) {
                /* All states stay as they are: networkd being away says nothing about the network. */
                if (!w->problem)
                        log_error("systemd-networkd is not running: operational and setup states do not follow.");
                w->problem = "systemd-networkd is not running";
                watch_status_changed(w);
                return;
        }
        if (w->problem)
                log_info("systemd-networkd is running.");
        w->problem = NULL;
        watch_status_changed(w);
        leases_look_for_folders(w->leases);
        if (w->began) {
                links_foreach(&w->links, check_lease, w->leases);
                (void) networkd_read(n);
        }
}

static int on_described(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        Question *q = userdata;
        Networkd *n = q->networkd;
        Link *link = links_find(&n->watch->links, q->ifindex);
        char *converted = NULL;
        int ifindex = q->ifindex, r;
        const char *json;

        question_done(&n->descriptions, q);

        r = -sd_bus_message_get_errno(m);
        if (r == 0)
                r = sd_bus_message_read(m, "s", &json);
        if (r >= 0)
                r = describe_convert(json, &converted);
        if (r < 0)
                log_debug_errno(r, "systemd-networkd did not describe link %i: %m", ifindex);
        else if (link) {
                free(link->networkd);
                link->networkd = TAKE_PTR(converted);
        }
        free(converted);
        /* Also for a link that went meanwhile: its events still run. */
        deliver_described(n->watch, ifindex);
        deliver_ready(n->watch);
        return 0;
}

bool networkd_is_describing(const Networkd *n, const Link *link) {
        for (const Question *q = n->descriptions; q; q = q->next)
                if (q->ifindex == link->ifindex)
                        return true;
        return false;
}

int networkd_describe(Networkd *n, Link *link) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        if (!bus_owner_get(n->owner))
                return -ENOTCONN;
        if (networkd_is_describing(n, link))
                return 0;

        r = sd_bus_message_new_method_call(
                        n->watch->bus, &m, NETWORKD_NAME, NETWORKD_PATH, NETWORKD_MANAGER, "DescribeLink");
        if (r >= 0)
                r = sd_bus_message_append(m, "i", link->ifindex);
        if (r >= 0)
                r = question_ask(n, &n->descriptions, link->ifindex, m, DESCRIBE_USEC, on_described);
        return r;
}

int networkd_new(Watch *w, Networkd **ret) {
        Networkd *n;
        int r;

        n = calloc(1, sizeof(*n));
        if (!n)
                return -ENOMEM;
        n->watch = w;
        r = sd_bus_add_match_async(w->bus, &n->match,
                        "type='signal',sender='" NETWORKD_NAME "',interface='" PROPERTIES
                        "',member='PropertiesChanged',path_namespace='" NETWORKD_PATH "'",
                        on_properties, NULL, n);
        if (r >= 0)
                r = bus_owner_new(w->bus, NETWORKD_NAME, on_owner, n, &n->owner);
        if (r < 0) {
                networkd_free(n);
                return r;
        }

        *ret = n;
        return 0;
}

static void questions_free(Question *list) {
        while (list) {
                Question *next = list->next;

                question_free(list);
                list = next;
        }
}

void networkd_free(Networkd *n) {
        if (!n)
                return;
        questions_free(n->reads);
        questions_free(n->descriptions);
        sd_bus_slot_unref(n->list);
        sd_bus_slot_unref(n->match);
        sd_event_source_disable_unref(n->settle);
        bus_owner_free(n->owner);
        for (size_t i = 0; i < ELEMENTSOF(n->manager_states); i++)
                free(n->manager_states[i]);
        free(n->to_read);
        free(n);
}

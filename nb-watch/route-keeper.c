/* SPDX-License-Identifier: Apache-2.0 */
/* Which routes does a link have, when somebody asks? See common/route-question.h.
 *
 * Only where reading them is dear, which is measured: once, and again after many changes. The routes of a link are kept
 * from the first question about it. They are read while nothing is to be delivered, and follow the kernel's messages
 * from then on; what a message leaves in doubt makes them unknown, and they are read anew some time later. An answer is
 * given after all messages that wait have been read, so it is as good as a dump at that moment. */
#include "route-keeper.h"

#include <linux/if.h>
#include <time.h>

#include "deliver.h"
#include "log.h"
#include "route-listener.h"
#include "rtnl.h"

/* A dump that takes more CPU time than this is dear: an answer costs a tenth of a millisecond. */
#define DEAR_USEC 500U
/* So many changes make another look worth while, but not more often than this. */
#define MANY_CHANGES 2048U
#define LOOK_USEC (60U * 1000U * 1000U)
#define FIRST_LOOK_USEC (1000U * 1000U)
/* Changes come in groups. */
#define SETTLE_USEC (200U * 1000U)
/* A link whose routes could not be kept is looked at again after a change, at most so often. */
#define HOPELESS_USEC (10U * 1000U * 1000U)
/* So often everything waits for deliveries to end; a script may run for long. */
#define POSTPONED_MAX 10U
#define CARRIER (IFF_UP | IFF_RUNNING | IFF_LOWER_UP)

struct RouteKeeper {
        Watch *watch;
        RouteListener *listener; /* NULL while a dump is cheap */
        sd_event_source *look, *read;
        unsigned n_postponed;
        size_t n_changes;                /* since the last look */
        uint64_t look_usec;              /* when that was */
        uint64_t read_usec, budget_usec; /* the end of the last reading, and how long none may follow */
};

static uint64_t cpu_usec(void) {
        struct timespec ts;

        (void) clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
        return (uint64_t) ts.tv_sec * UINT64_C(1000000) + (uint64_t) ts.tv_nsec / 1000U;
}

static void arm(RouteKeeper *k, sd_event_source **source, uint64_t usec, sd_event_time_handler_t handler) {
        int r;

        if (!*source)
                r = sd_event_add_time_relative(
                                k->watch->event, source, CLOCK_MONOTONIC, usec, 0, handler, k);
        else {
                r = sd_event_source_set_time_relative(*source, usec);
                if (r >= 0)
                        r = sd_event_source_set_enabled(*source, SD_EVENT_ONESHOT);
        }
        if (r < 0)
                log_error_errno(r, "Failed to arm a timer for reading routes: %m");
}

/* Whether a timer fires by then. */
static bool is_armed(sd_event_source *source, uint64_t usec) {
        int enabled = SD_EVENT_OFF;
        uint64_t at;

        return source && sd_event_source_get_enabled(source, &enabled) >= 0 && enabled != SD_EVENT_OFF &&
                        sd_event_source_get_time(source, &at) >= 0 && at <= usec;
}

static bool is_busy(RouteKeeper *k) {
        if (k->watch->lanes.n_entries > 0 && k->n_postponed++ < POSTPONED_MAX)
                return true;
        k->n_postponed = 0;
        return false;
}

static int on_read(sd_event_source *source, uint64_t usec, void *userdata);

static void schedule(RouteKeeper *k, Link *link, uint64_t delay) {
        link->routes_due = now_usec() + delay;
        if (!is_armed(k->read, link->routes_due))
                arm(k, &k->read, delay, on_read);
}

void route_keeper_forget(RouteKeeper *k, Link *link) {
        bool was_known = link->routes && link->routes->known;

        if (!k || !link->routes)
                return;
        route_set_truncate(link->routes, 0);
        link->routes->known = false;
        if (link->routes_due == 0)
                schedule(k, link, was_known ? SETTLE_USEC : HOPELESS_USEC);
}

static void forget_link(Link *link, void *userdata) {
        route_keeper_forget(userdata, link);
}

void route_keeper_forget_all(RouteKeeper *k) {
        if (k && k->listener)
                links_foreach(&k->watch->links, forget_link, k);
}

typedef struct Lost {
        RouteKeeper *keeper;
        const Address *address;
} Lost;

static void forget_source(Link *link, void *userdata) {
        const Lost *lost = userdata;

        if (link->routes &&
                        route_set_has_source(link->routes, lost->address->family, &lost->address->address))
                route_keeper_forget(lost->keeper, link);
}

void route_keeper_lost_address(RouteKeeper *k, const Address *address) {
        if (k && k->listener)
                links_foreach(&k->watch->links, forget_source, &(Lost){ .keeper = k, .address = address });
}

typedef struct Change {
        RouteKeeper *keeper;
        const struct nlmsghdr *message;
} Change;

/* A route that takes another's place may be of another link, or of none, and is not said which one it replaced. */
static void forget_place(Link *link, void *userdata) {
        const Change *change = userdata;

        if (link->routes && link->routes->known && route_set_has_place(link->routes, change->message))
                route_keeper_forget(change->keeper, link);
}

static void change_link(int ifindex, void *userdata) {
        const Change *change = userdata;
        Link *link = links_find(&change->keeper->watch->links, ifindex);

        if (link && link->routes &&
                        (!link->routes->known || !route_set_change(link->routes, change->message)))
                route_keeper_forget(change->keeper, link);
}

static int on_look(sd_event_source *source, uint64_t usec, void *userdata);

void route_keeper_route(RouteKeeper *k, const struct nlmsghdr *message) {
        Change change = { .keeper = k, .message = message };

        if (!k)
                return;
        if (++k->n_changes == MANY_CHANGES && k->look_usec > 0) {
                uint64_t next = k->look_usec + LOOK_USEC, now = now_usec();

                arm(k, &k->look, next > now + FIRST_LOOK_USEC ? next - now : FIRST_LOOK_USEC, on_look);
        }
        if (!k->listener || !route_counts(message))
                return;
        if (message->nlmsg_type == RTM_NEWROUTE && (message->nlmsg_flags & NLM_F_REPLACE))
                links_foreach(&k->watch->links, forget_place, &change);
        route_foreach_output(message, change_link, &change);
}

typedef struct Reading {
        RouteSet *set; /* NULL: nobody wants to know, only what it costs */
        size_t mark;   /* where this dump began */
        bool too_much;
} Reading;

static int on_route(const struct nlmsghdr *message, void *userdata) {
        Reading *reading = userdata;

        if (reading->set && message->nlmsg_type == RTM_NEWROUTE && route_counts(message) &&
                        !route_set_add(reading->set, message))
                reading->too_much = true;
        return 0;
}

static void restart(void *userdata) {
        Reading *reading = userdata;

        if (reading->set)
                route_set_truncate(reading->set, reading->mark);
}

static int read_routes(RouteKeeper *k, int ifindex, uint8_t family, Reading *reading) {
        RouteRequest request = route_request(family, ifindex, 0);

        reading->mark = reading->set ? reading->set->n : 0;
        return netlink_dump(rtnl_requests(k->watch->rtnl), &request.header, restart, on_route, reading);
}

static int read_both(RouteKeeper *k, int ifindex, Reading *reading) {
        int r;

        r = read_routes(k, ifindex, AF_INET, reading);
        if (r < 0)
                return r;
        return read_routes(k, ifindex, AF_INET6, reading);
}

/* What is told of changes between the dump and now waits still, and is applied to what the dump brought. */
static void read_link(RouteKeeper *k, Link *link) {
        Reading reading = { .set = link->routes };
        uint64_t began = cpu_usec();
        int r;

        route_set_truncate(link->routes, 0);
        link->routes_due = 0;
        r = rtnl_wait(k->watch->rtnl);
        if (r >= 0)
                r = read_both(k, link->ifindex, &reading);
        link->routes->known = r >= 0 && !reading.too_much;
        if (!link->routes->known)
                route_set_truncate(link->routes, 0);
        if (r == -EINTR)
                link->routes_due = now_usec() + SETTLE_USEC;
        k->read_usec = now_usec();
        k->budget_usec = DUMP_SHARE * (cpu_usec() - began);
}

typedef struct Due {
        Link *link;
        uint64_t usec;
} Due;

static void find_due(Link *link, void *userdata) {
        Due *due = userdata;

        if (link->routes && link->routes_due > 0 && (!due->link || link->routes_due < due->usec))
                *due = (Due){ .link = link, .usec = link->routes_due };
}

static int on_read(_unused_ sd_event_source *source, _unused_ uint64_t usec, void *userdata) {
        RouteKeeper *k = userdata;
        Due due = {};
        uint64_t now = now_usec(), next;

        links_foreach(&k->watch->links, find_due, &due);
        if (!due.link)
                return 0;
        next = k->read_usec + k->budget_usec;
        if (due.usec > next)
                next = due.usec;
        if (next <= now && (!rtnl_is_current(k->watch->rtnl) || is_busy(k)))
                next = now + SETTLE_USEC;
        if (next <= now) {
                read_link(k, due.link);
                next = now_usec() + k->budget_usec;
        }
        /* For the next one; without any it is the last time. */
        arm(k, &k->read, next - now, on_read);
        return 0;
}

static void on_question(int ifindex, void *userdata) {
        char buffer[ROUTE_SET_ANSWER_MAX];
        RouteKeeper *k = userdata;
        const RouteSet *set;
        bool has_carrier;
        Link *link;
        size_t n;

        rtnl_catch_up(k->watch->rtnl);
        link = links_find(&k->watch->links, ifindex);
        if (link && !link->routes) {
                link->routes = calloc(1, sizeof(*link->routes));
                if (link->routes)
                        schedule(k, link, SETTLE_USEC);
        }
        has_carrier = link && (link->facts.flags & CARRIER) == CARRIER;
        set = link && rtnl_is_current(k->watch->rtnl) ? link->routes : NULL;
        n = route_set_answer(set, ifindex, has_carrier, buffer);
        route_listener_answer(k->listener, buffer, n);
        deliver_ready(k->watch);
}

static void drop_routes(Link *link, _unused_ void *userdata) {
        link->routes = route_set_free(link->routes);
        link->routes_due = 0;
}

static void stop_listening(RouteKeeper *k) {
        if (!k->listener)
                return;
        k->listener = route_listener_free(k->listener);
        links_foreach(&k->watch->links, drop_routes, NULL);
}

static int on_look(_unused_ sd_event_source *source, _unused_ uint64_t usec, void *userdata) {
        RouteKeeper *k = userdata;
        Reading reading = {};
        uint64_t began;
        bool dear;
        int r;

        if (is_busy(k)) {
                arm(k, &k->look, FIRST_LOOK_USEC, on_look);
                return 0;
        }
        k->n_changes = 0;
        k->look_usec = now_usec();
        began = cpu_usec();
        r = read_both(k, LINK_LOOPBACK, &reading);
        if (r < 0) {
                log_debug_errno(r, "Failed to measure what reading routes costs, trying again: %m");
                arm(k, &k->look, LOOK_USEC, on_look);
                return 0;
        }
        dear = cpu_usec() - began > DEAR_USEC;
        if (dear && !k->listener) {
                r = route_listener_new(k->watch->event, on_question, k, &k->listener);
                if (r < 0)
                        log_warning_errno(r,
                                        "Failed to listen at %s, others will read routes themselves: %m",
                                        ROUTE_QUESTION_SOCKET);
        } else if (!dear)
                stop_listening(k);
        return 0;
}

void route_keeper_begin(RouteKeeper *k) {
        if (k && k->look_usec == 0 && !k->look)
                arm(k, &k->look, FIRST_LOOK_USEC, on_look);
}

int route_keeper_new(Watch *w, RouteKeeper **ret) {
        RouteKeeper *k;

        k = calloc(1, sizeof(*k));
        if (!k)
                return -ENOMEM;
        k->watch = w;
        *ret = k;
        return 0;
}

void route_keeper_free(RouteKeeper *k) {
        if (!k)
                return;
        stop_listening(k);
        sd_event_source_disable_unref(k->look);
        sd_event_source_disable_unref(k->read);
        free(k);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Did a link lose routes without a word? See losses.h. */
#include "losses.h"

#include <sys/socket.h>

#include "deliver.h"
#include "log.h"
#include "needed.h"
#include "route-set.h"
#include "routes.h"
#include "rtnl.h"
#include "rules.h"

/* So long routes are read before something else has its turn, at least those of one link. */
#define TURN_USEC 5000U
/* From the end of a look to the next one at the least: containers that come and go give a cause each. */
#define PAUSE_USEC 100000U
/* … if no link's routes were of interest at that one. */
#define PAUSE_UNWANTED_USEC 1000000U

void losses_suspect(Watch *w) {
        w->losses.suspected = !w->monitor;
}

void losses_note(Watch *w, const struct nlmsghdr *message) {
        switch (message->nlmsg_type) {
        case RTM_NEWROUTE:
                if ((message->nlmsg_flags & NLM_F_REPLACE) && !netlink_is_marked(message) &&
                                route_counts(message))
                        losses_suspect(w);
                break;
        case RTM_DELLINK:
        case RTM_DELADDR:
        case RTM_NEWNEXTHOP:
        case RTM_DELNEXTHOP:
                losses_suspect(w);
                break;
        }
}

void losses_forget(Watch *w) {
        w->losses.suspected = w->losses.looking = false;
        w->losses.timer = sd_event_source_disable_unref(w->losses.timer);
}

static void look_at_link(Link *link, void *userdata) {
        Watch *w = userdata;
        bool rules = config_keeps_rules(&w->config, link->name), event = routes_are_needed(w, link);
        uint64_t digest;

        if (link->gone || (!rules && !event))
                return;
        digest = routes_delivered(w, link);
        if (digest == 0)
                return;
        /* If a change was announced since the last look, this may be no more than that; nb-rules sees it in a moment. */
        if (rules && digest != link->routes_seen)
                rules_touch(w, link);
        link->routes_seen = digest;
        if (event)
                routes_compare_digest(w, link, digest);
}

typedef struct Suspicion {
        const Watch *watch;
        bool scripts; /* asked for once, not for each link */
        bool any;
} Suspicion;

/* As look_at_link() decides, from what is known without a question for each link. */
static void suspect_link(Link *link, void *userdata) {
        Suspicion *s = userdata;

        link->routes_suspected = s->scripts || link->delivered.routes != 0 ||
                        config_keeps_rules(&s->watch->config, link->name) ||
                        event_is_wanted(s->watch->needed, EVENT_TYPE_ROUTES, link->name);
        s->any = s->any || link->routes_suspected;
}

static void begin_look(Watch *w) {
        Suspicion suspicion = { .watch = w, .scripts = event_has_scripts(w->needed, EVENT_TYPE_ROUTES) };
        int r;

        w->losses.suspected = false;
        w->losses.looking = true;
        w->losses.spent_usec = 0;
        links_foreach(&w->links, suspect_link, &suspicion);
        w->losses.wanted = suspicion.any;
        r = suspicion.any ? rtnl_wait(w->rtnl) : 0;
        if (r < 0)
                log_debug_errno(r,
                                "Failed to wait for the kernel, looking for lost routes all the same: %m");
}

typedef struct Turn {
        Watch *watch;
        uint64_t began, now;
        bool more;
} Turn;

static void look_in_turn(Link *link, void *userdata) {
        Turn *turn = userdata;

        if (!link->routes_suspected)
                return;
        turn->more = turn->now - turn->began >= TURN_USEC;
        if (turn->more)
                return;
        link->routes_suspected = false;
        look_at_link(link, turn->watch);
        turn->now = now_usec();
}

static int on_time(_unused_ sd_event_source *source, _unused_ uint64_t usec, void *userdata) {
        const uint64_t began = now_usec();
        Watch *w = userdata;
        Losses *losses = &w->losses;
        Turn turn = { .watch = w };
        uint64_t now;

        losses->timer = sd_event_source_disable_unref(losses->timer);
        /* When all has been read, all is compared. */
        if (!rtnl_is_current(w->rtnl))
                return 0;
        if (!losses->looking)
                begin_look(w);
        turn.began = turn.now = now_usec();
        links_foreach(&w->links, look_in_turn, &turn);
        losses->looking = turn.more;

        now = now_usec();
        losses->spent_usec += now - began;
        losses->next_usec = now;
        if (!turn.more)
                losses->next_usec += (losses->wanted ? PAUSE_USEC : PAUSE_UNWANTED_USEC) +
                                DUMP_SHARE * losses->spent_usec;
        losses_look(w);
        deliver_ready(w);
        return 0;
}

void losses_look(Watch *w) {
        Losses *losses = &w->losses;
        int r;

        if (losses->timer || (!losses->suspected && !losses->looking))
                return;
        r = sd_event_add_time(w->event, &losses->timer, CLOCK_MONOTONIC, losses->next_usec, 1, on_time, w);
        if (r < 0)
                log_warning_errno(r,
                                "Failed to arm a timer for finding lost routes, trying again after the next message: %m");
}

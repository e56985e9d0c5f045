/* SPDX-License-Identifier: Apache-2.0 */
/* Did a link lose routes without a word? See losses.h. */
#include "losses.h"

#include <sys/socket.h>

#include "log.h"
#include "route-set.h"
#include "routes.h"
#include "rules.h"

/* Looking takes at most this part of a CPU's time: many changes make few looks where one is dear. */
#define SHARE 20U
#define LINK_LOOPBACK 1

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
        w->losses.suspected = false;
        w->losses.timer = sd_event_source_disable_unref(w->losses.timer);
}

/* Some messages come before what they tell of is done. The kernel answers when it has finished what it is doing under the
 * lock of all links and addresses. */
static void wait_for_kernel(Watch *w) {
        struct {
                struct nlmsghdr header;
                struct ifinfomsg info;
        } request = {
                .header = { .nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETLINK },
                .info = { .ifi_index = LINK_LOOPBACK },
        };
        int r;

        r = netlink_request(rtnl_requests(w->rtnl), &request.header, NULL, NULL);
        if (r < 0)
                log_debug_errno(r, "Failed to wait for the kernel, going on: %m");
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

static int on_time(_unused_ sd_event_source *source, _unused_ uint64_t usec, void *userdata) {
        Watch *w = userdata;

        w->losses.timer = sd_event_source_disable_unref(w->losses.timer);
        losses_look(w);
        deliver_ready(w);
        return 0;
}

void losses_look(Watch *w) {
        Losses *losses = &w->losses;
        uint64_t began = now_usec(), end;
        int r;

        if (!losses->suspected || losses->timer)
                return;
        if (began < losses->next_usec) {
                r = sd_event_add_time(
                                w->event, &losses->timer, CLOCK_MONOTONIC, losses->next_usec, 1, on_time, w);
                if (r >= 0)
                        return;
                log_warning_errno(r, "Failed to arm a timer, looking at once: %m");
        }

        losses->suspected = false;
        wait_for_kernel(w);
        links_foreach(&w->links, look_at_link, w);
        end = now_usec();
        losses->next_usec = end + SHARE * (end - began);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What changed about a link, and what is to be told of it? See link.h. */
#include "link.h"

#include <linux/rtnetlink.h>

#include "deliver.h"
#include "leases.h"
#include "log.h"
#include "rtnl.h"
#include "rules.h"
#include "variables.h"
#include "watch.h"

/* How long networkd may take to notice that a link is gone. */
#define LINGER_USEC (1000U * 1000U)

int links_init(Links *links) {
        links->n = 0;
        links->buckets = calloc(LINKS_BUCKETS, sizeof(Link *));
        return links->buckets ? 0 : -ENOMEM;
}

static void link_free(Link *link) {
        address_set_clear(&link->addresses);
        address_set_clear(&link->not_usable);
        address_set_clear(&link->told_addresses);
        address_set_clear(&link->delivered.addresses);
        address_set_clear(&link->delivered.addresses_next);
        lease_free(link->lease);
        sd_event_source_disable_unref(link->lease_timer);
        sd_event_source_disable_unref(link->refresh_timer);
        sd_event_source_disable_unref(link->gone_timer);
        retry_reset(&link->rules_retry);
        free(link->networkd);
        route_set_free(link->routes);
        free(link);
}

void links_done(Links *links) {
        for (size_t i = 0; links->buckets && i < LINKS_BUCKETS; i++)
                while (links->buckets[i]) {
                        Link *link = links->buckets[i];

                        links->buckets[i] = link->next;
                        link_free(link);
                }
        free(links->buckets);
        *links = (Links){};
}

Link *links_find(const Links *links, int ifindex) {
        for (Link *link = links->buckets[(unsigned) ifindex % LINKS_BUCKETS]; link; link = link->next)
                if (link->ifindex == ifindex)
                        return link;
        return NULL;
}

Link *links_find_name(const Links *links, const char *name) {
        for (size_t i = 0; i < LINKS_BUCKETS; i++)
                for (Link *link = links->buckets[i]; link; link = link->next)
                        if (streq(link->name, name))
                                return link;
        return NULL;
}

int links_add(Links *links, int ifindex, const char *name, Link **ret) {
        Link **bucket = &links->buckets[(unsigned) ifindex % LINKS_BUCKETS], *link;

        link = calloc(1, sizeof(*link));
        if (!link)
                return -ENOMEM;
        link->ifindex = ifindex;
        link->operational = link->setup = link->held_setup = link->told_operational = link->told_setup = -1;
        link->delivered = (Record){ .ifindex = ifindex, .operational = -1, .setup = -1 };
        snprintf(link->name, sizeof(link->name), "%s", name);
        snprintf(link->delivered.name, sizeof(link->delivered.name), "%s", name);
        link->next = *bucket;
        *bucket = link;
        links->n++;

        *ret = link;
        return 0;
}

void links_remove(Links *links, Link *link) {
        for (Link **p = &links->buckets[(unsigned) link->ifindex % LINKS_BUCKETS]; *p; p = &(*p)->next)
                if (*p == link) {
                        *p = link->next;
                        links->n--;
                        link_free(link);
                        return;
                }
}

void links_foreach(const Links *links, void (*function)(Link *link, void *userdata), void *userdata) {
        for (size_t i = 0; i < LINKS_BUCKETS; i++)
                for (Link *link = links->buckets[i], *next; link; link = next) {
                        next = link->next;
                        function(link, userdata);
                }
}

static void tell_leave(Watch *w, Link *link) {
        (void) watch_push(w, link->ifindex, link->told_name, ENTRY_LEAVE, EVENT_TYPE_LINK_RENAMED, NULL);
}

static void tell_rename(Watch *w, Link *link) {
        char **variables;

        /* The name may belong to another link by now. */
        if (!link->told_left)
                tell_leave(w, link);

        variables = variables_of_link(link, EVENT_TYPE_LINK_RENAMED);
        if (variables)
                (void) variables_add(&variables, "PREVIOUS_NAME", "%s", link->told_name);
        leases_leave(w->leases, link->told_name);
        snprintf(link->told_name, sizeof(link->told_name), "%s", link->name);
        link->told_operational = link->told_setup = -1;
        (void) watch_push(w, link->ifindex, link->name, ENTRY_EVENT, EVENT_TYPE_LINK_RENAMED, variables);
        leases_enter(w->leases, link);
}

static int tell_addresses(Watch *w, Link *link) {
        Entry *entry;
        int r = 0;

        entry = lanes_find_mergeable(
                        &w->lanes, link->ifindex, link->name, ENTRY_EVENT, EVENT_TYPE_ADDRESSES);
        if (!entry || w->monitor) {
                entry = watch_push(w, link->ifindex, link->name, ENTRY_EVENT, EVENT_TYPE_ADDRESSES,
                                variables_of_link(link, EVENT_TYPE_ADDRESSES));
                if (!entry)
                        return -ENOMEM;
                r = address_set_copy(&entry->before, &link->told_addresses);
        }
        if (r >= 0)
                r = address_set_copy(&entry->addresses, &link->addresses);
        if (r >= 0)
                r = address_set_copy(&link->told_addresses, &link->addresses);
        return r;
}

static void tell_state(Watch *w, Link *link, int state, int *told) {
        char **variables;
        int previous = *told;

        if (state < 0 || state == previous)
                return;

        variables = variables_of_link(link, (EventType) state);
        if (variables && previous >= 0)
                (void) variables_add(&variables, "PREVIOUS_STATE", "%s", event_name((EventType) previous));
        *told = state;
        (void) watch_push(w, link->ifindex, link->name, ENTRY_EVENT, (EventType) state, variables);
}

void link_tell(Watch *w, Link *link) {
        int r;

        /* Once everything is read, each link is compared. */
        if (!link->told || !rtnl_is_current(w->rtnl))
                return;

        if (!streq(link->told_name, link->name))
                tell_rename(w, link);
        link->told_left = false;
        if (!address_set_equal(&link->addresses, &link->told_addresses)) {
                r = tell_addresses(w, link);
                if (r < 0)
                        log_error_errno(r, "%s: failed to queue a change of addresses: %m", link->name);
        }
        tell_state(w, link, link->setup, &link->told_setup);
        tell_state(w, link, link->operational, &link->told_operational);
}

void link_tell_routes(Watch *w, Link *link) {
        if (!link->told)
                return;
        if (!w->monitor &&
                        lanes_find_mergeable(&w->lanes, link->ifindex, link->name, ENTRY_EVENT,
                                        EVENT_TYPE_ROUTES))
                return;
        (void) watch_push(w, link->ifindex, link->name, ENTRY_EVENT, EVENT_TYPE_ROUTES,
                        variables_of_link(link, EVENT_TYPE_ROUTES));
}

/* So that a restart knows that it was there before. */
static void record_first(Watch *w, const Link *link) {
        int r;

        r = state_record_write(w->state_fd, &link->delivered);
        if (r < 0)
                log_error_errno(r, "Failed to record %s: %m", link->name);
}

void link_enter(Watch *w, Link *link, bool first) {
        if (link->told || !config_watches(&w->config, link->name))
                return;

        link->told = true;
        snprintf(link->told_name, sizeof(link->told_name), "%s", link->name);
        link->told_operational = link->told_setup = -1;
        address_set_clear(&link->told_addresses);
        if (!first)
                (void) watch_push(w, link->ifindex, link->name, ENTRY_EVENT, EVENT_TYPE_LINK_ADDED,
                                variables_of_link(link, EVENT_TYPE_LINK_ADDED));
        else if (!w->monitor)
                record_first(w, link);
        leases_enter(w->leases, link);
        if (w->began)
                leases_check(w->leases, link);
}

void link_leave(Watch *w, Link *link) {
        Entry *removed;

        if (!link->told)
                return;

        link->told = false;
        leases_end(w->leases, link);
        removed = watch_push(w, link->ifindex, link->told_name, ENTRY_EVENT, EVENT_TYPE_LINK_REMOVED,
                        variables_of_link(link, EVENT_TYPE_LINK_REMOVED));
        if (removed)
                removed->alone = !link->delivered.has_files && !removed->lane_previous;
        (void) watch_push(w, link->ifindex, link->told_name, ENTRY_FORGET, EVENT_TYPE_LINK_REMOVED, NULL);
}

void link_forget(Watch *w, Link *link) {
        if (link->gone)
                w->n_gone--;
        if (!link->told)
                rules_drop(w, link, link->name);
        link_leave(w, link);
        links_remove(&w->links, link);
}

typedef struct Gone {
        Watch *watch;
        int ifindex;
} Gone;

static int on_gone(_unused_ sd_event_source *source, _unused_ uint64_t usec, void *userdata) {
        Gone *gone = userdata;
        Watch *w = gone->watch;
        Link *link = links_find(&w->links, gone->ifindex);

        if (link && link->gone) {
                link_forget(w, link);
                deliver_ready(w);
        }
        return 0;
}

static int wait_for_linger(Watch *w, Link *link) {
        Gone *gone;
        int r;

        gone = calloc(1, sizeof(*gone));
        if (!gone)
                return -ENOMEM;
        *gone = (Gone){ .watch = w, .ifindex = link->ifindex };
        r = sd_event_add_time_relative(
                        w->event, &link->gone_timer, CLOCK_MONOTONIC, LINGER_USEC, 0, on_gone, gone);
        if (r < 0) {
                free(gone);
                return r;
        }
        (void) sd_event_source_set_destroy_callback(link->gone_timer, free);
        link->gone = true;
        w->n_gone++;
        return 0;
}

static bool link_name_is_taken(const Links *links, const Link *link) {
        for (size_t i = 0; i < LINKS_BUCKETS; i++)
                for (const Link *other = links->buckets[i]; other; other = other->next)
                        if (other != link && streq(other->name, link->name))
                                return true;
        return false;
}

void link_remove(Watch *w, Link *link) {
        if (link->told && !link->gone && w->networkd && link->setup >= 0 &&
                        link->setup != EVENT_TYPE_LINGER &&
                        event_is_needed(w->needed, &w->config, EVENT_TYPE_LINGER, link->name) &&
                        !link_name_is_taken(&w->links, link) && wait_for_linger(w, link) >= 0)
                return;
        link_forget(w, link);
}

void link_make_way(Watch *w, Link *link) {
        if (!link->told || streq(link->told_name, link->name))
                return;
        if (!config_watches(&w->config, link->name))
                link_leave(w, link);
        else if (!link->told_left) {
                tell_leave(w, link);
                link->told_left = true;
        }
}

void link_review(Watch *w, Link *link) {
        bool watches = config_watches(&w->config, link->name);

        if (link->told && !watches)
                link_leave(w, link);
        else if (!link->told && watches)
                link_enter(w, link, false);
        link_tell(w, link);
}

static bool has_usable(const Link *link, uint8_t widest, uint8_t narrowest) {
        for (size_t i = 0; i < link->addresses.n; i++) {
                const Address *a = &link->addresses.items[i];

                if (a->scope >= widest && a->scope <= narrowest &&
                                !address_set_contains(&link->not_usable, a))
                        return true;
        }
        return false;
}

void link_update(Watch *w, Link *link) {
        if (w->config.kernel) {
                link->facts.has_global = has_usable(link, RT_SCOPE_UNIVERSE, RT_SCOPE_SITE - 1);
                link->facts.has_link_local = has_usable(link, RT_SCOPE_SITE, RT_SCOPE_HOST - 1);
                link->operational = (int) operstate_from_facts(&link->facts);
        }
        link_tell(w, link);
}

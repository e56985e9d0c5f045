/* SPDX-License-Identifier: Apache-2.0 */
/* Did the routes of a link change? See routes.h. */
#include "routes.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "attributes.h"
#include "hash.h"
#include "log.h"
#include "route-set.h"
#include "rtnl.h"
#include "rules.h"

typedef struct Route {
        uint8_t protocol;
        uint32_t table;
} Route;

typedef struct Digest {
        unsigned rule_protocol;
        int ifindex;
        uint64_t sum;
} Digest;

/* Whether the message is about a route that counts. */
static bool route_parse(const struct nlmsghdr *message, Route *ret) {
        const struct rtmsg *header = NLMSG_DATA(message);
        const struct rtattr *a[RTA_TABLE + 1];
        Route route = {};

        if (!attributes_parse_message(message, sizeof(*header), a, RTA_TABLE))
                return false;
        if (header->rtm_type != RTN_UNICAST || (header->rtm_flags & RTM_F_CLONED) ||
                        (header->rtm_family != AF_INET && header->rtm_family != AF_INET6))
                return false;

        route.protocol = header->rtm_protocol;
        route.table = attribute_u32(a[RTA_TABLE], header->rtm_table);
        if (route.table == RT_TABLE_LOCAL)
                return false;

        *ret = route;
        return true;
}

/* With RuleProtocol=kernel, the table tells ours apart: the kernel's own are in main. */
static bool route_is_of_rules(const Route *route, unsigned rule_protocol) {
        return route->protocol == rule_protocol &&
                        (rule_protocol != RTPROT_KERNEL || route->table > RT_TABLE_LOCAL);
}

static void link_changed(Watch *w, int ifindex) {
        Link *link = links_find(&w->links, ifindex);

        if (!link)
                return;
        link->routes_seen = 0;
        rules_touch(w, link);
        link_tell_routes(w, link);
}

static void tell_link(int ifindex, void *userdata) {
        link_changed(userdata, ifindex);
}

static void touch_link(int ifindex, void *userdata) {
        Watch *w = userdata;
        Link *link = links_find(&w->links, ifindex);

        if (link)
                rules_touch(w, link);
}

void routes_changed(Watch *w, const struct nlmsghdr *message, bool *heal) {
        Route route;

        if (netlink_is_marked(message) || !route_parse(message, &route))
                return;
        if (!route_is_of_rules(&route, w->config.rule_protocol))
                route_foreach_output(message, tell_link, w);
        else if (message->nlmsg_type == RTM_DELROUTE && message->nlmsg_pid != 0)
                *heal = true;
        else if (message->nlmsg_type == RTM_DELROUTE)
                /* The kernel's own doing: the link went down, or lost its last address. */
                route_foreach_output(message, touch_link, w);
}

static uint64_t hash_legs(uint64_t hash, const struct rtattr *legs) {
        int length = (int) RTA_PAYLOAD(legs);

        for (const struct rtnexthop *leg = RTA_DATA(legs); length >= (int) sizeof(*leg) &&
                        leg->rtnh_len >= sizeof(*leg) && leg->rtnh_len <= length;
                        leg = RTNH_NEXT(leg)) {
                hash = hash_bytes(hash, &leg->rtnh_hops, sizeof(leg->rtnh_hops));
                hash = hash_bytes(hash, &leg->rtnh_ifindex,
                                leg->rtnh_len - offsetof(struct rtnexthop, rtnh_ifindex));
                length -= (int) NLMSG_ALIGN(leg->rtnh_len);
        }
        return hash;
}

static uint64_t route_hash(const struct nlmsghdr *message) {
        struct rtmsg header = *(const struct rtmsg *) NLMSG_DATA(message);
        uint64_t hash = HASH_START;
        int length;

        /* Dead, linkdown: the carrier's matter, not the route's. */
        header.rtm_flags &= RTNH_F_ONLINK;
        hash = hash_bytes(hash, &header, sizeof(header));

        length = (int) (message->nlmsg_len - NLMSG_LENGTH(sizeof(header)));
        for (const struct rtattr *rta = RTM_RTA((const struct rtmsg *) NLMSG_DATA(message));
                        RTA_OK(rta, length); rta = RTA_NEXT(rta, length))
                /* Counters and remaining lifetimes do not count. */
                if (rta->rta_type == RTA_MULTIPATH)
                        hash = hash_legs(hash, rta);
                else if (rta->rta_type != RTA_CACHEINFO && rta->rta_type != RTA_EXPIRES)
                        hash = hash_bytes(hash, rta, rta->rta_len);
        return hash;
}

typedef struct Search {
        int ifindex;
        bool any, found;
} Search;

static void match_link(int ifindex, void *userdata) {
        Search *search = userdata;

        search->any = true;
        search->found |= ifindex == search->ifindex;
}

static int on_route(const struct nlmsghdr *message, void *userdata) {
        Digest *digest = userdata;
        Search search = { .ifindex = digest->ifindex };
        Route route;

        if (message->nlmsg_type != RTM_NEWROUTE || !route_parse(message, &route) ||
                        route_is_of_rules(&route, digest->rule_protocol))
                return 0;
        route_foreach_output(message, match_link, &search);
        /* The kernel sent only what goes out by the link; that of a nexthop object with nexthop_compat_mode=0 is not
         * said. */
        if (search.found || !search.any)
                digest->sum += route_hash(message);
        return 0;
}

static void restart_digest(void *userdata) {
        Digest *digest = userdata;

        digest->sum = 0;
}

int routes_digest(Netlink *nl, int ifindex, unsigned rule_protocol, uint64_t *ret) {
        static const uint8_t families[] = { AF_INET, AF_INET6 };
        Digest digest = { .rule_protocol = rule_protocol, .ifindex = ifindex };
        uint64_t sum = HASH_START;
        int r;

        for (size_t i = 0; i < ELEMENTSOF(families); i++) {
                RouteRequest request = route_request(families[i], ifindex, 0);

                request.route.rtm_type = RTN_UNICAST;
                r = netlink_dump(nl, &request.header, restart_digest, on_route, &digest);
                if (r < 0 && r != -EINTR)
                        return r;
                sum += digest.sum;
        }

        *ret = sum ?: 1;
        return 0;
}

uint64_t routes_delivered(Watch *w, Link *link) {
        uint64_t digest;
        int r;

        r = rtnl_digest_routes(w->rtnl, link->ifindex, &digest);
        if (r < 0) {
                if (r != -ENODEV)
                        log_warning_errno(r, "%s: failed to read the routes: %m", link->name);
                return 0;
        }
        return digest;
}

bool routes_are_needed(const Watch *w, const Link *link) {
        return link->told && !w->monitor &&
                        (link->delivered.routes != 0 ||
                                        event_is_needed(w->needed, &w->config, EVENT_TYPE_ROUTES,
                                                        link->name));
}

/* The run under way was told already. */
static bool digest_is_under_way(Watch *w, const Link *link, uint64_t digest) {
        const Entry *entry = lanes_head(&w->lanes, link->ifindex);

        return entry && entry->running && entry->kind == ENTRY_EVENT && entry->event == EVENT_TYPE_ROUTES &&
                        entry->digest == digest;
}

void routes_compare_digest(Watch *w, Link *link, uint64_t digest) {
        /* Nothing was told yet: what is now is what a later look is compared with. */
        if (link->delivered.routes == 0)
                link->delivered.routes = digest;
        if (digest != link->delivered.routes && !digest_is_under_way(w, link, digest))
                link_tell_routes(w, link);
}

void routes_compare(Watch *w, Link *link) {
        uint64_t digest;

        if (!routes_are_needed(w, link))
                return;
        digest = routes_delivered(w, link);
        if (digest != 0)
                routes_compare_digest(w, link, digest);
}

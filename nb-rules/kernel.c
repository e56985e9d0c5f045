/* SPDX-License-Identifier: Apache-2.0 */
/* What does the kernel have? See kernel.h. */
#include "kernel.h"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "log.h"
#include "parse.h"
#include "route-question.h"

#define REPLY_SECONDS 5

typedef struct Reading {
        Netlink *nl;
        Snapshot *snapshot;
        int ifindex;
        uint32_t table;
        Array *routes;  /* where the routes of this dump go */
        size_t n_kept;  /* of an array that more than one dump fills, what the earlier ones put there */
        Array nexthops; /* PendingRoute: of nexthop objects that must be asked for */
} Reading;

typedef struct PendingRoute {
        Route route;
        uint32_t nexthop;
} PendingRoute;

int kernel_open(Netlink *ret) {
        const struct timeval limit = { .tv_sec = REPLY_SECONDS };
        int r;

        r = netlink_open_marked(ret);
        if (r < 0)
                return log_error_errno(r, "Failed to open a netlink socket: %m");
        if (setsockopt(ret->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
                return log_error_errno(errno, "Failed to limit the wait for netlink replies: %m");
        return 0;
}

static int check_dump(const Reading *reading, int r, int family, const char *what) {
        if (r >= 0)
                return 0;
        /* The link: the caller looks again. */
        if (r == -ENODEV)
                return r;
        return log_error_errno(r, "Failed to read the IPv%c %s from the kernel: %m%s%s",
                        family == AF_INET ? '4' : '6', what, reading->nl->error[0] ? ": " : "",
                        reading->nl->error);
}

static int on_rule(const struct nlmsghdr *message, void *userdata) {
        Reading *reading = userdata;
        Rule rule, *added;
        uint8_t local;
        int r;

        r = parse_rule(message, &rule, &local);
        if (local)
                reading->snapshot->local_is_behind[local == AF_INET6] = true;
        if (r <= 0)
                return r;
        added = array_add(&reading->snapshot->rules, sizeof(rule));
        if (!added)
                return -ENOMEM;
        *added = rule;
        return 0;
}

static void restart_rules(void *userdata) {
        Reading *reading = userdata;

        reading->snapshot->rules.n = reading->n_kept;
}

static int read_rules(Reading *reading, int family) {
        struct {
                struct nlmsghdr n;
                struct fib_rule_hdr h;
        } request = {
                .n = { .nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETRULE },
                .h = { .family = (uint8_t) family },
        };
        int r;

        reading->n_kept = reading->snapshot->rules.n;
        r = netlink_dump(reading->nl, &request.n, restart_rules, on_rule, reading);
        /* A host without IPv6. */
        if (r == -EAFNOSUPPORT && family == AF_INET6)
                r = 0;
        return check_dump(reading, r, family, "policy rules");
}

static int on_address(const struct nlmsghdr *message, void *userdata) {
        Reading *reading = userdata;
        Address address, *added;
        int r;

        r = parse_address(message, reading->ifindex, &address);
        if (r <= 0)
                return r;
        added = array_add(&reading->snapshot->addresses, sizeof(address));
        if (!added)
                return -ENOMEM;
        *added = address;
        return 0;
}

static void restart_addresses(void *userdata) {
        Reading *reading = userdata;

        reading->snapshot->addresses.n = reading->n_kept;
}

static int read_addresses(Reading *reading, int family) {
        struct {
                struct nlmsghdr n;
                struct ifaddrmsg h;
        } request = {
                .n = { .nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETADDR },
                .h = { .ifa_family = (uint8_t) family, .ifa_index = (uint32_t) reading->ifindex },
        };

        reading->n_kept = reading->snapshot->addresses.n;
        return check_dump(reading,
                        netlink_dump(reading->nl, &request.n, restart_addresses, on_address, reading),
                        family, "addresses");
}

/* For IPv6 each leg is a route of its own. */
static int add_route(Array *routes, const Route *route) {
        size_t n = route->destination.family == AF_INET6 && route->n_hops > 1 ? route->n_hops : 1;

        for (size_t i = 0; i < n; i++) {
                Route *added = array_add(routes, sizeof(*added));

                if (!added)
                        return -ENOMEM;
                *added = *route;
                added->n_legs = route->n_hops;
                if (n > 1) {
                        memset(added->hops, 0, sizeof(added->hops));
                        added->hops[0] = route->hops[i];
                        added->n_hops = 1;
                }
        }
        return 0;
}

static int on_route(const struct nlmsghdr *message, void *userdata) {
        Reading *reading = userdata;
        PendingRoute *pending;
        uint32_t nexthop;
        bool truncated;
        Route route;
        int r;

        r = parse_route(message, reading->table, reading->ifindex, &route, &nexthop, &truncated);
        if (r <= 0)
                return r;
        if (truncated)
                log_warning("A route has more than %u ways out of one link; the rest is left out.",
                                HOPS_MAX);
        if (nexthop == 0)
                return add_route(reading->routes, &route);

        /* The socket is busy with this dump. */
        pending = array_add(&reading->nexthops, sizeof(*pending));
        if (!pending)
                return -ENOMEM;
        *pending = (PendingRoute){ .route = route, .nexthop = nexthop };
        return 0;
}

static void restart_routes(void *userdata) {
        Reading *reading = userdata;

        reading->routes->n = reading->n_kept;
        array_clear(&reading->nexthops);
}

typedef struct Nexthop {
        Hop hop;
        NexthopMember members[HOPS_MAX];
        size_t n;
        bool found;
} Nexthop;

static int on_nexthop(const struct nlmsghdr *message, void *userdata) {
        Nexthop *nexthop = userdata;
        int r;

        r = parse_nexthop(message, &nexthop->hop, nexthop->members, &nexthop->n);
        if (r > 0)
                nexthop->found = true;
        return r < 0 ? r : 0;
}

static int get_nexthop(Netlink *nl, uint32_t id, Nexthop *ret) {
        struct {
                struct nlmsghdr n;
                struct nhmsg h;
                struct rtattr a;
                uint32_t id;
        } request = {
                .n = { .nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETNEXTHOP },
                .a = { .rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = NHA_ID },
                .id = id,
        };
        int r;

        *ret = (Nexthop){};
        r = netlink_request(nl, &request.n, on_nexthop, ret);
        /* Gone meanwhile, and its routes with it. */
        return r == -ENOENT ? 0 : r;
}

static int resolve_nexthop(Reading *reading, const PendingRoute *pending) {
        Route route = pending->route;
        Nexthop top, member;
        int r;

        r = get_nexthop(reading->nl, pending->nexthop, &top);
        if (r < 0)
                return r;

        for (size_t i = 0; i < (top.n > 0 ? top.n : 1); i++) {
                if (top.n > 0) {
                        r = get_nexthop(reading->nl, top.members[i].id, &member);
                        if (r < 0)
                                return r;
                        member.hop.weight = top.members[i].weight;
                } else
                        member = top;
                if (member.found && (reading->ifindex <= 0 || member.hop.ifindex == reading->ifindex))
                        route.hops[route.n_hops++] = member.hop;
        }
        return add_route(reading->routes, &route);
}

static int read_routes(Reading *reading, int family, uint32_t table, Array *routes) {
        RouteRequest request = route_request((uint8_t) family, reading->ifindex, table);
        int r;

        reading->table = table;
        reading->routes = routes;
        reading->n_kept = routes->n;
        r = netlink_dump(reading->nl, &request.header, restart_routes, on_route, reading);
        /* A table that nobody ever used. */
        if (r == -ENOENT)
                r = 0;

        for (size_t i = 0; r >= 0 && i < reading->nexthops.n; i++)
                r = resolve_nexthop(reading, (const PendingRoute *) reading->nexthops.items + i);
        array_clear(&reading->nexthops);
        return check_dump(reading, r, family, "routes");
}

static int read_family(Reading *reading, int family, int ifindex, const Claim *claims, size_t n_claims) {
        Snapshot *s = reading->snapshot;
        int r;

        r = read_rules(reading, family);
        if (r < 0)
                return r;

        reading->ifindex = 0;
        for (size_t i = 0; i < n_claims; i++) {
                bool is_read = false;

                for (size_t j = 0; j < i; j++)
                        is_read |= claims[j].table == claims[i].table;
                if (is_read)
                        continue;
                r = read_routes(reading, family, claims[i].table, &s->routes);
                if (r < 0)
                        return r;
        }

        if (ifindex <= 0)
                return 0;
        reading->ifindex = ifindex;
        r = read_addresses(reading, family);
        if (r < 0 || s->main_is_told)
                return r;
        return read_routes(reading, family, RT_TABLE_MAIN, &s->main_routes);
}

/* The kernel walks through all of main for the routes of one link, for milliseconds where there are many: its connected
 * ones are anywhere. */
static int ask_for_main(Reading *reading, int ifindex) {
        int r;

        reading->ifindex = ifindex;
        reading->table = RT_TABLE_MAIN;
        reading->routes = &reading->snapshot->main_routes;
        r = route_question_ask(ifindex, on_route, reading);
        reading->snapshot->main_is_told = r > 0;
        return r;
}

int kernel_read(Netlink *nl, int ifindex, const Claim *claims, size_t n_claims, bool may_ask_watch,
                Snapshot *ret) {
        _cleanup_snapshot_ Snapshot s = {};
        Reading reading = { .nl = nl, .snapshot = &s };
        int r;

        r = may_ask_watch && ifindex > 0 ? ask_for_main(&reading, ifindex) : 0;
        if (r >= 0)
                r = read_family(&reading, AF_INET, ifindex, claims, n_claims);
        if (r >= 0)
                r = read_family(&reading, AF_INET6, ifindex, claims, n_claims);
        array_done(&reading.nexthops);
        if (r < 0)
                return r;

        *ret = s;
        s = (Snapshot){};
        return 0;
}

int kernel_read_main(Netlink *nl, int ifindex, Snapshot *snapshot) {
        Reading reading = { .nl = nl, .snapshot = snapshot, .ifindex = ifindex };
        int r;

        array_clear(&snapshot->main_routes);
        snapshot->main_is_told = false;
        r = read_routes(&reading, AF_INET, RT_TABLE_MAIN, &snapshot->main_routes);
        if (r >= 0)
                r = read_routes(&reading, AF_INET6, RT_TABLE_MAIN, &snapshot->main_routes);
        array_done(&reading.nexthops);
        return r;
}

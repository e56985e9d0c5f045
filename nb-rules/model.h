/* SPDX-License-Identifier: Apache-2.0 */
/* The rules, routes and addresses that policy routing of a link is made of. All are compared byte by byte, so all are
 * zeroed before they are filled in. */
#pragma once

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include "array.h"
#include "macros.h"

#define HOPS_MAX 16U

/* Which of the four rules of an address; the priority is RULE_PRIORITY_FIRST + role. */
typedef enum RuleRole {
        RULE_NEIGHBOURS, /* from ADDR lookup TABLE suppress_prefixlength 0 */
        RULE_MAIN,       /* from ADDR lookup main suppress_prefixlength 0 */
        RULE_DEFAULT,    /* from ADDR lookup TABLE */
        RULE_TO,         /* to ADDR lookup TABLE */
        _RULE_ROLE_MAX,
} RuleRole;

#define RULE_PRIORITY_FIRST 31000U

typedef struct Address {
        uint8_t family; /* AF_INET or AF_INET6 */
        uint8_t bytes[16];
} Address;

/* A rule of exactly the shape that we make; what else the kernel has is nobody's business here. */
typedef struct Rule {
        Address address;
        uint8_t role; /* RuleRole */
        uint8_t protocol;
        uint32_t table;
} Rule;

typedef struct Hop {
        int ifindex;
        Address gateway; /* family 0: none */
        bool onlink;
        uint8_t weight;    /* as in rtnh_hops: 0 is the usual one */
        bool encapsulated; /* which we do not make */
} Hop;

/* The metrics of a route that are numbers. X(symbol, name of ip-route(8)) */
#define ROUTE_METRIC_LIST(X)                                                                                \
        X(MTU, "mtu")                                                                                       \
        X(WINDOW, "window")                                                                                 \
        X(RTT, "rtt")                                                                                       \
        X(RTTVAR, "rttvar")                                                                                 \
        X(SSTHRESH, "ssthresh")                                                                             \
        X(CWND, "cwnd")                                                                                     \
        X(ADVMSS, "advmss")                                                                                 \
        X(REORDERING, "reordering")                                                                         \
        X(HOPLIMIT, "hoplimit")                                                                             \
        X(INITCWND, "initcwnd")                                                                             \
        X(FEATURES, "features")                                                                             \
        X(RTO_MIN, "rto_min")                                                                               \
        X(INITRWND, "initrwnd")                                                                             \
        X(QUICKACK, "quickack")                                                                             \
        X(FASTOPEN_NO_COOKIE, "fastopen_no_cookie")

/* As TCP_CA_NAME_MAX of the kernel. */
#define CONGESTION_MAX 16U

enum {
#define X(symbol, name) ROUTE_METRIC_##symbol,
        ROUTE_METRIC_LIST(X)
#undef X
                        _ROUTE_METRIC_MAX,
};

/* A route; for IPv6 each leg of a multipath route is one of its own, as in the kernel. */
typedef struct Route {
        uint32_t table;
        Address destination;
        Address source; /* IPv6: with a length, for packets from there only; else zero */
        uint8_t source_length;
        uint8_t prefix_length, tos, type, scope, protocol;
        uint32_t priority; /* what ip-route(8) calls metric */
        uint32_t metrics[_ROUTE_METRIC_MAX];
        char congestion[CONGESTION_MAX]; /* the algorithm of congestion control, padded with zeros; "": none */
        uint32_t locks;                  /* bits 1 << RTAX_... of those that are locked */
        size_t n_hops;
        Hop hops[HOPS_MAX];
        size_t n_legs; /* of a route in main: how many of this link's hops it had before it was split for IPv6 */
} Route;

/* One table that carries, or carried, the set of one link. */
typedef struct Claim {
        int ifindex;
        uint32_t table;
        uint8_t protocol;
} Claim;

/* What the kernel has, as far as it matters for one link. */
typedef struct Snapshot {
        Array addresses;         /* Address: global and usable ones of the link */
        Array main_routes;       /* Route: of main, with this link's hops only */
        bool main_is_told;       /* these are what nb-watch says */
        Array rules;             /* Rule: everybody's of our shape */
        Array routes;            /* Route: all of the claimed tables */
        bool local_is_behind[2]; /* v4, v6: some "lookup local" rule comes after ours */
} Snapshot;

/* What should be. */
typedef struct Wanted {
        Array rules;  /* Rule, sorted */
        Array routes; /* Route */
} Wanted;

static inline void snapshot_done(Snapshot *s) {
        array_done(&s->addresses);
        array_done(&s->main_routes);
        array_done(&s->rules);
        array_done(&s->routes);
}
#define _cleanup_snapshot_ _cleanup_(snapshot_done)

static inline void wanted_done(Wanted *w) {
        array_done(&w->rules);
        array_done(&w->routes);
}
#define _cleanup_wanted_ _cleanup_(wanted_done)

static inline size_t family_length(int family) {
        return family == AF_INET ? 4 : 16;
}

/* By address first, so that the rules of an address are neighbours; then by role, protocol and table. */
int rule_compare(const void *a, const void *b);

static inline int address_compare(const void *a, const void *b) {
        return memcmp(a, b, sizeof(Address));
}

/* Whether the kernel could hold only one of the two (IPv4), or would join them to one multipath route (IPv6). */
bool route_same_key(const Route *a, const Route *b);

/* Whether both are the same in all that we set. */
bool route_equal(const Route *a, const Route *b);

/* The same way out, whatever else differs: for IPv6 the kernel refuses the second of the two. */
bool route_same_hops(const Route *a, const Route *b);

/* The table of a link. -ERANGE if base + ifindex is 0, one of default, main and local, or no table number. */
int table_of_link(uint32_t base, int ifindex, uint32_t *ret);

/* Whether a hop of a route has its place in the link's table: all of a default, else those without a gateway; what
 * else goes through a gateway is found in main by the second rule. */
static inline bool route_hop_counts(const Route *route, const Hop *hop) {
        return route->type == RTN_UNICAST && (route->prefix_length == 0 || hop->gateway.family == 0);
}

/* The number behind RTAX_ of a metric. */
unsigned route_metric_number(unsigned metric);
const char *route_metric_name(unsigned metric);

/* Takes over what an RTA_METRICS holds. */
void route_read_metrics(const struct rtattr *nested, Route *route);

/* SPDX-License-Identifier: Apache-2.0 */
/* Which routes does a link have? See route-set.h. */
#include "route-set.h"

#include "attributes.h"

/* Of these the kernel changes nothing in silence. Not among them: nexthop objects (they change by themselves), several
 * legs (they go with other links), encapsulation; for IPv6 metrics (routers and the link set some), and what a router
 * advertised. */
#define ATTRIBUTE(x) (UINT32_C(1) << (x))
#define PLAIN_IPV4                                                                                          \
        (ATTRIBUTE(RTA_TABLE) | ATTRIBUTE(RTA_DST) | ATTRIBUTE(RTA_PRIORITY) | ATTRIBUTE(RTA_OIF) |         \
                        ATTRIBUTE(RTA_GATEWAY) | ATTRIBUTE(RTA_VIA) | ATTRIBUTE(RTA_PREFSRC) |              \
                        ATTRIBUTE(RTA_METRICS))
#define PLAIN_IPV6                                                                                          \
        (ATTRIBUTE(RTA_TABLE) | ATTRIBUTE(RTA_DST) | ATTRIBUTE(RTA_PRIORITY) | ATTRIBUTE(RTA_OIF) |         \
                        ATTRIBUTE(RTA_GATEWAY) | ATTRIBUTE(RTA_PREFSRC) | ATTRIBUTE(RTA_CACHEINFO) |        \
                        ATTRIBUTE(RTA_PREF))

#define PREFIX_LENGTH_MAX 128U

/* They follow the carrier, in silence. */
#define CARRIER_FLAGS (RTNH_F_DEAD | RTNH_F_LINKDOWN)

typedef struct Route {
        const struct rtmsg *header;
        const struct rtattr *a[RTA_MAX + 1];
        uint32_t table;
} Route;

static bool route_parse(const struct nlmsghdr *message, Route *ret) {
        ret->header = NLMSG_DATA(message);
        if (!attributes_parse_message(message, sizeof(*ret->header), ret->a, RTA_MAX) ||
                        ret->header->rtm_dst_len > PREFIX_LENGTH_MAX)
                return false;
        ret->table = attribute_u32(ret->a[RTA_TABLE], ret->header->rtm_table);
        return true;
}

bool route_counts(const struct nlmsghdr *message) {
        Route route;

        return route_parse(message, &route) && route.table != RT_TABLE_LOCAL &&
                        !(route.header->rtm_flags & RTM_F_CLONED) &&
                        (route.header->rtm_family == AF_INET || route.header->rtm_family == AF_INET6);
}

void route_foreach_output(const struct nlmsghdr *message, void (*function)(int ifindex, void *userdata),
                void *userdata) {
        const char *legs;
        size_t left;
        Route route;

        if (!route_parse(message, &route))
                return;
        if (route.a[RTA_OIF])
                function((int) attribute_u32(route.a[RTA_OIF], 0), userdata);
        if (!route.a[RTA_MULTIPATH])
                return;

        legs = RTA_DATA(route.a[RTA_MULTIPATH]);
        left = RTA_PAYLOAD(route.a[RTA_MULTIPATH]);
        while (left >= sizeof(struct rtnexthop)) {
                const struct rtnexthop *leg = (const void *) legs;
                size_t step = RTNH_ALIGN(leg->rtnh_len);

                if (leg->rtnh_len < sizeof(*leg) || leg->rtnh_len > left)
                        return;
                function(leg->rtnh_ifindex, userdata);
                if (step >= left)
                        return;
                legs += step;
                left -= step;
        }
}

/* One that expires is not, either: when it does is changed without a word. */
static bool route_expires(const Route *route) {
        const struct rtattr *a = route->a[RTA_CACHEINFO];
        struct rta_cacheinfo info;

        if (!a || RTA_PAYLOAD(a) < sizeof(info))
                return false;
        memcpy(&info, RTA_DATA(a), sizeof(info));
        return info.rta_expires != 0;
}

static bool route_is_plain(const Route *route) {
        bool is_ipv6 = route->header->rtm_family == AF_INET6;
        uint32_t plain = is_ipv6 ? PLAIN_IPV6 : PLAIN_IPV4;

        if (!route->a[RTA_OIF] || route->header->rtm_flags & ~(unsigned) (RTNH_F_ONLINK | CARRIER_FLAGS))
                return false;
        if (is_ipv6 && (route->header->rtm_protocol == RTPROT_RA || route_expires(route)))
                return false;
        for (unsigned i = 0; i <= RTA_MAX; i++)
                if (route->a[i] && (i >= 32 || !(plain & ATTRIBUTE(i))))
                        return false;
        return true;
}

void route_set_truncate(RouteSet *set, size_t n) {
        while (set->n > n)
                free(set->routes[--set->n]);
}

RouteSet *route_set_free(RouteSet *set) {
        if (set)
                route_set_truncate(set, 0);
        free(set);
        return NULL;
}

static uint32_t priority(const Route *route) {
        return attribute_u32(route->a[RTA_PRIORITY], 0);
}

static void destination(const Route *route, uint8_t ret[static 16]) {
        const struct rtattr *a = route->a[RTA_DST];
        size_t n = a ? RTA_PAYLOAD(a) : 0;

        memset(ret, 0, 16);
        if (n > 0)
                memcpy(ret, RTA_DATA(a), n < 16 ? n : 16);
}

static int compare_numbers(uint32_t a, uint32_t b) {
        return a < b ? -1 : a > b;
}

static int compare_bits(const uint8_t a[static 16], const uint8_t b[static 16], unsigned n) {
        int r = memcmp(a, b, n / 8);

        if (r != 0 || n % 8 == 0)
                return r;
        return compare_numbers(a[n / 8] >> (8 - n % 8), b[n / 8] >> (8 - n % 8));
}

/* The order of a dump: tables by their place in a hash; IPv4 by address, of one address the longest prefix first; IPv6
 * likewise, but that a prefix comes behind all that lies in it. 0: in the same place. */
static int compare(const Route *a, const Route *b) {
        unsigned x = a->header->rtm_dst_len, y = b->header->rtm_dst_len;
        bool is_ipv6 = a->header->rtm_family == AF_INET6;
        uint8_t p[16], q[16];
        int r;

        r = compare_numbers(a->header->rtm_family, b->header->rtm_family);
        if (r == 0)
                r = compare_numbers(a->table & 0xff, b->table & 0xff);
        if (r == 0)
                r = compare_numbers(a->table, b->table);
        if (r == 0) {
                destination(a, p);
                destination(b, q);
                r = is_ipv6 ? compare_bits(p, q, x < y ? x : y) : memcmp(p, q, sizeof(p));
        }
        if (r == 0)
                r = compare_numbers(y, x);
        if (r == 0)
                r = compare_numbers(b->header->rtm_tos, a->header->rtm_tos);
        return r != 0 ? r : compare_numbers(priority(a), priority(b));
}

static bool set_insert(RouteSet *set, size_t index, const struct nlmsghdr *message) {
        struct nlmsghdr *copy;

        if (set->n == ROUTE_SET_MAX || message->nlmsg_len > ROUTE_SIZE_MAX)
                return false;
        copy = calloc(1, NLMSG_ALIGN(message->nlmsg_len));
        if (!copy)
                return false;
        memcpy(copy, message, message->nlmsg_len);
        copy->nlmsg_type = RTM_NEWROUTE;
        copy->nlmsg_flags = 0;
        copy->nlmsg_seq = copy->nlmsg_pid = 0;
        ((struct rtmsg *) NLMSG_DATA(copy))->rtm_flags &= ~(unsigned) CARRIER_FLAGS;

        for (size_t i = set->n; i > index; i--)
                set->routes[i] = set->routes[i - 1];
        set->routes[index] = copy;
        set->n++;
        return true;
}

bool route_set_add(RouteSet *set, const struct nlmsghdr *message) {
        Route route;

        return route_parse(message, &route) && route_is_plain(&route) && set_insert(set, set->n, message);
}

static bool same_attribute(const struct rtattr *a, const struct rtattr *b) {
        if (!a || !b)
                return a == b;
        return RTA_PAYLOAD(a) == RTA_PAYLOAD(b) && memcmp(RTA_DATA(a), RTA_DATA(b), RTA_PAYLOAD(a)) == 0;
}

static bool same_route(const Route *a, const Route *b) {
        unsigned flags = (a->header->rtm_flags ^ b->header->rtm_flags) & ~(unsigned) CARRIER_FLAGS;

        if (compare(a, b) != 0 || flags != 0 || a->header->rtm_protocol != b->header->rtm_protocol ||
                        a->header->rtm_scope != b->header->rtm_scope ||
                        a->header->rtm_type != b->header->rtm_type)
                return false;
        for (unsigned i = 0; i <= RTA_MAX; i++)
                if (i != RTA_CACHEINFO && !same_attribute(a->a[i], b->a[i]))
                        return false;
        return true;
}

static bool set_remove(RouteSet *set, const Route *route) {
        size_t found = SIZE_MAX;
        Route other;

        for (size_t i = 0; i < set->n; i++)
                if (route_parse(set->routes[i], &other) && same_route(&other, route)) {
                        if (found != SIZE_MAX)
                                return false;
                        found = i;
                }
        if (found == SIZE_MAX)
                return false;

        free(set->routes[found]);
        set->n--;
        for (size_t i = found; i < set->n; i++)
                set->routes[i] = set->routes[i + 1];
        return true;
}

bool route_set_has_place(const RouteSet *set, const struct nlmsghdr *message) {
        Route route, other;

        if (!route_parse(message, &route))
                return true;
        for (size_t i = 0; i < set->n; i++)
                if (route_parse(set->routes[i], &other) && compare(&other, &route) == 0)
                        return true;
        return false;
}

bool route_set_change(RouteSet *set, const struct nlmsghdr *message) {
        size_t index = 0;
        Route route, other;

        if (!route_parse(message, &route) || !route_is_plain(&route))
                return false;
        if (message->nlmsg_type == RTM_DELROUTE)
                return set_remove(set, &route);

        if (message->nlmsg_type != RTM_NEWROUTE || route_set_has_place(set, message))
                return false;
        while (index < set->n && route_parse(set->routes[index], &other) && compare(&other, &route) < 0)
                index++;
        return set_insert(set, index, message);
}

bool route_set_has_source(const RouteSet *set, int family, const void *address) {
        Route route;

        for (size_t i = 0; i < set->n; i++)
                if (route_parse(set->routes[i], &route) && route.header->rtm_family == family &&
                                route.a[RTA_PREFSRC] &&
                                RTA_PAYLOAD(route.a[RTA_PREFSRC]) == (family == AF_INET ? 4 : 16) &&
                                memcmp(RTA_DATA(route.a[RTA_PREFSRC]), address,
                                                RTA_PAYLOAD(route.a[RTA_PREFSRC])) == 0)
                        return true;
        return false;
}

size_t route_set_answer(const RouteSet *set, int ifindex, bool has_carrier,
                char buffer[static ROUTE_SET_ANSWER_MAX]) {
        const RouteQuestion head = { .ifindex = ifindex,
                .known = set && set->known && (set->n == 0 || has_carrier) };
        size_t n = sizeof(head);

        memcpy(buffer, &head, sizeof(head));
        for (size_t i = 0; head.known && i < set->n; i++) {
                size_t length = NLMSG_ALIGN(set->routes[i]->nlmsg_len);

                memcpy(buffer + n, set->routes[i], length);
                n += length;
        }
        return n;
}

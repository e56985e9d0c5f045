/* SPDX-License-Identifier: Apache-2.0 */
/* What does a message of the kernel say? See parse.h. */
#include "parse.h"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>

/* The header of the message's type and where its attributes are; NULL if it is too short. */
static const void *message_header(
                const struct nlmsghdr *m, size_t size, const struct rtattr **ret_attributes, int *ret_left) {
        if (m->nlmsg_len < NLMSG_LENGTH(size))
                return NULL;

        *ret_attributes = (const void *) ((const char *) NLMSG_DATA(m) + NLMSG_ALIGN(size));
        *ret_left = (int) m->nlmsg_len - (int) NLMSG_SPACE(size);
        return NLMSG_DATA(m);
}

static bool get_u32(const struct rtattr *a, uint32_t *ret) {
        if (RTA_PAYLOAD(a) < sizeof(*ret))
                return false;
        memcpy(ret, RTA_DATA(a), sizeof(*ret));
        return true;
}

static bool get_address(const struct rtattr *a, int family, Address *ret) {
        size_t n = family_length(family);

        if ((family != AF_INET && family != AF_INET6) || RTA_PAYLOAD(a) < n)
                return false;
        *ret = (Address){ .family = (uint8_t) family };
        memcpy(ret->bytes, RTA_DATA(a), n);
        return true;
}

typedef struct RawRule {
        Rule rule;
        uint32_t priority, suppress;
        bool has_source, has_destination, has_suppress, is_foreign;
} RawRule;

/* The attributes that a rule of ours may have; any other makes it somebody else's. */
static bool read_rule_attribute(RawRule *raw, const struct rtattr *a, int family) {
        uint32_t u;

        switch (a->rta_type & NLA_TYPE_MASK) {
        case FRA_PRIORITY:
                return get_u32(a, &raw->priority);
        case FRA_TABLE:
                return get_u32(a, &raw->rule.table);
        case FRA_SRC:
                raw->has_source = true;
                return get_address(a, family, &raw->rule.address);
        case FRA_DST:
                raw->has_destination = true;
                return get_address(a, family, &raw->rule.address);
        case FRA_PROTOCOL:
                if (RTA_PAYLOAD(a) < 1)
                        return false;
                raw->rule.protocol = *(const uint8_t *) RTA_DATA(a);
                return true;
        case FRA_SUPPRESS_PREFIXLEN:
                if (!get_u32(a, &u))
                        return false;
                raw->has_suppress = u != UINT32_MAX;
                raw->suppress = u;
                return true;
        case FRA_SUPPRESS_IFGROUP:
                if (!get_u32(a, &u))
                        return false;
                raw->is_foreign |= u != UINT32_MAX;
                return true;
        case FRA_PAD:
                return true;
        default:
                raw->is_foreign = true;
                return true;
        }
}

static bool rule_is_ours(RawRule *raw, const struct fib_rule_hdr *h) {
        bool is_to;
        size_t bits;

        if (raw->is_foreign || h->action != FR_ACT_TO_TBL || h->tos != 0 || (h->flags & FIB_RULE_INVERT) ||
                        raw->priority < RULE_PRIORITY_FIRST ||
                        raw->priority >= RULE_PRIORITY_FIRST + _RULE_ROLE_MAX)
                return false;

        raw->rule.role = (uint8_t) (raw->priority - RULE_PRIORITY_FIRST);
        is_to = raw->rule.role == RULE_TO;
        bits = family_length(h->family) * 8;
        if (raw->has_source == is_to || raw->has_destination != is_to || h->src_len != (is_to ? 0 : bits) ||
                        h->dst_len != (is_to ? bits : 0))
                return false;

        if (raw->rule.role == RULE_NEIGHBOURS || raw->rule.role == RULE_MAIN) {
                if (!raw->has_suppress || raw->suppress != 0)
                        return false;
        } else if (raw->has_suppress)
                return false;
        return (raw->rule.role == RULE_MAIN) == (raw->rule.table == RT_TABLE_MAIN);
}

int parse_rule(const struct nlmsghdr *message, Rule *ret, uint8_t *ret_local) {
        const struct fib_rule_hdr *h;
        const struct rtattr *a;
        RawRule raw;
        int left;

        *ret_local = 0;
        if (message->nlmsg_type != RTM_NEWRULE)
                return 0;
        h = message_header(message, sizeof(*h), &a, &left);
        if (!h)
                return -EBADMSG;
        if (h->family != AF_INET && h->family != AF_INET6)
                return 0;

        memset(&raw, 0, sizeof(raw));
        raw.rule.table = h->table;
        for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
                if (!read_rule_attribute(&raw, a, h->family))
                        return -EBADMSG;

        if (h->action == FR_ACT_TO_TBL && raw.rule.table == RT_TABLE_LOCAL &&
                        raw.priority > RULE_PRIORITY_FIRST + RULE_TO)
                *ret_local = h->family;
        if (!rule_is_ours(&raw, h))
                return 0;

        *ret = raw.rule;
        return 1;
}

int parse_address(const struct nlmsghdr *message, int ifindex, Address *ret) {
        const struct ifaddrmsg *h;
        const struct rtattr *a;
        Address address = {};
        bool is_local = false;
        uint32_t flags;
        int left;

        if (message->nlmsg_type != RTM_NEWADDR)
                return 0;
        h = message_header(message, sizeof(*h), &a, &left);
        if (!h)
                return -EBADMSG;
        if ((h->ifa_family != AF_INET && h->ifa_family != AF_INET6) || h->ifa_index != (unsigned) ifindex ||
                        h->ifa_scope != RT_SCOPE_UNIVERSE)
                return 0;

        flags = h->ifa_flags;
        for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
                switch (a->rta_type & NLA_TYPE_MASK) {
                case IFA_FLAGS:
                        if (!get_u32(a, &flags))
                                return -EBADMSG;
                        break;
                case IFA_LOCAL:
                case IFA_ADDRESS:
                        /* With a peer, IFA_ADDRESS is the peer. */
                        if (is_local)
                                break;
                        is_local = (a->rta_type & NLA_TYPE_MASK) == IFA_LOCAL;
                        if (!get_address(a, h->ifa_family, &address))
                                return -EBADMSG;
                        break;
                default:
                        break;
                }

        if (address.family == 0 || (flags & IFA_F_DADFAILED))
                return 0;
        *ret = address;
        return 1;
}

static bool get_via(const struct rtattr *a, Address *ret) {
        const struct rtvia *via = RTA_DATA(a);
        size_t n;

        if (RTA_PAYLOAD(a) < sizeof(*via))
                return false;
        n = family_length(via->rtvia_family);
        if ((via->rtvia_family != AF_INET && via->rtvia_family != AF_INET6) ||
                        RTA_PAYLOAD(a) < sizeof(*via) + n)
                return false;
        *ret = (Address){ .family = (uint8_t) via->rtvia_family };
        memcpy(ret->bytes, via->rtvia_addr, n);
        return true;
}

static void add_hop(Route *route, const Hop *hop, unsigned flags, int ifindex, bool *truncated) {
        if ((ifindex > 0 && hop->ifindex != ifindex) || (flags & RTNH_F_DEAD))
                return;
        if (route->n_hops >= HOPS_MAX) {
                *truncated = true;
                return;
        }
        route->hops[route->n_hops] = *hop;
        route->hops[route->n_hops].onlink = flags & RTNH_F_ONLINK;
        route->n_hops++;
}

static bool read_hops(const struct rtattr *multipath, Route *route, int ifindex, bool *truncated) {
        const char *p = RTA_DATA(multipath);
        size_t left = RTA_PAYLOAD(multipath);

        while (left >= sizeof(struct rtnexthop)) {
                const struct rtnexthop *n = (const void *) p;
                Hop hop = {};
                const struct rtattr *a;
                size_t step;
                int l;

                if (n->rtnh_len < sizeof(*n) || n->rtnh_len > left)
                        return false;

                hop.ifindex = n->rtnh_ifindex;
                hop.weight = n->rtnh_hops;
                a = (const void *) (p + NLMSG_ALIGN(sizeof(*n)));
                l = n->rtnh_len - (int) sizeof(*n);
                for (; RTA_OK(a, l); a = RTA_NEXT(a, l)) {
                        hop.encapsulated |= (a->rta_type & NLA_TYPE_MASK) == RTA_ENCAP;
                        if ((a->rta_type == RTA_GATEWAY &&
                                            !get_address(a, route->destination.family, &hop.gateway)) ||
                                        (a->rta_type == RTA_VIA && !get_via(a, &hop.gateway)))
                                return false;
                }
                add_hop(route, &hop, n->rtnh_flags, ifindex, truncated);

                step = NLMSG_ALIGN((size_t) n->rtnh_len);
                if (step >= left)
                        break;
                p += step;
                left -= step;
        }
        return true;
}

typedef struct RawRoute {
        Route route;
        Hop hop;
        uint32_t nexthop;
        bool has_hops, is_unusable;
        int ifindex;
        bool truncated;
} RawRoute;

static bool read_route_attribute(RawRoute *raw, const struct rtattr *a, int family) {
        struct rta_cacheinfo cache;
        uint32_t u;

        switch (a->rta_type & NLA_TYPE_MASK) {
        case RTA_TABLE:
                return get_u32(a, &raw->route.table);
        case RTA_DST:
                return get_address(a, family, &raw->route.destination);
        case RTA_SRC:
                return get_address(a, family, &raw->route.source);
        case RTA_PRIORITY:
                return get_u32(a, &raw->route.priority);
        case RTA_OIF:
                if (!get_u32(a, &u))
                        return false;
                raw->hop.ifindex = (int) u;
                return true;
        case RTA_GATEWAY:
                return get_address(a, family, &raw->hop.gateway);
        case RTA_VIA:
                return get_via(a, &raw->hop.gateway);
        case RTA_NH_ID:
                return get_u32(a, &raw->nexthop);
        case RTA_METRICS:
                route_read_metrics(a, &raw->route);
                return true;
        case RTA_MULTIPATH:
                raw->has_hops = true;
                return read_hops(a, &raw->route, raw->ifindex, &raw->truncated);
        case RTA_CACHEINFO:
                /* The kernel keeps an expired route until its next garbage collection, and no longer uses it. */
                if (RTA_PAYLOAD(a) < sizeof(cache))
                        return false;
                memcpy(&cache, RTA_DATA(a), sizeof(cache));
                raw->is_unusable |= (int) cache.rta_expires < 0;
                return true;
        case RTA_ENCAP:
                raw->hop.encapsulated = true;
                return true;
        default:
                return true;
        }
}

int parse_route(const struct nlmsghdr *message, uint32_t table, int ifindex, Route *ret,
                uint32_t *ret_nexthop, bool *ret_truncated) {
        RawRoute raw;
        const struct rtmsg *h;
        const struct rtattr *a;
        int left;

        if (message->nlmsg_type != RTM_NEWROUTE)
                return 0;
        h = message_header(message, sizeof(*h), &a, &left);
        if (!h)
                return -EBADMSG;
        if ((h->rtm_family != AF_INET && h->rtm_family != AF_INET6) || (h->rtm_flags & RTM_F_CLONED))
                return 0;

        memset(&raw, 0, sizeof(raw));
        raw.ifindex = ifindex;
        raw.route.destination.family = h->rtm_family;
        raw.route.table = h->rtm_table;
        raw.route.prefix_length = h->rtm_dst_len;
        raw.route.source_length = h->rtm_src_len;
        raw.route.tos = h->rtm_tos;
        raw.route.type = h->rtm_type;
        raw.route.scope = h->rtm_scope;
        raw.route.protocol = h->rtm_protocol;
        for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
                if (!read_route_attribute(&raw, a, h->rtm_family))
                        return -EBADMSG;
        if (raw.route.table != table || (ifindex > 0 && raw.is_unusable))
                return 0;

        if (raw.hop.ifindex > 0 && !raw.has_hops)
                add_hop(&raw.route, &raw.hop, h->rtm_flags, ifindex, &raw.truncated);
        *ret = raw.route;
        *ret_nexthop = raw.hop.ifindex > 0 || raw.has_hops ? 0 : raw.nexthop;
        *ret_truncated = raw.truncated;
        return 1;
}

static size_t read_group(const struct rtattr *a, NexthopMember members[static HOPS_MAX]) {
        size_t n = RTA_PAYLOAD(a) / sizeof(struct nexthop_grp);
        struct nexthop_grp g;

        if (n > HOPS_MAX)
                n = HOPS_MAX;
        for (size_t i = 0; i < n; i++) {
                memcpy(&g, (const char *) RTA_DATA(a) + i * sizeof(g), sizeof(g));
                members[i] = (NexthopMember){ .id = g.id, .weight = g.weight };
        }
        return n;
}

int parse_nexthop(const struct nlmsghdr *message, Hop *ret, NexthopMember members[static HOPS_MAX],
                size_t *ret_n) {
        const struct nhmsg *h;
        const struct rtattr *a;
        size_t n = 0;
        Hop hop = {};
        uint32_t u;
        int left;

        if (message->nlmsg_type != RTM_NEWNEXTHOP)
                return 0;
        h = message_header(message, sizeof(*h), &a, &left);
        if (!h)
                return -EBADMSG;

        for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
                switch (a->rta_type & NLA_TYPE_MASK) {
                case NHA_GROUP:
                        n = read_group(a, members);
                        break;
                case NHA_OIF:
                        if (!get_u32(a, &u))
                                return -EBADMSG;
                        hop.ifindex = (int) u;
                        break;
                case NHA_ENCAP:
                        hop.encapsulated = true;
                        break;
                case NHA_GATEWAY:
                        if (!get_address(a, h->nh_family, &hop.gateway))
                                return -EBADMSG;
                        break;
                default:
                        break;
                }

        if (n == 0 && (hop.ifindex <= 0 || (h->nh_flags & RTNH_F_DEAD)))
                return 0;
        hop.onlink = h->nh_flags & RTNH_F_ONLINK;
        *ret = hop;
        *ret_n = n;
        return 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Which message makes a change? See build.h. */
#include "build.h"

#include <linux/fib_rules.h>

static void *put_header(struct nlmsghdr *m, unsigned type, unsigned flags, size_t size) {
        memset(m, 0, NLMSG_SPACE(size));
        m->nlmsg_len = (uint32_t) NLMSG_SPACE(size);
        m->nlmsg_type = (uint16_t) type;
        m->nlmsg_flags = (uint16_t) flags;
        return NLMSG_DATA(m);
}

static struct rtattr *put(struct nlmsghdr *m, unsigned type, const void *data, size_t size) {
        struct rtattr *a = (void *) ((char *) m + m->nlmsg_len);

        memset(a, 0, RTA_SPACE(size));
        a->rta_type = (unsigned short) type;
        a->rta_len = (unsigned short) RTA_LENGTH(size);
        if (size > 0)
                memcpy(RTA_DATA(a), data, size);
        m->nlmsg_len += (uint32_t) RTA_SPACE(size);
        return a;
}

static void put_u32(struct nlmsghdr *m, unsigned type, uint32_t value) {
        put(m, type, &value, sizeof(value));
}

static void end_nested(const struct nlmsghdr *m, struct rtattr *a) {
        a->rta_len = (unsigned short) ((const char *) m + m->nlmsg_len - (const char *) a);
}

static void put_rule(struct nlmsghdr *m, bool is_add, const Rule *rule) {
        size_t n = family_length(rule->address.family);
        bool is_to = rule->role == RULE_TO;
        struct fib_rule_hdr *h;

        h = put_header(m, is_add ? RTM_NEWRULE : RTM_DELRULE, is_add ? NLM_F_CREATE | NLM_F_EXCL : 0,
                        sizeof(*h));
        h->family = rule->address.family;
        h->action = FR_ACT_TO_TBL;
        if (is_to)
                h->dst_len = (uint8_t) (n * 8);
        else
                h->src_len = (uint8_t) (n * 8);

        put(m, is_to ? FRA_DST : FRA_SRC, rule->address.bytes, n);
        put_u32(m, FRA_PRIORITY, RULE_PRIORITY_FIRST + rule->role);
        put_u32(m, FRA_TABLE, rule->table);
        put(m, FRA_PROTOCOL, &rule->protocol, sizeof(rule->protocol));
        if (rule->role == RULE_NEIGHBOURS || rule->role == RULE_MAIN)
                put_u32(m, FRA_SUPPRESS_PREFIXLEN, 0);
}

static void put_gateway(struct nlmsghdr *m, const Hop *hop, int family) {
        char buffer[sizeof(struct rtvia) + 16];
        struct rtvia *via = (void *) buffer;
        size_t n = family_length(hop->gateway.family);

        if (hop->gateway.family == 0)
                return;
        if (hop->gateway.family == family) {
                put(m, RTA_GATEWAY, hop->gateway.bytes, n);
                return;
        }
        via->rtvia_family = hop->gateway.family;
        memcpy(via->rtvia_addr, hop->gateway.bytes, n);
        put(m, RTA_VIA, via, sizeof(*via) + n);
}

static void put_hops(struct nlmsghdr *m, const Route *route) {
        struct rtattr *nested = put(m, RTA_MULTIPATH, NULL, 0);

        for (size_t i = 0; i < route->n_hops; i++) {
                const Hop *hop = route->hops + i;
                struct rtnexthop *n = (void *) ((char *) m + m->nlmsg_len);

                memset(n, 0, sizeof(*n));
                n->rtnh_ifindex = hop->ifindex;
                n->rtnh_hops = hop->weight;
                n->rtnh_flags = hop->onlink ? RTNH_F_ONLINK : 0;
                m->nlmsg_len += (uint32_t) sizeof(*n);
                put_gateway(m, hop, route->destination.family);
                n->rtnh_len = (unsigned short) ((char *) m + m->nlmsg_len - (char *) n);
        }
        end_nested(m, nested);
}

static void put_metrics(struct nlmsghdr *m, const Route *route) {
        struct rtattr *nested;
        bool any = route->locks != 0 || route->congestion[0];

        for (unsigned i = 0; i < _ROUTE_METRIC_MAX; i++)
                any |= route->metrics[i] != 0;
        if (!any)
                return;

        nested = put(m, RTA_METRICS, NULL, 0);
        if (route->locks)
                put_u32(m, RTAX_LOCK, route->locks);
        for (unsigned i = 0; i < _ROUTE_METRIC_MAX; i++)
                if (route->metrics[i])
                        put_u32(m, route_metric_number(i), route->metrics[i]);
        if (route->congestion[0])
                put(m, RTAX_CC_ALGO, route->congestion, strnlen(route->congestion, CONGESTION_MAX - 1) + 1);
        end_nested(m, nested);
}

static unsigned add_flags(const Change *change) {
        if (change->verb == CHANGE_ADD)
                return NLM_F_CREATE | NLM_F_EXCL;
        return NLM_F_CREATE | NLM_F_APPEND;
}

static void put_route(struct nlmsghdr *m, const Change *change) {
        bool is_delete = change->verb == CHANGE_DELETE;
        const Route *route = change->route;
        struct rtmsg *h;

        h = put_header(m, is_delete ? RTM_DELROUTE : RTM_NEWROUTE, is_delete ? 0 : add_flags(change),
                        sizeof(*h));
        h->rtm_family = route->destination.family;
        h->rtm_dst_len = route->prefix_length;
        h->rtm_src_len = route->source_length;
        h->rtm_tos = route->tos;
        h->rtm_protocol = route->protocol;
        h->rtm_scope = route->scope;
        h->rtm_type = route->type;

        put_u32(m, RTA_TABLE, route->table);
        if (route->prefix_length > 0)
                put(m, RTA_DST, route->destination.bytes, family_length(route->destination.family));
        if (route->source_length > 0)
                put(m, RTA_SRC, route->source.bytes, family_length(route->destination.family));
        put_u32(m, RTA_PRIORITY, route->priority);
        put_metrics(m, route);

        if (route->n_hops > 1 || (route->n_hops == 1 && route->hops[0].weight > 0))
                put_hops(m, route);
        else if (route->n_hops == 1) {
                put_u32(m, RTA_OIF, (uint32_t) route->hops[0].ifindex);
                put_gateway(m, route->hops, route->destination.family);
                if (route->hops[0].onlink)
                        h->rtm_flags |= RTNH_F_ONLINK;
        }
}

size_t build_message(const Change *change, void *buffer) {
        struct nlmsghdr *m = buffer;

        if (change->rule)
                put_rule(m, change->verb != CHANGE_DELETE, change->rule);
        else
                put_route(m, change);
        return m->nlmsg_len;
}

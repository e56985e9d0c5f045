/* SPDX-License-Identifier: Apache-2.0 */
/* How does a route of a link look in JSON? See route-json.h. */
#include "route-json.h"

#include <linux/lwtunnel.h>
#include <net/if.h>

#include "address-json.h"
#include "attributes.h"

typedef struct Route {
        const struct rtmsg *info;
        const struct rtattr *a[RTA_MAX + 1];
        const struct rtattr
                        *leg[RTA_MAX + 1]; /* the attributes of the link's own leg of a multipath route */
        unsigned flags;
} Route;

static const char *format_attribute(
                int family, const struct rtattr *a, char buffer[static INET6_ADDRSTRLEN]) {
        return a && address_to_text(family, RTA_DATA(a), RTA_PAYLOAD(a), buffer) ? buffer : "";
}

/* RTA_VIA: a gateway of another family than the destination. */
static const char *format_gateway(
                int family, const struct rtattr *const a[], char buffer[static INET6_ADDRSTRLEN]) {
        struct rtvia via;

        if (a[RTA_GATEWAY])
                return format_attribute(family, a[RTA_GATEWAY], buffer);
        if (!a[RTA_VIA] || RTA_PAYLOAD(a[RTA_VIA]) < sizeof(via))
                return "";
        memcpy(&via, RTA_DATA(a[RTA_VIA]), sizeof(via));
        return address_to_text(via.rtvia_family, (const char *) RTA_DATA(a[RTA_VIA]) + sizeof(via),
                               RTA_PAYLOAD(a[RTA_VIA]) - sizeof(via), buffer)
                        ? buffer
                        : "";
}

/* Steps through the legs; false at the end or where one is cut. */
static bool next_leg(const struct rtattr *multipath, size_t *offset, const struct rtnexthop **ret) {
        size_t size = multipath ? RTA_PAYLOAD(multipath) : 0;
        const struct rtnexthop *leg;

        if (*offset >= size || size - *offset < sizeof(*leg))
                return false;
        leg = (const void *) ((const char *) RTA_DATA(multipath) + *offset);
        if (leg->rtnh_len < sizeof(*leg) || leg->rtnh_len > size - *offset)
                return false;

        *offset += RTNH_ALIGN(leg->rtnh_len);
        *ret = leg;
        return true;
}

static void parse_leg(const struct rtnexthop *leg, const struct rtattr *table[]) {
        attributes_parse(RTNH_DATA(leg), leg->rtnh_len - sizeof(*leg), table, RTA_MAX);
}

static bool find_own_leg(Route *route, int ifindex) {
        const struct rtnexthop *leg;
        size_t offset = 0;

        while (next_leg(route->a[RTA_MULTIPATH], &offset, &leg))
                if (leg->rtnh_ifindex == ifindex) {
                        parse_leg(leg, route->leg);
                        route->flags |= leg->rtnh_flags;
                        return true;
                }
        return false;
}

/* In the words of ip(8): "nexthop via 192.0.2.1 dev eth0 weight 1 nexthop …". */
static void write_multipath(Json *j, const Route *route) {
        const struct rtattr *a[RTA_MAX + 1];
        const struct rtnexthop *leg;
        char text[4096] = "", gateway[INET6_ADDRSTRLEN], name[IF_NAMESIZE];
        size_t offset = 0, n = 0;

        while (next_leg(route->a[RTA_MULTIPATH], &offset, &leg)) {
                const char *via;

                parse_leg(leg, a);
                via = format_gateway(route->info->rtm_family, a, gateway);
                if (!if_indextoname((unsigned) leg->rtnh_ifindex, name))
                        (void) snprintf(name, sizeof(name), "if%i", leg->rtnh_ifindex);
                n += (size_t) snprintf(text + n, sizeof(text) - n, "%snexthop%s%s dev %s weight %u",
                                n > 0 ? " " : "", *via ? " via " : "", via, name, leg->rtnh_hops + 1U);
                if (n >= sizeof(text))
                        break;
        }
        json_member_string(j, "MultiPath", text);
}

static void write_flags(Json *j, unsigned flags) {
        static const struct {
                unsigned flag;
                const char *name;
        } names[] = {
                { RTNH_F_DEAD, "dead" },
                { RTNH_F_PERVASIVE, "pervasive" },
                { RTNH_F_ONLINK, "onlink" },
                { RTNH_F_OFFLOAD, "offload" },
                { RTNH_F_LINKDOWN, "linkdown" },
                { RTNH_F_UNRESOLVED, "unresolved" },
                { RTNH_F_TRAP, "trap" },
        };
        bool any = false;

        json_key(j, "Flags");
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (flags & names[i].flag) {
                        if (!any)
                                json_open(j, '[');
                        json_string(j, names[i].name);
                        any = true;
                }
        if (any)
                json_close(j, ']');
        else
                json_null(j);
}

static const char *encapsulation(const struct rtattr *a) {
        static const char *const names[] = { "", "mpls", "ip", "ila", "ip6", "seg6", "bpf", "seg6local",
                "rpl", "ioam6", "xfrm" };
        uint16_t type = attribute_u16(a, LWTUNNEL_ENCAP_NONE);

        return type < ELEMENTSOF(names) ? names[type] : "";
}

static void write_addresses(Json *j, const Route *route) {
        const struct rtattr *const *own = route->a[RTA_MULTIPATH] ? route->leg : route->a;
        int family = route->info->rtm_family;
        char text[INET6_ADDRSTRLEN];

        json_key(j, "Dst");
        json_open(j, '{');
        json_member_string(j, "IP", format_attribute(family, route->a[RTA_DST], text));
        json_member_number(j, "Mask", route->info->rtm_dst_len);
        json_close(j, '}');
        json_member_string(j, "Src", format_attribute(family, route->a[RTA_PREFSRC], text));
        json_member_string(j, "Gw", format_gateway(family, own, text));
        write_multipath(j, route);
}

static void write_route(Json *j, const Route *route, uint32_t table) {
        const struct rtattr *metrics[RTAX_MAX + 1];

        attributes_parse_nested(route->a[RTA_METRICS], metrics, RTAX_MAX);
        json_open(j, '{');
        json_member_number(j, "Scope", route->info->rtm_scope);
        write_addresses(j, route);
        json_member_number(j, "Protocol", route->info->rtm_protocol);
        json_member_number(j, "Priority", attribute_u32(route->a[RTA_PRIORITY], 0));
        json_member_number(j, "Table", table);
        json_member_number(j, "Type", route->info->rtm_type);
        json_member_number(j, "Tos", route->info->rtm_tos);
        write_flags(j, route->flags);
        json_member_string(j, "MPLSDst", "");
        json_member_string(j, "NewDst", "");
        json_member_string(j, "Encap", encapsulation(route->a[RTA_ENCAP_TYPE]));
        json_member_number(j, "MTU", attribute_u32(metrics[RTAX_MTU], 0));
        json_member_number(j, "AdvMSS", attribute_u32(metrics[RTAX_ADVMSS], 0));
        json_member_number(j, "Hoplimit", attribute_u32(metrics[RTAX_HOPLIMIT], 0));
        json_close(j, '}');
}

/* Of routes of the table local, of cached ones and of other links' nothing is told. */
static bool parse(const struct nlmsghdr *message, int ifindex, Route *ret, uint32_t *ret_table) {
        Route route = { .info = NLMSG_DATA(message) };
        uint32_t table;

        if (!attributes_parse_message(message, sizeof(*route.info), route.a, RTA_MAX))
                return false;
        table = attribute_u32(route.a[RTA_TABLE], route.info->rtm_table);
        if (table == RT_TABLE_LOCAL || route.info->rtm_flags & RTM_F_CLONED)
                return false;
        route.flags = route.info->rtm_flags;
        if (route.a[RTA_MULTIPATH]) {
                if (!find_own_leg(&route, ifindex))
                        return false;
        } else if (attribute_u32(route.a[RTA_OIF], 0) != (uint32_t) ifindex)
                return false;

        *ret = route;
        *ret_table = table;
        return true;
}

bool route_json_write(Json *j, const struct nlmsghdr *message, int ifindex) {
        uint32_t table;
        Route route;

        if (!parse(message, ifindex, &route, &table))
                return false;
        write_route(j, &route, table);
        return true;
}

bool route_default_gateway(const struct nlmsghdr *message, int ifindex, int *ret_family,
                char ret[static INET6_ADDRSTRLEN]) {
        uint32_t table;
        Route route;

        if (!parse(message, ifindex, &route, &table) || table != RT_TABLE_MAIN ||
                        route.info->rtm_dst_len > 0)
                return false;
        *ret_family = route.info->rtm_family;
        return *format_gateway(route.info->rtm_family, route.a[RTA_MULTIPATH] ? route.leg : route.a, ret) !=
                        '\0';
}

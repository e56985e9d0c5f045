/* SPDX-License-Identifier: Apache-2.0 */
/* What does the kernel say about a link? See snapshot.h. */
#include "snapshot.h"

#include <linux/if_addr.h>
#include <sys/ioctl.h>

#include "address-json.h"
#include "attributes.h"
#include "route-json.h"
#include "route-question.h"

void snapshot_done(Snapshot *snapshot) {
        free(snapshot->link);
        buffer_done(&snapshot->addresses);
        buffer_done(&snapshot->routes);
        buffer_done(&snapshot->texts);
        buffer_done(&snapshot->ipv4);
        buffer_done(&snapshot->ipv6);
        *snapshot = (Snapshot){};
}

static int add_link(Snapshot *s, const struct nlmsghdr *message) {
        const struct ifinfomsg *info = NLMSG_DATA(message);
        const struct rtattr *a[IFLA_MAX + 1];
        const char *name;
        size_t n;

        if (!attributes_parse_message(message, sizeof(*info), a, IFLA_MAX))
                return 0;
        n = attribute_text(a[IFLA_IFNAME], &name);
        if (n == 0 || n >= sizeof(s->name) || info->ifi_index <= 0)
                return 0;

        free(s->link);
        s->link = malloc(message->nlmsg_len);
        if (!s->link)
                return -ENOMEM;
        memcpy(s->link, message, message->nlmsg_len);
        memcpy(s->name, name, n);
        s->name[n] = '\0';
        s->ifindex = info->ifi_index;
        return 0;
}

static void add_word(Buffer *b, const char *word) {
        if (b->length > 0)
                buffer_puts(b, " ");
        buffer_puts(b, word);
}

/* The lists that networkd-dispatcher has, without what it leaves out. */
static void add_to_lists(Snapshot *s, const struct ifaddrmsg *info, const char *text) {
        if (info->ifa_family == AF_INET) {
                if (!startswith(text, "127."))
                        add_word(&s->ipv4, text);
        } else if (!startswith(text, "fe80:"))
                add_word(&s->ipv6, text);
}

static void add_address(Snapshot *s, const struct nlmsghdr *message) {
        const struct ifaddrmsg *info = NLMSG_DATA(message);
        char text[INET6_ADDRSTRLEN];

        if (!address_format(message, text) || info->ifa_index != (unsigned) s->ifindex)
                return;
        if (!*s->first)
                (void) snprintf(s->first, sizeof(s->first), "%s", text);
        add_to_lists(s, info, text);
        if (s->details) {
                json_string(&s->texts, text);
                address_json_write(&s->addresses, message);
        }
}

static char *gateway_of(Snapshot *s, int family) {
        return s->gateways[family == AF_INET6];
}

static void add_route(Snapshot *s, const struct nlmsghdr *message) {
        char gateway[INET6_ADDRSTRLEN];
        int family;

        if (!route_json_write(&s->routes, message, s->ifindex))
                return;
        if (route_default_gateway(message, s->ifindex, &family, gateway)) {
                char *to = gateway_of(s, family);

                if (!*to)
                        (void) snprintf(to, sizeof(s->gateways[0]), "%s", gateway);
        }
}

int snapshot_add(const struct nlmsghdr *message, void *snapshot) {
        Snapshot *s = snapshot;

        switch (message->nlmsg_type) {
        case RTM_NEWLINK:
                return add_link(s, message);
        case RTM_NEWADDR:
                add_address(s, message);
                break;
        case RTM_NEWROUTE:
                add_route(s, message);
                break;
        default:
                break;
        }
        return 0;
}

static void forget_addresses(void *snapshot) {
        Snapshot *s = snapshot;

        buffer_truncate(&s->addresses, 0);
        buffer_truncate(&s->texts, 0);
        buffer_truncate(&s->ipv4, 0);
        buffer_truncate(&s->ipv6, 0);
        s->first[0] = '\0';
}

void snapshot_begin_routes(Snapshot *s, uint8_t family) {
        s->routes_mark = s->routes.length;
        s->routes_family = family;
}

void snapshot_forget_routes(void *snapshot) {
        Snapshot *s = snapshot;

        buffer_truncate(&s->routes, s->routes_mark);
        *gateway_of(s, s->routes_family) = '\0';
}

/* A dump that never saw the table at rest is better than none. */
static int dump(Netlink *nl, struct nlmsghdr *request, NetlinkRestart restart, Snapshot *s) {
        int r;

        r = netlink_dump(nl, request, restart, snapshot_add, s);
        return r == -EINTR ? 0 : r;
}

/* By the ifindex if it is known: of two links that swapped their names it is the right one. */
static int ask_link(Netlink *nl, const char *name, int ifindex, Snapshot *s) {
        struct {
                struct nlmsghdr header;
                struct ifinfomsg info;
                struct rtattr name_head;
                char name[IF_NAMESIZE];
        } request = {
                .header = { .nlmsg_type = RTM_GETLINK },
                .info = { .ifi_index = ifindex },
        };
        size_t n = strnlen(name, IF_NAMESIZE - 1);

        request.header.nlmsg_len = offsetof(__typeof__(request), name_head);
        if (ifindex <= 0) {
                memcpy(request.name, name, n);
                request.name_head.rta_type = IFLA_IFNAME;
                request.name_head.rta_len = (unsigned short) RTA_LENGTH(n + 1);
                request.header.nlmsg_len += RTA_SPACE(n + 1);
        }
        return netlink_request(nl, &request.header, snapshot_add, s);
}

static int ask_addresses(Netlink *nl, Snapshot *s) {
        struct {
                struct nlmsghdr header;
                struct ifaddrmsg info;
        } request = {
                .header = { .nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETADDR },
                .info = { .ifa_family = AF_UNSPEC, .ifa_index = (unsigned) s->ifindex },
        };

        return dump(nl, &request.header, forget_addresses, s);
}

/* The kernel applies the filter, legs of multipath routes included, but walks all tables for it: 9 ms for 100,000 IPv4
 * routes of other links (those of main twice, while no policy rule was ever made), 14 ms for as many IPv6 ones. It has no
 * index by output. So nb-watch is asked first. */
static int ask_routes(Netlink *nl, uint8_t family, Snapshot *s) {
        RouteRequest request = route_request(family, s->ifindex, 0);

        snapshot_begin_routes(s, family);
        return dump(nl, &request.header, snapshot_forget_routes, s);
}

/* Nothing but name and index, at a tenth of the cost of an RTM_NEWLINK message. */
static int ask_index(Netlink *nl, const char *name, int ifindex, Snapshot *s) {
        struct ifreq request = {};

        memcpy(request.ifr_name, name, strnlen(name, IF_NAMESIZE - 1));
        if (ioctl(nl->fd, SIOCGIFINDEX, &request) < 0)
                return negative_errno();
        if (ifindex > 0 && request.ifr_ifindex != ifindex)
                return -ENODEV;
        memcpy(s->name, request.ifr_name, IF_NAMESIZE);
        s->ifindex = request.ifr_ifindex;
        return 0;
}

/* -ENODEV: the link vanished, before or while it was asked for. */
static int ask_all(Netlink *nl, const char *name, int ifindex, Snapshot *s) {
        int r;

        r = s->details ? ask_link(nl, name, ifindex, s) : ask_index(nl, name, ifindex, s);
        if (r >= 0 && !streq(s->name, name))
                r = -ENODEV;
        if (r >= 0)
                r = ask_addresses(nl, s);
        if (r < 0 || !s->details)
                return r;

        r = route_question_ask(s->ifindex, snapshot_add, s);
        if (r != 0)
                return r < 0 ? r : 0;
        r = ask_routes(nl, AF_INET, s);
        if (r < 0)
                return r;
        return ask_routes(nl, AF_INET6, s);
}

int snapshot_take(Netlink *nl, const char *name, int ifindex, bool details, Snapshot *ret) {
        _cleanup_snapshot_ Snapshot s = { .details = details };
        int r;

        r = ask_all(nl, name, ifindex, &s);
        if (r == -ENODEV) {
                *ret = (Snapshot){ .details = details };
                return 0;
        }
        if (r < 0)
                return r;

        s.exists = true;
        *ret = s;
        s = (Snapshot){};
        return 0;
}

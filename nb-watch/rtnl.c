/* SPDX-License-Identifier: Apache-2.0 */
/* What does the kernel say about links, addresses, routes and rules?
 *
 * Changes come on the socket of nb-watch.socket, which PID 1 opened with a large buffer and keeps over a crash.
 * Dumps go over a socket of our own. What waits on the first one before a dump is dropped unread: the dump knows
 * better, and nothing older may come after it. */
#include <linux/fib_rules.h>
#include <net/if.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "leases.h"
#include "log.h"
#include "netlink.h"
#include "routes.h"
#include "rules.h"
#include "watch.h"

#define GROUPS 263633U /* as in nb-watch.socket */
#define RETRY_USEC (100U * 1000U)

struct Rtnl {
        Watch *watch;
        int fd;
        sd_event_source *io, *retry;
        Netlink requests;
        bool syncing;
        bool heal; /* a rule of ours was removed by a message of this round */
};

static int parse_link(const struct nlmsghdr *message, int *ret_ifindex, LinkFacts *ret_facts,
                char ret_name[static IF_NAMESIZE]) {
        const struct ifinfomsg *header = NLMSG_DATA(message);
        LinkFacts facts = {};
        int length;

        if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*header)) || header->ifi_index <= 0)
                return -EBADMSG;
        /* A bridge announces its ports in its own family. */
        if (header->ifi_family != AF_UNSPEC)
                return -EAFNOSUPPORT;

        facts.flags = header->ifi_flags;
        ret_name[0] = '\0';
        length = (int) (message->nlmsg_len - NLMSG_LENGTH(sizeof(*header)));
        for (const struct rtattr *rta = IFLA_RTA(header); RTA_OK(rta, length); rta = RTA_NEXT(rta, length)) {
                size_t size = RTA_PAYLOAD(rta);

                if (rta->rta_type == IFLA_IFNAME && size > 0 && size <= IF_NAMESIZE)
                        snprintf(ret_name, IF_NAMESIZE, "%.*s", (int) size, (const char *) RTA_DATA(rta));
                else if (rta->rta_type == IFLA_OPERSTATE && size == 1)
                        facts.operstate = *(const uint8_t *) RTA_DATA(rta);
                else if (rta->rta_type == IFLA_MASTER && size == sizeof(int))
                        memcpy(&facts.master, RTA_DATA(rta), sizeof(int));
        }
        if (!link_name_is_valid(ret_name))
                return -EBADMSG;

        *ret_ifindex = header->ifi_index;
        *ret_facts = facts;
        return 0;
}

typedef struct PortSearch {
        int master;
        bool found;
} PortSearch;

static void find_port_without_carrier(Link *link, void *userdata) {
        PortSearch *search = userdata;

        if (link->facts.master == search->master && !link_facts_have_carrier(&link->facts))
                search->found = true;
}

static void update_master(Watch *w, int ifindex) {
        PortSearch search = { .master = ifindex };
        Link *master = links_find(&w->links, ifindex);

        if (!master || !w->config.kernel)
                return;
        links_foreach(&w->links, find_port_without_carrier, &search);
        if (master->facts.port_without_carrier != search.found) {
                master->facts.port_without_carrier = search.found;
                link_update(w, master);
        }
}

static void remove_link(Watch *w, Link *link) {
        int master = link->facts.master;

        link_remove(w, link);
        if (master > 0)
                update_master(w, master);
}

static void link_rename(Watch *w, Link *link, const char *name) {
        char previous[IF_NAMESIZE];

        snprintf(previous, sizeof(previous), "%s", link->name);
        snprintf(link->name, sizeof(link->name), "%s", name);
        if (!link->told || !config_watches(&w->config, name))
                rules_drop(w, link, previous);
        free(link->networkd);
        link->networkd = NULL;
        link_review(w, link);
}

static int on_new_link(Watch *w, const struct nlmsghdr *message, bool dump) {
        char name[IF_NAMESIZE];
        LinkFacts facts;
        int ifindex, master, r;
        Link *link;

        r = parse_link(message, &ifindex, &facts, name);
        if (r < 0)
                return r;

        /* Whoever waits for linger has to make way for a link of its name or index. */
        link = w->n_gone > 0 ? links_find_name(&w->links, name) : NULL;
        if (link && link->gone)
                link_forget(w, link);
        link = links_find(&w->links, ifindex);
        if (link && link->gone) {
                link_forget(w, link);
                link = NULL;
        }
        if (!link) {
                r = links_add(&w->links, ifindex, name, &link);
                if (r < 0)
                        return r;
                link->facts = facts;
                link_enter(w, link, w->first && !w->began);
        } else if (!streq(link->name, name))
                link_rename(w, link, name);

        link->seen = true;
        master = link->facts.master;
        facts.port_without_carrier = link->facts.port_without_carrier;
        if ((facts.flags ^ link->facts.flags) & IFF_UP)
                routes_vanished(w, link);
        link->facts = facts;
        rules_touch(w, link);
        if (dump)
                return 0;

        link_update(w, link);
        if (master > 0 && master != facts.master)
                update_master(w, master);
        if (facts.master > 0)
                update_master(w, facts.master);
        return 0;
}

static int on_del_link(Watch *w, const struct nlmsghdr *message) {
        char name[IF_NAMESIZE];
        LinkFacts facts;
        int ifindex, r;
        Link *link;

        r = parse_link(message, &ifindex, &facts, name);
        if (r < 0)
                return r;
        link = links_find(&w->links, ifindex);
        if (link)
                remove_link(w, link);
        return 0;
}

static int on_address(Watch *w, const struct nlmsghdr *message, bool dump) {
        bool new = message->nlmsg_type == RTM_NEWADDR;
        Address address;
        uint32_t flags, valid;
        int ifindex, r;
        Link *link;

        r = address_parse(message, &address, &ifindex, &flags, &valid);
        if (r < 0)
                return r;
        link = links_find(&w->links, ifindex);
        if (!link)
                return 0;

        /* networkd waits for the test for doubles too. */
        if (new && ((flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) && !(flags & IFA_F_OPTIMISTIC)))
                r = address_set_add(&link->not_usable, &address);
        else
                r = address_set_remove(&link->not_usable, &address);
        if (r < 0)
                return r;

        r = new ? address_set_add(&link->addresses, &address)
                : address_set_remove(&link->addresses, &address);
        if (r < 0 || dump)
                return r < 0 ? r : 0;
        if (r > 0) {
                rules_touch(w, link);
                if (!new)
                        routes_vanished(w, link);
        } else if (new)
                leases_refreshed(w->leases, link, &address, valid);
        link_update(w, link);
        return 0;
}

/* A removed rule that carries our mark was removed by somebody else, or by nb-rules just now. */
static int on_rule(Rtnl *rtnl, const struct nlmsghdr *message) {
        const struct fib_rule_hdr *header = NLMSG_DATA(message);
        int length;

        if (message->nlmsg_type != RTM_DELRULE || message->nlmsg_len < NLMSG_LENGTH(sizeof(*header)))
                return 0;

        length = (int) (message->nlmsg_len - NLMSG_LENGTH(sizeof(*header)));
        for (const struct rtattr *rta = (const struct rtattr *) ((const char *) header +
                             NLMSG_ALIGN(sizeof(*header)));
                        RTA_OK(rta, length); rta = RTA_NEXT(rta, length))
                if (rta->rta_type == FRA_PROTOCOL && RTA_PAYLOAD(rta) == 1 &&
                                *(const uint8_t *) RTA_DATA(rta) == rtnl->watch->config.rule_protocol)
                        rtnl->heal = true;
        return 0;
}

static int on_message(const struct nlmsghdr *message, void *userdata) {
        Rtnl *rtnl = userdata;
        Watch *w = rtnl->watch;
        int r = 0;

        switch (message->nlmsg_type) {
        case RTM_NEWLINK:
                r = on_new_link(w, message, false);
                break;
        case RTM_DELLINK:
                r = on_del_link(w, message);
                break;
        case RTM_NEWADDR:
        case RTM_DELADDR:
                r = on_address(w, message, false);
                break;
        case RTM_NEWROUTE:
        case RTM_DELROUTE:
                routes_changed(w, message);
                break;
        case RTM_DELRULE:
                r = on_rule(rtnl, message);
                break;
        }
        if (r < 0 && r != -EAFNOSUPPORT)
                log_warning_errno(r, "Ignoring a netlink message of type %u: %m", message->nlmsg_type);
        return 0;
}

static int on_dumped_link(const struct nlmsghdr *message, void *userdata) {
        Rtnl *rtnl = userdata;

        if (message->nlmsg_type == RTM_NEWLINK)
                (void) on_new_link(rtnl->watch, message, true);
        return 0;
}

static int on_dumped_address(const struct nlmsghdr *message, void *userdata) {
        Rtnl *rtnl = userdata;

        if (message->nlmsg_type == RTM_NEWADDR)
                (void) on_address(rtnl->watch, message, true);
        return 0;
}

static void link_forget_seen(Link *link, _unused_ void *userdata) {
        link->seen = false;
}

static void link_forget_addresses(Link *link, _unused_ void *userdata) {
        address_set_clear(&link->addresses);
        address_set_clear(&link->not_usable);
}

static void restart_links(void *userdata) {
        Rtnl *rtnl = userdata;

        links_foreach(&rtnl->watch->links, link_forget_seen, NULL);
}

static void restart_addresses(void *userdata) {
        Rtnl *rtnl = userdata;

        links_foreach(&rtnl->watch->links, link_forget_addresses, NULL);
}

static int rtnl_dump(Rtnl *rtnl, uint16_t type, size_t header_size, NetlinkRestart restart,
                NetlinkHandler handler) {
        union {
                struct nlmsghdr header;
                char data[NLMSG_SPACE(sizeof(struct ifinfomsg))];
        } request = { .header = { .nlmsg_type = type } };
        int r;

        request.header.nlmsg_len = (uint32_t) NLMSG_LENGTH(header_size);
        r = netlink_dump(&rtnl->requests, &request.header, restart, handler, rtnl);
        /* Many changes at once: what was read is nearly right, and the changes are messages on the other socket. */
        return r == -EINTR ? 0 : r;
}

static void link_gone(Link *link, void *userdata) {
        if (!link->seen)
                remove_link(userdata, link);
}

static void link_compare(Link *link, void *userdata) {
        Watch *w = userdata;

        if (link->told && !config_watches(&w->config, link->name))
                link_leave(w, link);
        if (w->config.kernel)
                update_master(w, link->ifindex);
        link_update(w, link);
        routes_compare(w, link);
        leases_check(w->leases, link);
}

static int drop_message(_unused_ const struct nlmsghdr *message, _unused_ void *userdata) {
        return 0;
}

static void rtnl_drain(Rtnl *rtnl) {
        int r;

        do
                r = netlink_receive(rtnl->fd, drop_message, NULL);
        while (r > 0 || r == -ENOBUFS);
}

static int on_retry(_unused_ sd_event_source *source, _unused_ uint64_t usec, void *userdata) {
        Rtnl *rtnl = userdata;

        rtnl->retry = sd_event_source_disable_unref(rtnl->retry);
        (void) rtnl_sync(rtnl);
        return 0;
}

int rtnl_sync(Rtnl *rtnl) {
        Watch *w = rtnl->watch;
        int r;

        (void) sd_event_source_set_enabled(rtnl->io, SD_EVENT_OFF);
        rtnl_drain(rtnl);

        r = rtnl_dump(rtnl, RTM_GETLINK, sizeof(struct ifinfomsg), restart_links, on_dumped_link);
        if (r >= 0) {
                links_foreach(&w->links, link_gone, w);
                r = rtnl_dump(rtnl, RTM_GETADDR, sizeof(struct ifaddrmsg), restart_addresses,
                                on_dumped_address);
        }
        if (r < 0) {
                log_error_errno(r, "Failed to read links and addresses from the kernel, trying again: %m");
                if (!rtnl->retry)
                        (void) sd_event_add_time_relative(w->event, &rtnl->retry, CLOCK_MONOTONIC,
                                        RETRY_USEC, 0, on_retry, rtnl);
                return r;
        }

        links_foreach(&w->links, link_compare, w);
        rules_heal(w);
        w->began = true;
        (void) sd_event_source_set_enabled(rtnl->io, SD_EVENT_ON);
        deliver_ready(w);
        return 0;
}

static int on_io(_unused_ sd_event_source *source, int fd, _unused_ uint32_t revents, void *userdata) {
        Rtnl *rtnl = userdata;
        Watch *w = rtnl->watch;
        int r;

        do
                r = netlink_receive(fd, on_message, rtnl);
        while (r > 0);

        if (r == -ENOBUFS) {
                log_warning("The kernel had to drop netlink messages; reading everything anew.");
                return rtnl_sync(rtnl) < 0 ? 0 : 0;
        }
        if (r < 0)
                log_warning_errno(r, "Failed to read from netlink: %m");
        if (rtnl->heal) {
                rtnl->heal = false;
                rules_heal(w);
        }
        deliver_ready(w);
        return 0;
}

static int open_socket(void) {
        struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = GROUPS };
        _cleanup_close_ int fd = -EBADF;

        fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
        if (fd < 0)
                return negative_errno();
        if (bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0)
                return negative_errno();
        return TAKE_FD(fd);
}

int rtnl_new(Watch *w, int fd, Rtnl **ret) {
        Rtnl *rtnl;
        int r;

        rtnl = calloc(1, sizeof(*rtnl));
        if (!rtnl) {
                safe_close(fd);
                return -ENOMEM;
        }
        rtnl->watch = w;
        rtnl->requests = (Netlink) NETLINK_INITIALIZER;
        rtnl->fd = fd >= 0 ? fd : open_socket();
        r = rtnl->fd < 0 ? rtnl->fd : netlink_open(&rtnl->requests);
        if (r >= 0)
                r = sd_event_add_io(w->event, &rtnl->io, rtnl->fd, EPOLLIN, on_io, rtnl);
        if (r >= 0)
                r = sd_event_source_set_priority(rtnl->io, SD_EVENT_PRIORITY_IMPORTANT);
        if (r >= 0)
                r = sd_event_source_set_enabled(rtnl->io, SD_EVENT_OFF);
        if (r < 0) {
                rtnl_free(rtnl);
                return r;
        }

        *ret = rtnl;
        return 0;
}

void rtnl_free(Rtnl *rtnl) {
        if (!rtnl)
                return;
        sd_event_source_disable_unref(rtnl->io);
        sd_event_source_disable_unref(rtnl->retry);
        netlink_close(&rtnl->requests);
        safe_close(rtnl->fd);
        free(rtnl);
}

int rtnl_digest_routes(Rtnl *rtnl, int ifindex, uint64_t *ret) {
        return routes_digest(&rtnl->requests, ifindex, rtnl->watch->config.rule_protocol, ret);
}

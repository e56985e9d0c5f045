/* SPDX-License-Identifier: Apache-2.0 */
/* What does the kernel say about links, addresses, routes and rules?
 *
 * Changes come on the socket of nb-watch.socket, which PID 1 opened with a large buffer and keeps over a crash.
 * Dumps go over a socket of our own. What waits on the first one before a dump, or comes during it, is dropped unread:
 * the dump knows better, and nothing older may come after it. Until a dump succeeds, nothing is told: what is known of
 * links is half of it. */
#include "rtnl.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include "apply.h"
#include "deliver.h"
#include "leases.h"
#include "log.h"
#include "losses.h"
#include "netlink.h"
#include "networkd.h"
#include "route-keeper.h"
#include "routes.h"
#include "rules-urgent.h"
#include "rules.h"
#include "watch.h"

#define GROUPS 263633U /* as in nb-watch.socket */

/* So often a network that changes all the time is read anew; then it is tried again later. */
#define READS_MAX 8U

struct Rtnl {
        Watch *watch;
        int fd;
        sd_event_source *io;
        Retry retry;
        bool failed;  /* the last reading did, and it was said */
        bool current; /* all was read, and what waits on the socket is all that changed since */
        Netlink requests;
        bool heal; /* a rule of ours was removed by a message of this round */
};

static int on_message(const struct nlmsghdr *message, void *userdata) {
        Rtnl *rtnl = userdata;

        apply_message(rtnl->watch, message, &rtnl->heal);
        return 0;
}

static int on_dumped_link(const struct nlmsghdr *message, void *userdata) {
        Rtnl *rtnl = userdata;

        if (message->nlmsg_type == RTM_NEWLINK)
                (void) apply_new_link(rtnl->watch, message, true);
        return 0;
}

static int on_dumped_address(const struct nlmsghdr *message, void *userdata) {
        Rtnl *rtnl = userdata;

        if (message->nlmsg_type == RTM_NEWADDR)
                (void) apply_address(rtnl->watch, message, true);
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

static void on_retry(void *userdata) {
        Rtnl *rtnl = userdata;
        Watch *w = rtnl->watch;
        bool first = !w->began;

        /* Nobody's states are asked for before it is known whose. */
        if (rtnl_sync(rtnl) >= 0 && first && w->networkd)
                (void) networkd_read(w->networkd);
}

/* Returns 1 if the table changed in each of several tries: what was read may lack something. */
static int rtnl_dump(Rtnl *rtnl, uint16_t type, size_t header_size, NetlinkRestart restart,
                NetlinkHandler handler) {
        union {
                struct nlmsghdr header;
                char data[NLMSG_SPACE(sizeof(struct ifinfomsg))];
        } request = { .header = { .nlmsg_type = type } };
        int r;

        request.header.nlmsg_len = (uint32_t) NLMSG_LENGTH(header_size);
        r = netlink_dump(&rtnl->requests, &request.header, restart, handler, rtnl);
        return r == -EINTR ? 1 : r;
}

static void link_gone(Link *link, void *userdata) {
        if (!link->seen)
                apply_gone_link(userdata, link);
}

static void make_way(Link *link, void *userdata) {
        link_make_way(userdata, link);
}

static void link_compare(Link *link, void *userdata) {
        Watch *w = userdata;

        if (link->told && !config_watches(&w->config, link->name))
                link_leave(w, link);
        link_enter(w, link, w->first && !w->began);
        if (link->seen)
                rules_touch(w, link);
        if (w->config.kernel)
                apply_ports(w, link->ifindex);
        link_update(w, link);
        routes_compare(w, link);
        leases_check(w->leases, link);
}

static int drop_message(const struct nlmsghdr *message, void *userdata) {
        bool *changed = userdata;

        switch (message->nlmsg_type) {
        case RTM_NEWLINK:
        case RTM_DELLINK:
        case RTM_NEWADDR:
        case RTM_DELADDR:
                *changed = true;
        }
        return 0;
}

/* Returns whether links or addresses changed. */
static bool rtnl_drain(Rtnl *rtnl) {
        bool changed = false;
        int r;

        do {
                r = netlink_receive(rtnl->fd, drop_message, &changed);
                changed = changed || r == -ENOBUFS;
        } while (r > 0 || r == -ENOBUFS);
        return changed;
}

/* Returns 1 if what was read may lack something. A change in the middle is in what was read, or it is not: told after it,
 * it could be told twice. So it is dropped, and all is read once more. */
static int rtnl_read(Rtnl *rtnl) {
        bool whole;
        int r;

        (void) rtnl_drain(rtnl);
        for (unsigned i = 0; i < READS_MAX; i++) {
                r = rtnl_dump(rtnl, RTM_GETLINK, sizeof(struct ifinfomsg), restart_links, on_dumped_link);
                if (r < 0)
                        return r;
                whole = r == 0;
                r = rtnl_dump(rtnl, RTM_GETADDR, sizeof(struct ifaddrmsg), restart_addresses,
                                on_dumped_address);
                if (r < 0)
                        return r;
                if (!rtnl_drain(rtnl)) {
                        /* A link that half a dump lacks need not be gone. */
                        if (whole)
                                links_foreach(&rtnl->watch->links, link_gone, rtnl->watch);
                        return !whole || r > 0;
                }
        }
        return 1;
}

int rtnl_sync(Rtnl *rtnl) {
        Watch *w = rtnl->watch;
        int r;

        (void) sd_event_source_set_enabled(rtnl->io, SD_EVENT_OFF);
        rtnl->current = false;
        /* What waits tells of routes too, and is dropped whether the reading succeeds or not. */
        route_keeper_forget_all(w->keeper);
        r = rtnl_read(rtnl);
        if (r < 0) {
                if (!rtnl->failed)
                        log_error_errno(r,
                                        "Failed to read links and addresses from the kernel, trying again: %m");
                rtnl->failed = true;
                retry_later(&rtnl->retry, w->event, on_retry, rtnl);
                return r;
        }
        rtnl->failed = false;
        if (r == 0)
                retry_reset(&rtnl->retry);
        else
                retry_later(&rtnl->retry, w->event, on_retry, rtnl);

        rtnl->current = true;
        losses_forget(w);
        links_foreach(&w->links, make_way, w);
        links_foreach(&w->links, link_compare, w);
        rules_heal(w);
        w->began = true;
        (void) sd_event_source_set_enabled(rtnl->io, SD_EVENT_ON);
        deliver_ready(w);
        return 0;
}

bool rtnl_is_current(const Rtnl *rtnl) {
        return rtnl->current;
}

void rtnl_catch_up(Rtnl *rtnl) {
        int r;

        if (!rtnl->current)
                return;
        do
                r = netlink_receive(rtnl->fd, on_message, rtnl);
        while (r > 0);

        if (r == -ENOBUFS) {
                log_warning("The kernel had to drop netlink messages; reading everything anew.");
                (void) rtnl_sync(rtnl);
                return;
        }
        if (r < 0)
                log_warning_errno(r, "Failed to read from netlink: %m");
        if (rtnl->heal) {
                rtnl->heal = false;
                rules_heal(rtnl->watch);
        }
        losses_look(rtnl->watch);
}

static int on_io(_unused_ sd_event_source *source, _unused_ int fd, _unused_ uint32_t revents,
                void *userdata) {
        Rtnl *rtnl = userdata;

        rtnl_catch_up(rtnl);
        deliver_ready(rtnl->watch);
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

/* By the mask of a socket of nb-watch.socket this could be asked for too; but one that is open stays so over an update. */
static void join_nexthops(int fd) {
        const int group = RTNLGRP_NEXTHOP;

        if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
                log_debug_errno(errno, "The kernel announces no nexthop objects: %m");
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
        if (rtnl->fd >= 0)
                join_nexthops(rtnl->fd);
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
        retry_reset(&rtnl->retry);
        netlink_close(&rtnl->requests);
        safe_close(rtnl->fd);
        free(rtnl);
}

int rtnl_digest_routes(Rtnl *rtnl, int ifindex, uint64_t *ret) {
        return routes_digest(&rtnl->requests, ifindex, rtnl->watch->config.rule_protocol, ret);
}

int rtnl_wait(Rtnl *rtnl) {
        struct {
                struct nlmsghdr header;
                struct ifinfomsg info;
        } request = {
                .header = { .nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETLINK },
                .info = { .ifi_index = LINK_LOOPBACK },
        };

        /* The answer comes when the lock of all links and addresses is free. */
        return netlink_request(&rtnl->requests, &request.header, NULL, NULL);
}

Netlink *rtnl_requests(Rtnl *rtnl) {
        return &rtnl->requests;
}

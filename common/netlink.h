/* SPDX-License-Identifier: Apache-2.0 */
/* Talking to the kernel over netlink: requests, dumps, multicast messages.
 *
 * Messages are built and taken apart by the caller (libmnl's mnl_nlmsg_put_header(), mnl_attr_put(),
 * mnl_attr_for_each(), or the macros of <linux/rtnetlink.h>). The transport is not libmnl's: 1.0.4
 * ignores the error in NLMSG_DONE, and nb-run, started once an event, does not map a library for four
 * system calls. */
#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "macros.h"

typedef struct Netlink {
        int fd;
        uint32_t port_id;
        uint32_t sequence;
        char error[128]; /* what the kernel said about the last error, "" if nothing */
} Netlink;

/* The upper half of a marked port number; the kernel's own choice is a process's number, or close to 2^32. */
#define NETLINK_MARK 0x6e62U

#define NETLINK_INITIALIZER                                                                                 \
        { .fd = -EBADF }

/* Takes one message whose header fits in what was received, its payload may be shorter than its type
 * needs. A negative return is the result of the dump or request, and the remaining messages are dropped
 * unseen. */
typedef int (*NetlinkHandler)(const struct nlmsghdr *message, void *userdata);

/* Called before each try of a dump, to empty what the handler collected so far. */
typedef void (*NetlinkRestart)(void *userdata);

/* Opens a NETLINK_ROUTE socket for requests, with strict checking (so that the kernel applies the filters
 * of a dump request, and refuses what it does not know) and error texts. */
int netlink_open(Netlink *ret);

/* The same with a port number that says to all who hear of a change that nb-rules made it. */
int netlink_open_marked(Netlink *ret);

/* Whether a multicast message tells of a change that was asked for over such a socket. */
static inline bool netlink_is_marked(const struct nlmsghdr *message) {
        return message->nlmsg_pid >> 16 == NETLINK_MARK;
}

/* Closes; harmless on one that is not open. */
void netlink_close(Netlink *nl);
#define _cleanup_netlink_ _cleanup_(netlink_close)

/* Sends the request as a dump (flags, sequence and port are filled in) and hands each message of the
 * reply to the handler, of a dump of one family none of another: a kernel without IPv6 answers with its IPv4 routes and
 * addresses (and -EAFNOSUPPORT for rules). A dump during which the table changed is repeated; restart, which may be NULL, is
 * called before each try. Returns 0; the kernel's error; -EINTR if the table changed during each of
 * several tries (what was collected is the last of them, complete but for what changed meanwhile);
 * -ENOBUFS if the reply was lost; -EAGAIN if none came in 10 s. One dump at a time on a socket, and not on one that
 * is a member of multicast groups. */
int netlink_dump(Netlink *nl, struct nlmsghdr *request, NetlinkRestart restart, NetlinkHandler handler,
                void *userdata);

/* A request for a dump of routes, RTM_GETROUTE. */
typedef struct RouteRequest {
        struct nlmsghdr header;
        struct rtmsg route;
        struct {
                struct rtattr head;
                uint32_t value;
        } attributes[2];
} RouteRequest;

/* For the routes of a family out of a link, or with ifindex 0 of all, and in a table, or with 0 in all. */
RouteRequest route_request(uint8_t family, int ifindex, uint32_t table);

/* Sends one request and waits for its acknowledgement; a reply that comes before it (RTM_GETLINK) goes to
 * the handler, which may be NULL. Returns 0 or the kernel's error. */
int netlink_request(Netlink *nl, struct nlmsghdr *request, NetlinkHandler handler, void *userdata);

/* Sends n requests, which lie one behind the other in the buffer, at once, and waits for the
 * acknowledgement of each: its result, 0 or the kernel's error, is in results. At most 128, or the
 * acknowledgements could get lost. Returns an error only if the outcome of some is not known. */
int netlink_batch(Netlink *nl, void *buffer, size_t size, int *results, size_t n);

/* Reads one datagram of a socket that is a member of multicast groups, without waiting, and hands its
 * messages to the handler. What did not come from the kernel is dropped. Returns 1; 0 if nothing waits;
 * -ENOBUFS if the kernel had to drop messages (a gap: dump anew); the handler's error. */
int netlink_receive(int fd, NetlinkHandler handler, void *userdata);

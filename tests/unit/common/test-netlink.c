/* SPDX-License-Identifier: Apache-2.0 */
/* Does a request reach the kernel, and do its answer, its errors and its gaps reach the caller? */
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "netlink.h"

typedef struct LinkRequest {
        struct nlmsghdr header;
        struct ifinfomsg info;
} LinkRequest;

static LinkRequest link_request(int ifindex) {
        return (LinkRequest){
                .header = { .nlmsg_len = sizeof(LinkRequest), .nlmsg_type = RTM_GETLINK },
                .info = { .ifi_index = ifindex },
        };
}

typedef struct Seen {
        unsigned restarts, messages, loopbacks;
        int result;
} Seen;

static void forget(void *userdata) {
        Seen *seen = userdata;

        seen->restarts++;
        seen->messages = seen->loopbacks = 0;
}

static int count(const struct nlmsghdr *message, void *userdata) {
        const struct ifinfomsg *info = NLMSG_DATA(message);
        Seen *seen = userdata;

        seen->messages++;
        if (message->nlmsg_type == RTM_NEWLINK && info->ifi_flags & IFF_LOOPBACK)
                seen->loopbacks++;
        return seen->result;
}

static void test_dump(void **state) {
        _cleanup_netlink_ Netlink nl = NETLINK_INITIALIZER;
        LinkRequest request = link_request(0);
        Seen seen = {};

        assert_int_equal(netlink_open(&nl), 0);
        assert_int_equal(netlink_dump(&nl, &request.header, forget, count, &seen), 0);
        assert_int_equal(seen.restarts, 1);
        assert_int_equal(seen.loopbacks, 1);

        /* The socket is usable again after a handler that gave up. */
        seen.result = -ENOMEM;
        assert_int_equal(netlink_dump(&nl, &request.header, forget, count, &seen), -ENOMEM);
        assert_int_equal(seen.messages, 1);
        seen.result = 0;
        assert_int_equal(netlink_dump(&nl, &request.header, NULL, count, &seen), 0);
}

static void test_dump_is_checked_strictly(void **state) {
        _cleanup_netlink_ Netlink nl = NETLINK_INITIALIZER;
        LinkRequest request = link_request(0);

        request.info.ifi_change = 1;
        assert_int_equal(netlink_open(&nl), 0);
        assert_int_equal(netlink_dump(&nl, &request.header, NULL, NULL, NULL), -EINVAL);
        assert_string_not_equal(nl.error, "");

        request = link_request(0);
        assert_int_equal(netlink_dump(&nl, &request.header, NULL, NULL, NULL), 0);
        assert_string_equal(nl.error, "");
}

static void test_route_request(void **state) {
        static const struct {
                int ifindex;
                uint32_t table;
                size_t n;
                uint16_t types[2];
                uint32_t values[2];
        } cases[] = {
                { 0, 0, 0, {}, {} },
                { 7, 0, 1, { RTA_OIF }, { 7 } },
                { 0, 10006, 1, { RTA_TABLE }, { 10006 } },
                { 7, 10006, 2, { RTA_OIF, RTA_TABLE }, { 7, 10006 } },
        };
        _cleanup_netlink_ Netlink nl = NETLINK_INITIALIZER;

        assert_int_equal(netlink_open(&nl), 0);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                RouteRequest request = route_request(AF_INET6, cases[i].ifindex, cases[i].table);
                int length = (int) (request.header.nlmsg_len - NLMSG_LENGTH(sizeof(request.route))), r;
                const struct rtattr *a = RTM_RTA(&request.route);
                size_t n = 0;

                assert_int_equal(request.header.nlmsg_type, RTM_GETROUTE);
                assert_int_equal(request.route.rtm_family, AF_INET6);
                for (; RTA_OK(a, length); a = RTA_NEXT(a, length), n++) {
                        assert_in_range(n, 0, 1);
                        assert_int_equal(a->rta_type, cases[i].types[n]);
                        assert_memory_equal(RTA_DATA(a), &cases[i].values[n], RTA_PAYLOAD(a));
                }
                assert_int_equal(n, cases[i].n);

                /* The kernel takes each, though there may be no such link or table. */
                r = netlink_dump(&nl, &request.header, NULL, NULL, NULL);
                if (r != 0 && r != -ENODEV && r != -ENOENT)
                        fail_msg("case %zu: %s", i, strerror(-r));
        }
}

static unsigned count_family(Netlink *nl, uint16_t type, size_t size, uint8_t family) {
        union {
                struct nlmsghdr header;
                char data[NLMSG_SPACE(sizeof(struct ifinfomsg))];
        } request = { .header = { .nlmsg_type = type } };
        Seen seen = {};

        request.header.nlmsg_len = (uint32_t) NLMSG_LENGTH(size);
        request.data[NLMSG_HDRLEN] = (char) family;
        assert_int_equal(netlink_dump(nl, &request.header, forget, count, &seen), 0);
        return seen.messages;
}

/* One that the kernel does not have, as IPv6 where that is switched off: it answers with what it has of all others. */
static void test_dump_is_of_the_family(void **state) {
        static const struct {
                uint16_t type;
                size_t size;
        } cases[] = {
                { RTM_GETLINK, sizeof(struct ifinfomsg) },
                { RTM_GETADDR, sizeof(struct ifaddrmsg) },
                { RTM_GETROUTE, sizeof(struct rtmsg) },
        };
        _cleanup_netlink_ Netlink nl = NETLINK_INITIALIZER;

        assert_int_equal(netlink_open(&nl), 0);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                assert_int_not_equal(count_family(&nl, cases[i].type, cases[i].size, AF_UNSPEC), 0);
                assert_int_equal(count_family(&nl, cases[i].type, cases[i].size, AF_APPLETALK), 0);
        }
}

static void test_request(void **state) {
        _cleanup_netlink_ Netlink nl = NETLINK_INITIALIZER;
        LinkRequest request = link_request(1);
        Seen seen = {};

        assert_int_equal(netlink_open(&nl), 0);
        assert_int_equal(netlink_request(&nl, &request.header, count, &seen), 0);
        assert_int_equal(seen.messages, 1);
        assert_int_equal(seen.loopbacks, 1);

        request = link_request(INT32_MAX);
        assert_int_equal(netlink_request(&nl, &request.header, count, &seen), -ENODEV);
        assert_int_equal(seen.messages, 1);
}

static void test_receive_takes_only_the_kernels_word(void **state) {
        _cleanup_netlink_ Netlink nl = NETLINK_INITIALIZER, other = NETLINK_INITIALIZER;
        struct sockaddr_nl address = { .nl_family = AF_NETLINK };
        LinkRequest request = link_request(1);
        Seen seen = {};

        assert_int_equal(netlink_open(&nl), 0);
        assert_int_equal(netlink_receive(nl.fd, count, &seen), 0);

        request.header.nlmsg_flags = NLM_F_REQUEST;
        address.nl_pid = 0;
        assert_int_equal(sendto(nl.fd, &request, sizeof(request), 0, (struct sockaddr *) &address,
                                         sizeof(address)),
                        sizeof(request));
        assert_int_equal(netlink_receive(nl.fd, count, &seen), 1);
        assert_int_equal(seen.loopbacks, 1);

        /* Only root may send to another process at all. */
        assert_int_equal(netlink_open(&other), 0);
        address.nl_pid = nl.port_id;
        if (sendto(other.fd, &request, sizeof(request), 0, (struct sockaddr *) &address, sizeof(address)) >=
                        0)
                assert_int_equal(netlink_receive(nl.fd, count, &seen), 1);
        assert_int_equal(seen.messages, 1);
}

static void test_receive_says_that_messages_were_lost(void **state) {
        _cleanup_netlink_ Netlink nl = NETLINK_INITIALIZER;
        LinkRequest request = link_request(1);
        const int small = 1;
        Seen seen = {};
        int r = 0;

        assert_int_equal(netlink_open(&nl), 0);
        assert_int_equal(setsockopt(nl.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
        for (unsigned i = 0; i < 20; i++) {
                request.header.nlmsg_flags = NLM_F_REQUEST;
                (void) send(nl.fd, &request, sizeof(request), 0);
        }
        do
                r = netlink_receive(nl.fd, count, &seen);
        while (r > 0);
        assert_int_equal(r, -ENOBUFS);
}

/* With it come an address and routes. */
static void loopback_up(void) {
        struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
        _cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
                print_message("lo stays down: %s\n", strerror(errno));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_dump),
                cmocka_unit_test(test_dump_is_checked_strictly),
                cmocka_unit_test(test_dump_is_of_the_family),
                cmocka_unit_test(test_route_request),
                cmocka_unit_test(test_request),
                cmocka_unit_test(test_receive_takes_only_the_kernels_word),
                cmocka_unit_test(test_receive_says_that_messages_were_lost),
        };

        /* A network in which nobody else changes anything in the middle of a dump. Who may not make one has no such luck. */
        if (unshare(geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET) < 0)
                print_message("in the network of this machine: %s\n", strerror(errno));
        else
                loopback_up();
        return cmocka_run_group_tests_name("netlink", tests, NULL, NULL);
}

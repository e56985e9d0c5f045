/* SPDX-License-Identifier: Apache-2.0 */
/* How does a netlink message get to the kernel and its reply back? See netlink.h. */
#include "netlink.h"

#include <sys/socket.h>
#include <sys/time.h>

/* The kernel fills at most 32 KiB at once. */
#define RECEIVE_SIZE 32768U
/* The kernel answers while the request is being sent; the wait is for ourselves to be scheduled. */
#define RECEIVE_TIMEOUT_SEC 10
#define MARKED_TRIES 64U
#define DUMP_TRIES 8U

/* NLMSG_NEXT() steps behind the end if the last message is not padded; this does not. */
static const struct nlmsghdr *next_message(const char *buffer, size_t size, size_t *offset) {
        const struct nlmsghdr *m = (const void *) (buffer + *offset);

        if (*offset >= size || size - *offset < sizeof(*m) || m->nlmsg_len < sizeof(*m) ||
                        m->nlmsg_len > size - *offset)
                return NULL;

        *offset += NLMSG_ALIGN(m->nlmsg_len);
        return m;
}

static int netlink_bind(Netlink *nl, bool marked) {
        struct sockaddr_nl address = { .nl_family = AF_NETLINK };
        socklen_t size = sizeof(address);
        int r = -1;

        for (unsigned i = 0; marked && r < 0 && i < MARKED_TRIES; i++) {
                address.nl_pid = NETLINK_MARK << 16 | (((uint32_t) getpid() + i) & 0xffffU);
                r = bind(nl->fd, (struct sockaddr *) &address, sizeof(address));
        }
        if (r < 0) {
                address.nl_pid = 0;
                r = bind(nl->fd, (struct sockaddr *) &address, sizeof(address));
        }
        if (r < 0)
                return negative_errno();
        if (getsockname(nl->fd, (struct sockaddr *) &address, &size) < 0)
                return negative_errno();

        nl->port_id = address.nl_pid;
        return 0;
}

static int open_socket(Netlink *ret, bool marked) {
        _cleanup_netlink_ Netlink nl = NETLINK_INITIALIZER;
        const struct timeval timeout = { .tv_sec = RECEIVE_TIMEOUT_SEC };
        const int one = 1;
        int r;

        nl.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
        if (nl.fd < 0)
                return negative_errno();
        if (setsockopt(nl.fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one)) < 0)
                return negative_errno();
        /* A reply that was lost must not hang its reader. */
        if (setsockopt(nl.fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0)
                return negative_errno();
        /* Only texts for the log: no reason to fail without. */
        (void) setsockopt(nl.fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
        (void) setsockopt(nl.fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));

        r = netlink_bind(&nl, marked);
        if (r < 0)
                return r;

        *ret = nl;
        nl.fd = -EBADF;
        return 0;
}

int netlink_open(Netlink *ret) {
        return open_socket(ret, false);
}

int netlink_open_marked(Netlink *ret) {
        return open_socket(ret, true);
}

void netlink_close(Netlink *nl) {
        nl->fd = safe_close(nl->fd);
}

/* One datagram from the kernel; 0 stands for one from somebody else, which is dropped. */
static ssize_t receive_datagram(int fd, int flags, void *buffer) {
        struct sockaddr_nl sender = {};
        struct iovec iov = { .iov_base = buffer, .iov_len = RECEIVE_SIZE };
        struct msghdr m = {
                .msg_name = &sender,
                .msg_namelen = sizeof(sender),
                .msg_iov = &iov,
                .msg_iovlen = 1,
        };
        ssize_t n;

        do
                n = recvmsg(fd, &m, flags);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return negative_errno();
        if (m.msg_flags & MSG_TRUNC)
                return -EMSGSIZE;
        if (m.msg_namelen != sizeof(sender) || sender.nl_pid != 0)
                return 0;
        return n;
}

static int send_request(Netlink *nl, struct nlmsghdr *request, uint16_t flags) {
        const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
        ssize_t n;

        request->nlmsg_flags |= (uint16_t) (NLM_F_REQUEST | flags);
        request->nlmsg_seq = ++nl->sequence;
        request->nlmsg_pid = nl->port_id;
        nl->error[0] = '\0';

        do
                n = sendto(nl->fd, request, request->nlmsg_len, 0, (const struct sockaddr *) &kernel,
                                sizeof(kernel));
        while (n < 0 && errno == EINTR);
        return n < 0 ? negative_errno() : 0;
}

/* The text that the kernel adds to an error, behind a head of the given size. */
static void keep_error_text(Netlink *nl, const struct nlmsghdr *message, size_t head) {
        const struct rtattr *a;
        int left;

        if (!(message->nlmsg_flags & NLM_F_ACK_TLVS) || NLMSG_PAYLOAD(message, 0) <= head)
                return;

        a = (const struct rtattr *) ((const char *) NLMSG_DATA(message) + head);
        left = (int) (NLMSG_PAYLOAD(message, 0) - head);
        for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
                if ((a->rta_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG)
                        (void) snprintf(nl->error, sizeof(nl->error), "%.*s", (int) RTA_PAYLOAD(a),
                                        (const char *) RTA_DATA(a));
}

/* The errno that ends a reply. NLMSG_DONE carries it too, where a dump fails after its first datagram. */
static int read_result(Netlink *nl, const struct nlmsghdr *message) {
        bool is_error = message->nlmsg_type == NLMSG_ERROR;
        size_t head = is_error ? NLMSG_ALIGN(sizeof(struct nlmsgerr)) : NLMSG_ALIGN(sizeof(int));
        int error;

        if (NLMSG_PAYLOAD(message, 0) < (is_error ? sizeof(struct nlmsgerr) : sizeof(int)))
                return is_error ? -EBADMSG : 0;

        memcpy(&error, NLMSG_DATA(message), sizeof(error));
        if (error == 0)
                return 0;
        if (is_error && !(message->nlmsg_flags & NLM_F_CAPPED)) {
                const struct nlmsgerr *e = NLMSG_DATA(message);

                if (e->msg.nlmsg_len >= sizeof(e->msg))
                        head += NLMSG_ALIGN(e->msg.nlmsg_len) - sizeof(e->msg);
        }
        keep_error_text(nl, message, head);
        return error < 0 ? error : -EBADMSG;
}

/* Every message of rtnetlink begins with one (struct rtgenmsg). */
static uint8_t message_family(const struct nlmsghdr *message) {
        return NLMSG_PAYLOAD(message, 0) > 0 ? *(const uint8_t *) NLMSG_DATA(message) : AF_UNSPEC;
}

typedef struct Reply {
        uint8_t family; /* whose messages were asked for; AF_UNSPEC: all */
        int result;     /* of the handler */
        bool interrupted;
} Reply;

/* Returns 1 when the reply has ended, 0 if more must come. */
static int read_messages(Netlink *nl, const char *buffer, size_t size, NetlinkHandler handler,
                void *userdata, Reply *reply) {
        const struct nlmsghdr *m;
        size_t offset = 0;
        int r;

        while ((m = next_message(buffer, size, &offset))) {
                if (m->nlmsg_seq != nl->sequence || m->nlmsg_pid != nl->port_id)
                        continue;
                if (m->nlmsg_flags & NLM_F_DUMP_INTR)
                        reply->interrupted = true;
                if (m->nlmsg_type == NLMSG_ERROR || m->nlmsg_type == NLMSG_DONE) {
                        r = read_result(nl, m);
                        return r < 0 ? r : 1;
                }
                if (m->nlmsg_type < NLMSG_MIN_TYPE)
                        continue;
                if (reply->family != AF_UNSPEC && message_family(m) != reply->family)
                        continue;

                /* The rest is read all the same, or the socket could not be used again. */
                if (handler && reply->result >= 0)
                        reply->result = handler(m, userdata);
        }
        return 0;
}

static int receive_reply(Netlink *nl, NetlinkHandler handler, void *userdata, Reply *reply) {
        char buffer[RECEIVE_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
        int r;

        do {
                ssize_t n = receive_datagram(nl->fd, 0, buffer);

                if (n < 0)
                        return (int) n;
                r = read_messages(nl, buffer, (size_t) n, handler, userdata, reply);
        } while (r == 0);
        if (r < 0)
                return r;
        return reply->result < 0 ? reply->result : 0;
}

int netlink_dump(Netlink *nl, struct nlmsghdr *request, NetlinkRestart restart, NetlinkHandler handler,
                void *userdata) {
        Reply reply;
        int r;

        for (unsigned i = 0; i < DUMP_TRIES; i++) {
                if (restart)
                        restart(userdata);
                r = send_request(nl, request, NLM_F_DUMP);
                if (r < 0)
                        return r;
                reply = (Reply){ .family = message_family(request) };
                r = receive_reply(nl, handler, userdata, &reply);
                if (r < 0 || !reply.interrupted)
                        return r;
        }
        return -EINTR;
}

static void add_filter(RouteRequest *request, size_t *n, uint16_t type, uint32_t value) {
        if (value == 0)
                return;
        request->attributes[*n].head = (struct rtattr){ RTA_LENGTH(sizeof(value)), type };
        request->attributes[(*n)++].value = value;
}

RouteRequest route_request(uint8_t family, int ifindex, uint32_t table) {
        RouteRequest request = { .header.nlmsg_type = RTM_GETROUTE, .route.rtm_family = family };
        size_t n = 0;

        add_filter(&request, &n, RTA_OIF, (uint32_t) ifindex);
        add_filter(&request, &n, RTA_TABLE, table);
        request.header.nlmsg_len =
                        (uint32_t) (offsetof(RouteRequest, attributes) + n * sizeof(request.attributes[0]));
        return request;
}

int netlink_request(Netlink *nl, struct nlmsghdr *request, NetlinkHandler handler, void *userdata) {
        Reply reply = {};
        int r;

        r = send_request(nl, request, NLM_F_ACK);
        if (r < 0)
                return r;
        return receive_reply(nl, handler, userdata, &reply);
}

static int send_batch(Netlink *nl, char *buffer, size_t size) {
        const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
        ssize_t r;

        nl->error[0] = '\0';
        for (size_t offset = 0; offset < size;) {
                struct nlmsghdr *m = (void *) (buffer + offset);

                m->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
                m->nlmsg_seq = ++nl->sequence;
                m->nlmsg_pid = nl->port_id;
                offset += NLMSG_ALIGN(m->nlmsg_len);
        }
        do
                r = sendto(nl->fd, buffer, size, 0, (const struct sockaddr *) &kernel, sizeof(kernel));
        while (r < 0 && errno == EINTR);
        return r < 0 ? negative_errno() : 0;
}

int netlink_batch(Netlink *nl, void *buffer, size_t size, int *results, size_t n) {
        char reply[RECEIVE_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
        uint32_t first = nl->sequence + 1;
        size_t n_done = 0;
        int r;

        r = send_batch(nl, buffer, size);
        if (r < 0)
                return r;

        while (n_done < n) {
                const struct nlmsghdr *m;
                size_t offset = 0;
                ssize_t received;

                received = receive_datagram(nl->fd, 0, reply);
                if (received < 0)
                        return (int) received;
                while ((m = next_message(reply, (size_t) received, &offset))) {
                        if (m->nlmsg_pid != nl->port_id || m->nlmsg_type != NLMSG_ERROR ||
                                        m->nlmsg_seq - first >= n)
                                continue;
                        results[m->nlmsg_seq - first] = read_result(nl, m);
                        n_done++;
                }
        }
        return 0;
}

int netlink_receive(int fd, NetlinkHandler handler, void *userdata) {
        char buffer[RECEIVE_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
        const struct nlmsghdr *m;
        size_t offset = 0;
        ssize_t n;
        int r;

        n = receive_datagram(fd, MSG_DONTWAIT, buffer);
        if (n == -EAGAIN)
                return 0;
        if (n < 0)
                return (int) n;

        while ((m = next_message(buffer, (size_t) n, &offset))) {
                if (m->nlmsg_type < NLMSG_MIN_TYPE)
                        continue;
                r = handler(m, userdata);
                if (r < 0)
                        return r;
        }
        return 1;
}

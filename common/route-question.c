/* SPDX-License-Identifier: Apache-2.0 */
/* Which routes does a link have, without a walk through all there are? See route-question.h. */
#include "route-question.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

/* A busy nb-watch is not waited for longer than the kernel would take. */
#define ANSWER_USEC 5000

/* Each message as the kernel would send it, and nothing behind the last. */
static bool is_sound(const char *p, size_t size) {
        while (size > 0) {
                const struct nlmsghdr *m = (const void *) p;
                size_t step;

                if (size < sizeof(*m) || m->nlmsg_len < sizeof(*m) || m->nlmsg_len > size ||
                                m->nlmsg_type != RTM_NEWROUTE)
                        return false;
                step = NLMSG_ALIGN(m->nlmsg_len);
                if (step > size)
                        return false;
                p += step;
                size -= step;
        }
        return true;
}

int route_answer_read(const void *answer, size_t size, int ifindex, NetlinkHandler handler, void *userdata) {
        const char *p = answer, *end = p + size;
        RouteQuestion head;
        int r;

        if (size < sizeof(head))
                return 0;
        memcpy(&head, p, sizeof(head));
        p += sizeof(head);
        if (head.known != 1 || head.ifindex != ifindex || !is_sound(p, (size_t) (end - p)))
                return 0;

        while (p < end) {
                const struct nlmsghdr *m = (const void *) p;

                r = handler(m, userdata);
                if (r < 0)
                        return r;
                p += NLMSG_ALIGN(m->nlmsg_len);
        }
        return 1;
}

/* Only nb-watch can send to a socket that is connected to its, and only with an address it can answer. */
static int open_question(void) {
        static const struct sockaddr_un any = { .sun_family = AF_UNIX },
                                        address = { .sun_family = AF_UNIX,
                                                .sun_path = ROUTE_QUESTION_SOCKET };
        const struct timeval limit = { .tv_usec = ANSWER_USEC };
        _cleanup_close_ int fd = -EBADF;

        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || connect(fd, (const struct sockaddr *) &address, sizeof(address)) < 0 ||
                        bind(fd, (const struct sockaddr *) &any, sizeof(any.sun_family)) < 0 ||
                        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
                return negative_errno();
        return TAKE_FD(fd);
}

int route_question_ask(int ifindex, NetlinkHandler handler, void *userdata) {
        static char answer[ROUTE_ANSWER_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
        const RouteQuestion question = { .ifindex = ifindex };
        _cleanup_close_ int fd = -EBADF;
        ssize_t n;

        fd = open_question();
        if (fd < 0 || send(fd, &question, sizeof(question), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
                return 0;
        n = recv(fd, answer, sizeof(answer), 0);
        return n > 0 ? route_answer_read(answer, (size_t) n, ifindex, handler, userdata) : 0;
}

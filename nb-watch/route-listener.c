/* SPDX-License-Identifier: Apache-2.0 */
/* How do questions about routes come, and their answers go? See route-listener.h. */
#include "route-listener.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "file-util.h"

struct RouteListener {
        int fd;
        sd_event_source *io;
        RouteQuestionHandler handler;
        void *userdata;
        /* Who asked. */
        struct sockaddr_un from;
        socklen_t from_size;
};

static int on_question(_unused_ sd_event_source *source, int fd, _unused_ uint32_t revents, void *userdata) {
        RouteListener *l = userdata;
        RouteQuestion question;
        ssize_t n;

        l->from_size = sizeof(l->from);
        n = recvfrom(fd, &question, sizeof(question), MSG_DONTWAIT, (struct sockaddr *) &l->from,
                        &l->from_size);
        if (n == sizeof(question) && l->from_size > sizeof(l->from.sun_family))
                l->handler(question.ifindex, l->userdata);
        return 0;
}

void route_listener_answer(const RouteListener *l, const char *answer, size_t size) {
        (void) sendto(l->fd, answer, size, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *) &l->from,
                        l->from_size);
}

int route_listener_new(sd_event *event, RouteQuestionHandler handler, void *userdata, RouteListener **ret) {
        static const struct sockaddr_un address = { .sun_family = AF_UNIX,
                .sun_path = ROUTE_QUESTION_SOCKET };
        RouteListener *l;
        int r = 0;

        l = calloc(1, sizeof(*l));
        if (!l)
                return -ENOMEM;
        l->handler = handler;
        l->userdata = userdata;
        l->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (l->fd < 0)
                r = negative_errno();
        (void) unlink(ROUTE_QUESTION_SOCKET);
        /* By the usual mask only its owner and root may write to it. */
        if (r >= 0 && bind(l->fd, (const struct sockaddr *) &address, sizeof(address)) < 0)
                r = negative_errno();
        if (r >= 0)
                r = sd_event_add_io(event, &l->io, l->fd, EPOLLIN, on_question, l);
        if (r < 0) {
                (void) route_listener_free(l);
                return r;
        }

        *ret = l;
        return 0;
}

RouteListener *route_listener_free(RouteListener *l) {
        if (!l)
                return NULL;
        sd_event_source_disable_unref(l->io);
        safe_close(l->fd);
        (void) unlink(ROUTE_QUESTION_SOCKET);
        free(l);
        return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Who connects, and may he? See start.h. */
#include "start.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "clients.h"
#include "log.h"
#include "retry.h"

struct Start {
        int listen_fd;
        uid_t allowed;
        sd_event *event;
        sd_event_source *listen_source;
        Retry accept;
        Clients *clients;
};

static void on_accept_again(void *userdata) {
        Start *s = userdata;

        (void) sd_event_source_set_enabled(s->listen_source, SD_EVENT_ON);
}

/* Out of descriptors or memory: the connection goes on waiting, and so does this, or it would spin. */
static void accept_later(Start *s, int error) {
        if (s->accept.n_failed == 0)
                log_error_errno(error, "Failed to accept a connection, trying again: %m");
        (void) sd_event_source_set_enabled(s->listen_source, SD_EVENT_OFF);
        retry_later(&s->accept, s->event, on_accept_again, s);
}

static int on_listen(_unused_ sd_event_source *source, int fd, _unused_ uint32_t revents, void *userdata) {
        _cleanup_close_ int client_fd = -EBADF;
        struct ucred cred = { .uid = (uid_t) -1 };
        socklen_t size = sizeof(cred);
        Start *s = userdata;
        int r;

        client_fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (client_fd < 0) {
                /* Whoever connected may be gone already. */
                if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
                        accept_later(s, errno);
                return 0;
        }
        retry_reset(&s->accept);
        if (getsockopt(client_fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0 || cred.uid != s->allowed) {
                log_warning("Refused a connection of process %i, user %i.", (int) cred.pid, (int) cred.uid);
                return 0;
        }

        r = clients_add(s->clients, client_fd);
        if (r < 0) {
                log_error_errno(r, "Failed to accept a connection: %m");
                return 0;
        }
        TAKE_FD(client_fd);
        return 0;
}

int start_new(int listen_fd, uid_t allowed, Start **ret) {
        _cleanup_(start_freep) Start *s = NULL;
        int r;

        s = calloc(1, sizeof(*s));
        if (!s)
                return log_fatal_errno(-ENOMEM, "Out of memory.");
        s->listen_fd = listen_fd;
        s->allowed = allowed;

        r = sd_event_default(&s->event);
        if (r < 0)
                return log_fatal_errno(r, "Failed to make the event loop: %m");
        r = clients_new(s->event, &s->clients);
        if (r < 0)
                return r;
        r = sd_event_add_signal(s->event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, NULL, NULL);
        if (r < 0)
                return log_fatal_errno(r, "Failed to wait for SIGTERM: %m");
        r = sd_event_add_io(s->event, &s->listen_source, listen_fd, EPOLLIN, on_listen, s);
        if (r < 0)
                return log_fatal_errno(r, "Failed to wait for connections: %m");

        *ret = TAKE_PTR(s);
        return 0;
}

void start_free(Start *s) {
        if (!s)
                return;
        clients_free(s->clients);
        retry_reset(&s->accept);
        sd_event_source_disable_unref(s->listen_source);
        sd_event_unref(s->event);
        safe_close(s->listen_fd);
        free(s);
}

int start_run(Start *s) {
        (void) sd_notify(0, "READY=1\nSTATUS=Waiting for requests.");
        return sd_event_loop(s->event);
}

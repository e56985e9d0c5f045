/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks, may he, and where does the answer go? See start.h.
 *
 * There is no state here: a client that comes back after a crash finds out from PID 1 what became of its requests. */
#include "start.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "bus-names.h"
#include "job.h"
#include "log.h"
#include "retry.h"

#define EVENTS_DIRECTORY "/run/network-broker/events"

/* More than nb-watch ever has unfinished; a request beyond is refused. */
#define JOBS_MAX 512U

/* After so many at once the heap has holes of a size that is worth giving back. */
#define TRIM_JOBS 16U

/* More than nb-watch ever has unanswered; somebody else may be waiting. */
#define READS_MAX 64U

typedef struct Client Client;
typedef struct Pending Pending;

struct Pending {
        Client *client;
        Job *job;
        Pending *previous, *next;
};

struct Client {
        Start *start;
        int fd;
        sd_event_source *source;
        Client *previous, *next;
        Pending *pending;
};

struct Start {
        int listen_fd, events_fd;
        uid_t allowed;
        sd_event *event;
        sd_event_source *listen_source;
        Retry accept;
        sd_bus *bus; /* NULL while the bus is away: connected at the next request */
        BusOwner *systemd;
        JobRemoved *removals;
        sd_bus_slot *disconnected;
        Client *clients;
        size_t n_pending;
        size_t n_waited; /* the most of them at once since the heap was trimmed */
        char *buffer;    /* REQUEST_MAX */
};

static void pending_free(Pending *p) {
        if (p->previous)
                p->previous->next = p->next;
        else
                p->client->pending = p->next;
        if (p->next)
                p->next->previous = p->previous;
        p->client->start->n_pending--;
        job_free(p->job);
        free(p);
}

static void client_free(Client *c) {
        /* Their jobs go on; nb-watch asks PID 1 for the results. */
        while (c->pending)
                pending_free(c->pending);
        if (c->previous)
                c->previous->next = c->next;
        else
                c->start->clients = c->next;
        if (c->next)
                c->next->previous = c->previous;
        sd_event_source_disable_unref(c->source);
        safe_close(c->fd);
        free(c);
}

static void client_send(Client *c, const Answer *answer) {
        char data[ANSWER_MAX];
        int n;

        n = answer_format(data, sizeof(data), answer);
        if (n < 0) {
                log_error_errno(n, "Failed to write an answer: %m");
                return;
        }
        /* A client that does not read its answers loses them, and its connection says so. */
        if (send(c->fd, data, (size_t) n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
                log_warning_errno(errno, "Failed to answer, dropping the connection: %m");
                (void) shutdown(c->fd, SHUT_RDWR);
        }
}

static void client_answer(Client *c, uint64_t id, AnswerKind kind, const char *detail) {
        Answer answer = { .id = id, .kind = kind };

        snprintf(answer.detail, sizeof(answer.detail), "%s", detail);
        client_send(c, &answer);
}

static void on_answer(const Answer *answer, void *userdata) {
        Pending *p = userdata;
        Start *s = p->client->start;

        client_send(p->client, answer);
        if (answer->kind == ANSWER_QUEUED)
                return;
        pending_free(p);
        if (s->n_pending == 0 && s->n_waited >= TRIM_JOBS) {
                (void) malloc_trim(0);
                s->n_waited = 0;
        }
}

static int start_subscribe(Start *s) {
        return sd_bus_call_method_async(s->bus, NULL, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
                        "Subscribe", NULL, NULL, NULL);
}

/* After a restart of the bus PID 1 may come later than we do; to subscribe twice does no harm. */
static void on_systemd(_unused_ BusOwner *o, const char *owner, void *userdata) {
        Start *s = userdata;

        if (!owner)
                return;
        (void) start_subscribe(s);
        for (Client *c = s->clients; c; c = c->next)
                for (Pending *p = c->pending; p; p = p->next)
                        job_check(p->job);
}

static void on_removed(const char *path, const char *unit, const char *result, void *userdata) {
        Start *s = userdata;

        for (Client *c = s->clients; c; c = c->next)
                for (Pending *p = c->pending, *next; p; p = next) {
                        next = p->next;
                        job_removed(p->job, path, unit, result);
                }
}

static void start_disconnect(Start *s) {
        for (Client *c = s->clients; c; c = c->next)
                while (c->pending)
                        pending_free(c->pending);
        s->disconnected = sd_bus_slot_unref(s->disconnected);
        job_removed_free(s->removals);
        s->removals = NULL;
        bus_owner_free(s->systemd);
        s->systemd = NULL;
        s->bus = sd_bus_close_unref(s->bus);
}

/* What PID 1 did with the open requests is not known: closing the connections says so. */
static int on_disconnected(_unused_ sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        Start *s = userdata;

        log_warning("Lost the system bus.");
        start_disconnect(s);
        while (s->clients)
                client_free(s->clients);
        return 0;
}

static int start_connect(Start *s) {
        int r;

        if (s->bus)
                return 0;

        r = sd_bus_open_system(&s->bus);
        if (r < 0)
                return r;
        r = sd_bus_attach_event(s->bus, s->event, SD_EVENT_PRIORITY_NORMAL);
        if (r >= 0)
                r = bus_owner_new(s->bus, SYSTEMD_NAME, on_systemd, s, &s->systemd);
        if (r >= 0)
                r = job_removed_new(s->bus, s->systemd, on_removed, s, &s->removals);
        if (r >= 0)
                r = sd_bus_match_signal_async(s->bus, &s->disconnected, DBUS_LOCAL, NULL, DBUS_LOCAL,
                                "Disconnected", on_disconnected, NULL, s);
        if (r >= 0)
                r = start_subscribe(s);
        if (r < 0)
                start_disconnect(s);
        return r;
}

static int client_begin(Client *c, const Request *request) {
        Start *s = c->start;
        Pending *p;
        int r;

        r = start_connect(s);
        if (r < 0)
                return log_error_errno(r, "Failed to connect to the system bus: %m");

        if (request->unit.kind == UNIT_RUN && request->verb == VERB_START) {
                r = job_save_variables(s->events_fd, request);
                if (r < 0)
                        return log_error_errno(r, "Failed to write %s/%s: %m", EVENTS_DIRECTORY,
                                        request->unit.instance);
        }

        p = calloc(1, sizeof(*p));
        if (!p)
                return log_error_errno(-ENOMEM, "Out of memory.");
        r = job_new(s->bus, s->event, s->removals, request, on_answer, p, &p->job);
        if (r < 0) {
                free(p);
                return log_error_errno(r, "Failed to call systemd for %s: %m", request->unit_name);
        }
        p->client = c;
        p->next = c->pending;
        if (p->next)
                p->next->previous = p;
        c->pending = p;
        s->n_pending++;
        if (s->n_pending > s->n_waited)
                s->n_waited = s->n_pending;
        return 0;
}

static void client_request(Client *c, size_t size) {
        const char *reason = NULL;
        Request request;
        int r;

        r = request_parse(c->start->buffer, size, &request, &reason);
        if (r >= 0 && c->start->n_pending >= JOBS_MAX) {
                reason = "too many requests at once";
                r = -EBUSY;
        }
        if (r < 0) {
                log_warning("Refused a request of %zu bytes: %s.", size, reason);
                client_answer(c, request.id, ANSWER_REFUSED, reason);
                return;
        }

        if (client_begin(c, &request) < 0)
                client_answer(c, request.id, ANSWER_ERROR, SD_BUS_ERROR_FAILED);
}

/* Returns false if there is nothing more to read. */
static bool client_read(Client *c) {
        ssize_t n;

        n = recv(c->fd, c->start->buffer, REQUEST_MAX, MSG_DONTWAIT | MSG_TRUNC);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return false;
        if (n < 0)
                log_warning_errno(errno, "Failed to read a request, dropping the connection: %m");
        if (n <= 0) {
                client_free(c);
                return false;
        }
        if ((size_t) n > REQUEST_MAX) {
                log_warning("Refused a request of %zi bytes: larger than %u.", n, REQUEST_MAX);
                client_answer(c, 0, ANSWER_REFUSED, "too large");
        } else
                client_request(c, (size_t) n);
        return true;
}

/* All that waits, so that what a client asked for before it died is not overtaken by its successor. */
static int on_client(_unused_ sd_event_source *source, _unused_ int fd, _unused_ uint32_t revents,
                void *userdata) {
        for (unsigned i = 0; i < READS_MAX && client_read(userdata); i++)
                ;
        return 0;
}

static int client_new(Start *s, int fd) {
        Client *c;
        int r;

        c = calloc(1, sizeof(*c));
        if (!c)
                return -ENOMEM;
        r = sd_event_add_io(s->event, &c->source, fd, EPOLLIN, on_client, c);
        if (r < 0) {
                free(c);
                return r;
        }
        c->start = s;
        c->fd = fd;
        c->next = s->clients;
        if (c->next)
                c->next->previous = c;
        s->clients = c;
        return 0;
}

static void on_accept_again(void *userdata) {
        Start *s = userdata;

        (void) sd_event_source_set_enabled(s->listen_source, SD_EVENT_ON);
}

/* Out of descriptors or memory: the connection goes on waiting, and so does this, or it would spin. */
static void accept_later(Start *s) {
        if (s->accept.n_failed == 0)
                log_error_errno(errno, "Failed to accept a connection, trying again: %m");
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
                        accept_later(s);
                return 0;
        }
        retry_reset(&s->accept);
        if (getsockopt(client_fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0 || cred.uid != s->allowed) {
                log_warning("Refused a connection of process %i, user %i.", (int) cred.pid, (int) cred.uid);
                return 0;
        }

        r = client_new(s, client_fd);
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
                return -ENOMEM;
        s->events_fd = -EBADF;
        s->listen_fd = listen_fd;
        s->allowed = allowed;
        s->buffer = malloc(REQUEST_MAX);
        if (!s->buffer)
                return -ENOMEM;

        s->events_fd = open(EVENTS_DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (s->events_fd < 0)
                return log_error_errno(errno, "Failed to open %s: %m", EVENTS_DIRECTORY);

        r = sd_event_default(&s->event);
        if (r < 0)
                return r;
        r = sd_event_add_signal(s->event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, NULL, NULL);
        if (r < 0)
                return r;
        r = sd_event_add_io(s->event, &s->listen_source, listen_fd, EPOLLIN, on_listen, s);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(s);
        return 0;
}

void start_free(Start *s) {
        if (!s)
                return;
        while (s->clients)
                client_free(s->clients);
        start_disconnect(s);
        retry_reset(&s->accept);
        sd_event_source_disable_unref(s->listen_source);
        sd_event_unref(s->event);
        safe_close(s->events_fd);
        safe_close(s->listen_fd);
        free(s->buffer);
        free(s);
}

int start_run(Start *s) {
        (void) sd_notify(0, "READY=1\nSTATUS=Waiting for requests.");
        return sd_event_loop(s->event);
}

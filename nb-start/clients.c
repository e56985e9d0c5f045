/* SPDX-License-Identifier: Apache-2.0 */
/* What was asked for, and where does the answer go? See clients.h.
 *
 * There is no state here: a client that comes back after a crash finds out from PID 1 what became of its requests. */
#include "clients.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include "event-files.h"
#include "heap.h"
#include "log.h"
#include "pid1.h"

/* More than nb-watch ever has unfinished; a request beyond is answered with an error. */
#define JOBS_MAX 512U

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
        Clients *clients;
        int fd;
        sd_event_source *source;
        Client *previous, *next;
        Pending *pending;
};

struct Clients {
        int events_fd;
        sd_event *event;
        Pid1 *pid1;
        Client *first;
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
        p->client->clients->n_pending--;
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
                c->clients->first = c->next;
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
        Clients *s = p->client->clients;

        client_send(p->client, answer);
        if (answer->kind == ANSWER_QUEUED)
                return;
        pending_free(p);
        if (s->n_pending == 0)
                heap_rest(&s->n_waited);
}

static int client_begin(Client *c, const Request *request) {
        _cleanup_free_ Pending *p = NULL;
        Clients *s = c->clients;
        int r;

        r = pid1_connect(s->pid1);
        if (r < 0)
                return log_error_errno(r, "Failed to connect to the system bus: %m");
        p = calloc(1, sizeof(*p));
        if (!p)
                return log_error_errno(-ENOMEM, "Out of memory.");

        r = event_files_follow(s->events_fd, request);
        if (r < 0) {
                log_error_errno(r, "Failed to update %s/%s: %m", EVENTS_DIRECTORY, request->unit.instance);
                /* Not without what it is to know. A unit whose file stays is stopped all the same. */
                if (request->verb == VERB_START)
                        return r;
        }

        r = pid1_call(s->pid1, request, on_answer, p, &p->job);
        if (r < 0) {
                (void) event_files_forget(s->events_fd, request);
                return log_error_errno(r, "Failed to call systemd for %s: %m", request->unit_name);
        }
        p->client = c;
        p->next = c->pending;
        if (p->next)
                p->next->previous = p;
        c->pending = TAKE_PTR(p);
        s->n_pending++;
        heap_count(&s->n_waited, s->n_pending);
        return 0;
}

static void client_request(Client *c, size_t size) {
        const char *reason = NULL;
        Request request;
        int r;

        r = request_parse(c->clients->buffer, size, &request, &reason);
        if (r < 0) {
                log_warning("Refused a request of %zu bytes: %s.", size, reason);
                client_answer(c, request.id, ANSWER_REFUSED, reason);
                return;
        }
        /* There is nothing wrong with it: another time it will do. */
        if (c->clients->n_pending >= JOBS_MAX) {
                log_warning("Refused %s of %s: too many requests at once.", verb_name(request.verb),
                                request.unit_name);
                client_answer(c, request.id, ANSWER_ERROR, SD_BUS_ERROR_LIMITS_EXCEEDED);
                return;
        }

        if (client_begin(c, &request) < 0)
                client_answer(c, request.id, ANSWER_ERROR, SD_BUS_ERROR_FAILED);
}

/* Returns false if there is nothing more to read. */
static bool client_read(Client *c) {
        ssize_t n;

        n = recv(c->fd, c->clients->buffer, REQUEST_MAX, MSG_DONTWAIT | MSG_TRUNC);
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

int clients_add(Clients *s, int fd) {
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
        c->clients = s;
        c->fd = fd;
        c->next = s->first;
        if (c->next)
                c->next->previous = c;
        s->first = c;
        return 0;
}

static void on_came(void *userdata) {
        Clients *s = userdata;

        for (Client *c = s->first; c; c = c->next)
                for (Pending *p = c->pending; p; p = p->next)
                        job_check(p->job);
}

static void on_removed(const char *path, const char *unit, const char *result, void *userdata) {
        Clients *s = userdata;

        for (Client *c = s->first; c; c = c->next)
                for (Pending *p = c->pending, *next; p; p = next) {
                        next = p->next;
                        job_removed(p->job, path, unit, result);
                }
}

/* What PID 1 did with the open requests is not known: closing the connections says so. */
static void on_lost(void *userdata) {
        Clients *s = userdata;

        while (s->first)
                client_free(s->first);
}

int clients_new(sd_event *event, Clients **ret) {
        static const Pid1Handlers handlers = { .came = on_came, .removed = on_removed, .lost = on_lost };
        _cleanup_(clients_freep) Clients *s = NULL;
        int r;

        s = calloc(1, sizeof(*s));
        if (!s)
                return log_fatal_errno(-ENOMEM, "Out of memory.");
        s->event = sd_event_ref(event);
        s->events_fd = -EBADF;
        s->buffer = malloc(REQUEST_MAX);
        if (!s->buffer)
                return log_fatal_errno(-ENOMEM, "Out of memory.");
        s->events_fd = event_files_open();
        if (s->events_fd < 0)
                return log_fatal_errno(s->events_fd, "Failed to open %s: %m", EVENTS_DIRECTORY);
        r = pid1_new(event, &handlers, s, &s->pid1);
        if (r < 0)
                return log_fatal_errno(r, "Failed to set up the connection to systemd: %m");

        *ret = TAKE_PTR(s);
        return 0;
}

void clients_free(Clients *s) {
        if (!s)
                return;
        while (s->first)
                client_free(s->first);
        pid1_free(s->pid1);
        sd_event_unref(s->event);
        safe_close(s->events_fd);
        free(s->buffer);
        free(s);
}

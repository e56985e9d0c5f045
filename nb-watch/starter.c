/* SPDX-License-Identifier: Apache-2.0 */
/* How do requests reach nb-start, and answers come back? See starter.h. */
#include "starter.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "log.h"
#include "retry.h"

#define SEND_BUFFER 212992

typedef struct Call Call;

typedef enum CallState {
        CALL_WAITING,
        CALL_SENT,
        CALL_RUNNING, /* PID 1 took the job */
} CallState;

struct Call {
        Starter *starter;
        uint64_t id;
        CallState state;
        char *message;
        size_t size;
        CallHandler handler;
        void *userdata;
        Call *previous, *next;
};

struct Starter {
        sd_event *event;
        int fd;
        sd_event_source *io;
        Retry retry;
        Call *head, *tail; /* those that wait are behind the others, but for urgent ones */
        uint64_t next_id;
        size_t n_waiting, n_sent, n_running;
        bool hold, losing, at_limit;
        char *buffer;
};

static void starter_send_waiting(Starter *s);

static void call_unlink(Call *call) {
        Starter *s = call->starter;

        if (call->previous)
                call->previous->next = call->next;
        else
                s->head = call->next;
        if (call->next)
                call->next->previous = call->previous;
        else
                s->tail = call->previous;

        if (call->state == CALL_WAITING)
                s->n_waiting--;
        else if (call->state == CALL_SENT)
                s->n_sent--;
        else
                s->n_running--;
}

static void call_finish(Call *call, CallResult result, const char *detail) {
        CallHandler handler = call->handler;
        void *userdata = call->userdata;

        call_unlink(call);
        free(call->message);
        free(call);
        if (handler)
                handler(result, detail, userdata);
}

/* What became of the calls under way is not known; those that wait go on waiting. */
static void starter_lose(Starter *s) {
        Call *next;

        s->io = sd_event_source_disable_unref(s->io);
        s->fd = safe_close(s->fd);

        /* A handler may add calls. They wait until the list is gone through: to send them could lose the next
         * connection too, and free what next points to. */
        s->losing = true;
        for (Call *call = s->head; call; call = next) {
                next = call->next;
                if (call->state != CALL_WAITING)
                        call_finish(call, CALL_UNKNOWN, "org.freedesktop.DBus.Error.Disconnected");
        }
        s->losing = false;
}

static void on_retry(void *userdata) {
        starter_send_waiting(userdata);
}

static void starter_answer(Starter *s, const Answer *answer) {
        Call *call;

        for (call = s->head; call; call = call->next)
                if (call->id == answer->id && call->state != CALL_WAITING)
                        break;
        if (!call)
                return;

        switch (answer->kind) {
        case ANSWER_QUEUED:
                if (call->state == CALL_SENT) {
                        call->state = CALL_RUNNING;
                        s->n_sent--;
                        s->n_running++;
                }
                return;
        case ANSWER_RESULT:
                retry_reset(&s->retry);
                if (streq(answer->detail, "done"))
                        call_finish(call, CALL_DONE, answer->detail);
                else
                        call_finish(call, CALL_FAILED, answer->detail);
                return;
        case ANSWER_ERROR:
                if (strstr(answer->detail, ".TransactionIsDestructive"))
                        call_finish(call, CALL_SHUTDOWN, answer->detail);
                else
                        call_finish(call, CALL_UNKNOWN, answer->detail);
                return;
        case ANSWER_REFUSED:
        case _ANSWER_KIND_MAX:
                call_finish(call, CALL_REFUSED, answer->detail);
                return;
        }
}

static int on_io(_unused_ sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Starter *s = userdata;
        Answer answer;
        ssize_t n;

        if (revents & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
                n = recv(fd, s->buffer, ANSWER_MAX, MSG_DONTWAIT);
                if (n < 0 && (errno == EAGAIN || errno == EINTR))
                        return 0;
                if (n <= 0) {
                        log_info("nb-start closed the connection.");
                        starter_lose(s);
                } else if (answer_parse(s->buffer, (size_t) n, &answer) < 0)
                        log_error("Ignoring an answer of nb-start that cannot be read.");
                else
                        starter_answer(s, &answer);
        }
        starter_send_waiting(s);
        return 0;
}

static int starter_connect(Starter *s) {
        union {
                struct sockaddr sa;
                struct sockaddr_un un;
        } address = { .un = { .sun_family = AF_UNIX, .sun_path = REQUEST_SOCKET } };
        _cleanup_close_ int fd = -EBADF;
        int size = SEND_BUFFER, r;

        if (s->fd >= 0)
                return 0;

        fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return negative_errno();
        (void) setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
        if (connect(fd, &address.sa, sizeof(address.un)) < 0)
                return negative_errno();
        r = sd_event_add_io(s->event, &s->io, fd, EPOLLIN, on_io, s);
        if (r < 0)
                return r;
        s->fd = TAKE_FD(fd);
        return 0;
}

static bool starter_at_limit(Starter *s) {
        bool full = s->n_sent + s->n_running >= STARTER_JOBS_MAX;

        if (full && !s->at_limit)
                log_warning("%zu units run at once, the limit: %zu more wait.", s->n_sent + s->n_running,
                                s->n_waiting);
        s->at_limit = full;
        return full || s->n_sent >= STARTER_UNANSWERED_MAX;
}

static Call *starter_first_waiting(Starter *s) {
        for (Call *call = s->head; call; call = call->next)
                if (call->state == CALL_WAITING)
                        return call;
        return NULL;
}

/* Returns false if nothing more can be sent now. */
static bool starter_send_one(Starter *s) {
        Call *call = starter_first_waiting(s);

        if (send(s->fd, call->message, call->size, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) {
                call->state = CALL_SENT;
                s->n_waiting--;
                s->n_sent++;
                free(call->message);
                call->message = NULL;
                return true;
        }
        if (errno == EAGAIN) {
                (void) sd_event_source_set_io_events(s->io, EPOLLIN | EPOLLOUT);
                return false;
        }
        if (errno == EMSGSIZE) {
                call_finish(call, CALL_REFUSED, "too large");
                return true;
        }
        log_warning_errno(errno, "Failed to send to nb-start: %m");
        starter_lose(s);
        retry_later(&s->retry, s->event, on_retry, s);
        return false;
}

static void starter_send_waiting(Starter *s) {
        int r;

        if (s->io)
                (void) sd_event_source_set_io_events(s->io, EPOLLIN);

        while (s->n_waiting > 0 && !s->hold && !s->losing && !starter_at_limit(s)) {
                r = starter_connect(s);
                if (r < 0) {
                        if (s->retry.n_failed < 2)
                                log_warning_errno(r, "Failed to reach nb-start at %s, trying again: %m",
                                                REQUEST_SOCKET);
                        retry_later(&s->retry, s->event, on_retry, s);
                        return;
                }
                if (!starter_send_one(s))
                        return;
        }
}

int starter_call(Starter *s, Verb verb, const char *unit, char *const *variables, bool urgent,
                CallHandler handler, void *userdata) {
        size_t n_variables = 0;
        Call *call;
        int n;

        while (variables && variables[n_variables])
                n_variables++;

        call = calloc(1, sizeof(*call));
        if (!call)
                return -ENOMEM;
        call->id = ++s->next_id;
        n = request_format(s->buffer, REQUEST_MAX, call->id, verb, unit, (const char *const *) variables,
                        n_variables);
        if (n >= 0) {
                call->message = malloc((size_t) n);
                if (!call->message)
                        n = -ENOMEM;
        }
        if (n < 0) {
                free(call);
                return n;
        }
        memcpy(call->message, s->buffer, (size_t) n);
        call->size = (size_t) n;
        call->starter = s;
        call->handler = handler;
        call->userdata = userdata;

        if (urgent) {
                call->next = s->head;
                if (s->head)
                        s->head->previous = call;
                else
                        s->tail = call;
                s->head = call;
        } else {
                call->previous = s->tail;
                if (s->tail)
                        s->tail->next = call;
                else
                        s->head = call;
                s->tail = call;
        }
        s->n_waiting++;

        starter_send_waiting(s);
        return 0;
}

void starter_hold(Starter *s, bool hold) {
        s->hold = hold;
        if (!hold)
                starter_send_waiting(s);
}

int starter_new(sd_event *event, Starter **ret) {
        Starter *s;

        s = calloc(1, sizeof(*s));
        if (!s)
                return -ENOMEM;
        s->buffer = malloc(REQUEST_MAX);
        if (!s->buffer) {
                free(s);
                return -ENOMEM;
        }
        s->fd = -EBADF;
        s->event = sd_event_ref(event);

        *ret = s;
        return 0;
}

void starter_free(Starter *s) {
        if (!s)
                return;
        while (s->head) {
                Call *call = s->head;

                call_unlink(call);
                free(call->message);
                free(call);
        }
        sd_event_source_disable_unref(s->io);
        retry_reset(&s->retry);
        sd_event_unref(s->event);
        safe_close(s->fd);
        free(s->buffer);
        free(s);
}

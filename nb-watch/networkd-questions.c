/* SPDX-License-Identifier: Apache-2.0 */
/* How is systemd-networkd asked? See networkd-questions.h. */
#include "networkd-questions.h"

#include "log.h"

/* dbus-daemon takes 128 unanswered calls a connection. */
#define READS_MAX 48U

/* How long a script may wait for networkd's part of the JSON; nb-run waits as long (LATE_ANSWER_USEC of
 * nb-run/late-answer.h). */
#define DESCRIBE_USEC (1U * 1000U * 1000U)

typedef struct Question Question;

struct Question {
        Questions *questions;
        int ifindex;
        bool again; /* it was asked once more before the answer */
        sd_bus_slot *slot;
        Question *next;
};

struct Questions {
        sd_bus *bus;
        QuestionHandlers handlers;
        void *userdata;
        int *to_read; /* ifindexes */
        size_t n_to_read, next_read, n_reads;
        bool read_failed;
        Question *reads, *descriptions;
};

static void question_free(Question *question) {
        sd_bus_slot_unref(question->slot);
        free(question);
}

static void question_done(Question **list, Question *question) {
        for (Question **p = list; *p; p = &(*p)->next)
                if (*p == question) {
                        *p = question->next;
                        question_free(question);
                        return;
                }
}

static int question_ask(Questions *q, Question **list, int ifindex, sd_bus_message *call, uint64_t usec,
                sd_bus_message_handler_t callback) {
        Question *question;
        int r;

        question = calloc(1, sizeof(*question));
        if (!question)
                return -ENOMEM;
        question->questions = q;
        question->ifindex = ifindex;
        r = sd_bus_message_set_auto_start(call, false);
        if (r >= 0)
                r = sd_bus_call_async(q->bus, &question->slot, call, callback, question, usec);
        if (r < 0) {
                free(question);
                return r;
        }
        question->next = *list;
        *list = question;
        return 0;
}

static void read_more(Questions *q);

/* One line for all links that are read: the reason is the same for most. */
static void read_failed(Questions *q, int ifindex, int error) {
        if (!q->read_failed)
                log_warning_errno(error, "Failed to read the state of link %i from systemd-networkd: %m",
                                ifindex);
        q->read_failed = true;
}

static int on_read(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        Question *question = userdata;
        Questions *q = question->questions;
        LinkStates states = { -1, -1 };
        int ifindex = question->ifindex, r;

        question_done(&q->reads, question);
        q->n_reads--;
        read_more(q);
        /* A link that went meanwhile is unknown there. */
        if (sd_bus_message_is_method_error(m, SD_BUS_ERROR_UNKNOWN_OBJECT))
                return 0;

        r = -sd_bus_message_get_errno(m);
        if (r == 0)
                r = read_link_states(m, &states);
        if (r < 0)
                read_failed(q, ifindex, r);
        else
                q->handlers.states(ifindex, &states, q->userdata);
        return 0;
}

static int read_link(Questions *q, int ifindex) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_free_ char *path = NULL;
        char number[16];
        int r;

        snprintf(number, sizeof(number), "%i", ifindex);
        r = sd_bus_path_encode(NETWORKD_PATH "/link", number, &path);
        if (r >= 0)
                r = sd_bus_message_new_method_call(
                                q->bus, &m, NETWORKD_NAME, path, DBUS_PROPERTIES, "GetAll");
        if (r >= 0)
                r = sd_bus_message_append(m, "s", NETWORKD_LINK);
        if (r >= 0)
                r = question_ask(q, &q->reads, ifindex, m, 0, on_read);
        if (r >= 0)
                q->n_reads++;
        return r;
}

static void read_more(Questions *q) {
        while (q->n_reads < READS_MAX && q->next_read < q->n_to_read) {
                int ifindex = q->to_read[q->next_read++], r;

                r = read_link(q, ifindex);
                if (r < 0)
                        read_failed(q, ifindex, r);
        }
}

static void add_to_read(Link *link, void *userdata) {
        Questions *q = userdata;

        q->to_read[q->n_to_read++] = link->ifindex;
}

int questions_read_links(Questions *q, const Links *links) {
        int *to_read;

        to_read = reallocarray(q->to_read, links->n + 1, sizeof(int));
        if (!to_read)
                return -ENOMEM;
        q->to_read = to_read;
        q->n_to_read = q->next_read = 0;
        q->read_failed = false;
        links_foreach(links, add_to_read, q);
        read_more(q);
        return 0;
}

static int on_described(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        Question *question = userdata;
        Questions *q = question->questions;
        int ifindex = question->ifindex, r;
        bool again = question->again;
        const char *json = NULL;

        question_done(&q->descriptions, question);
        r = -sd_bus_message_get_errno(m);
        if (r == 0)
                r = sd_bus_message_read(m, "s", &json);
        if (r < 0)
                log_debug_errno(r, "systemd-networkd did not describe link %i: %m", ifindex);
        /* Whoever asked last has not had his time yet. */
        if (r < 0 && again && questions_describe(q, ifindex) >= 0)
                return 0;
        q->handlers.described(ifindex, r < 0 ? NULL : json, q->userdata);
        return 0;
}

static Question *find_description(Questions *q, int ifindex) {
        for (Question *question = q->descriptions; question; question = question->next)
                if (question->ifindex == ifindex)
                        return question;
        return NULL;
}

bool questions_is_describing(Questions *q, int ifindex) {
        return find_description(q, ifindex);
}

int questions_describe(Questions *q, int ifindex) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        Question *question = find_description(q, ifindex);
        int r;

        if (question) {
                question->again = true;
                return 0;
        }

        r = sd_bus_message_new_method_call(
                        q->bus, &m, NETWORKD_NAME, NETWORKD_PATH, NETWORKD_MANAGER, "DescribeLink");
        if (r >= 0)
                r = sd_bus_message_append(m, "i", ifindex);
        if (r >= 0)
                r = question_ask(q, &q->descriptions, ifindex, m, DESCRIBE_USEC, on_described);
        return r;
}

int questions_new(sd_bus *bus, const QuestionHandlers *handlers, void *userdata, Questions **ret) {
        Questions *q;

        q = calloc(1, sizeof(*q));
        if (!q)
                return -ENOMEM;
        q->bus = sd_bus_ref(bus);
        q->handlers = *handlers;
        q->userdata = userdata;

        *ret = q;
        return 0;
}

static void list_free(Question *list) {
        while (list) {
                Question *next = list->next;

                question_free(list);
                list = next;
        }
}

void questions_free(Questions *q) {
        if (!q)
                return;
        list_free(q->reads);
        list_free(q->descriptions);
        sd_bus_unref(q->bus);
        free(q->to_read);
        free(q);
}

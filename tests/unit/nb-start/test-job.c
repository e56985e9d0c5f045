/* SPDX-License-Identifier: Apache-2.0 */
/* Is the end of a job found that no signal told of, although the bus refuses the first questions? The bus and PID 1 are
 * this process too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <sys/socket.h>

#include <cmocka.h>

#include "bus-names.h"
#include "job.h"
#include "time-util.h"

#define JOB SYSTEMD_PATH "/job/7"
#define N_REFUSED 2U

/* Less than until a job that nobody asked for is looked at. */
#define DEADLINE_USEC (15U * 1000U * 1000U)

typedef struct Fixture {
        sd_event *event;
        sd_bus *here, *there;
        JobRemoved *removals;
        Job *job;
        unsigned n_asked;
        Answer last;
} Fixture;

static int on_call(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        Fixture *f = userdata;

        if (sd_bus_message_is_method_call(m, SYSTEMD_MANAGER, "StartUnit"))
                return sd_bus_reply_method_return(m, "o", JOB);
        if (!sd_bus_message_is_method_call(m, SYSTEMD_MANAGER, "GetJob"))
                return 0;
        return sd_bus_reply_method_errorf(m,
                        ++f->n_asked <= N_REFUSED ? SD_BUS_ERROR_LIMITS_EXCEEDED : SYSTEMD_NAME ".NoSuchJob",
                        "No.");
}

static void on_removed(const char *path, const char *unit, const char *result, void *userdata) {
        fail_msg("%s", path);
}

static void on_answer(const Answer *answer, void *userdata) {
        Fixture *f = userdata;

        f->last = *answer;
}

static sd_bus *bus_new(Fixture *f, int fd, bool server) {
        sd_bus *bus = NULL;

        assert_return_code(sd_bus_new(&bus), 0);
        assert_return_code(sd_bus_set_fd(bus, fd, fd), 0);
        if (server) {
                assert_return_code(sd_bus_set_server(bus, true, (sd_id128_t){ .bytes = { 1 } }), 0);
                assert_return_code(sd_bus_add_filter(bus, NULL, on_call, f), 0);
        }
        assert_return_code(sd_bus_set_anonymous(bus, true), 0);
        assert_return_code(sd_bus_start(bus), 0);
        assert_return_code(sd_bus_attach_event(bus, f->event, SD_EVENT_PRIORITY_NORMAL), 0);
        return bus;
}

static int setup(void **state) {
        Fixture *f = calloc(1, sizeof(*f));
        int pair[2];

        assert_non_null(f);
        assert_return_code(sd_event_new(&f->event), 0);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
        f->there = bus_new(f, pair[0], true);
        f->here = bus_new(f, pair[1], false);
        assert_return_code(job_removed_new(f->here, NULL, on_removed, NULL, &f->removals), 0);
        *state = f;
        return 0;
}

static int teardown(void **state) {
        Fixture *f = *state;

        job_free(f->job);
        job_removed_free(f->removals);
        sd_bus_close_unref(f->here);
        sd_bus_close_unref(f->there);
        sd_event_unref(f->event);
        free(f);
        return 0;
}

static void run_until(Fixture *f, AnswerKind kind) {
        const uint64_t deadline = now_usec() + DEADLINE_USEC;

        while (f->last.kind != kind) {
                assert_true(now_usec() < deadline);
                assert_return_code(sd_event_run(f->event, 100000), 0);
        }
}

static void test_refused_checks(void **state) {
        const Request request = { .id = 5, .verb = VERB_START, .unit_name = "nb-run@routable:eth0.service" };
        Fixture *f = *state;

        f->last.kind = _ANSWER_KIND_MAX;
        assert_return_code(job_new(f->here, f->event, f->removals, &request, on_answer, f, &f->job), 0);
        run_until(f, ANSWER_QUEUED);
        assert_string_equal(f->last.detail, "7");
        assert_int_equal(f->n_asked, 0);

        job_check(f->job);
        run_until(f, ANSWER_ERROR);
        assert_int_equal(f->last.id, 5);
        assert_string_equal(f->last.detail, SYSTEMD_NAME ".NoSuchJob");
        assert_int_equal(f->n_asked, N_REFUSED + 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_refused_checks, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

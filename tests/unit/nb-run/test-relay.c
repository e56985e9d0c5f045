/* SPDX-License-Identifier: Apache-2.0 */
/* Does a relay hand on everything, stay until it was read, and outlive neither its writers nor their reader? The
 * journal is the other end of a socket here: one that can stop reading, or go. */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "relay.h"
#include "time-util.h"

#define DEADLINE_USEC (10U * 1000U * 1000U)

typedef struct Fixture {
        int writer, reader;
        pid_t relay;
} Fixture;

/* The relay is the only child of this process. */
static pid_t only_child(void) {
        char path[64], line[32];
        FILE *f;
        pid_t pid;

        snprintf(path, sizeof(path), "/proc/self/task/%i/children", (int) getpid());
        f = fopen(path, "re");
        assert_non_null(f);
        assert_non_null(fgets(line, sizeof(line), f));
        fclose(f);
        pid = (pid_t) strtol(line, NULL, 10);
        assert_true(pid > 0);
        return pid;
}

static int setup(void **state) {
        Fixture *f = calloc(1, sizeof(*f));
        int pair[2];

        assert_non_null(f);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        /* As journald does it. */
        assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
        f->reader = pair[1];
        f->writer = relay_start(pair[0]);
        assert_true(f->writer >= 0);
        close(pair[0]);
        f->relay = only_child();
        *state = f;
        return 0;
}

static int teardown(void **state) {
        Fixture *f = *state;

        safe_close(f->writer);
        safe_close(f->reader);
        if (f->relay > 0)
                assert_int_equal(waitpid(f->relay, NULL, 0), f->relay);
        free(f);
        return 0;
}

static void wait_a_moment(uint64_t deadline) {
        assert_true(now_usec() < deadline);
        poll(NULL, 0, 1);
}

static void assert_ends(Fixture *f) {
        const uint64_t deadline = now_usec() + DEADLINE_USEC;
        int status;

        while (waitpid(f->relay, &status, WNOHANG) == 0)
                wait_a_moment(deadline);
        assert_true(WIFEXITED(status));
        f->relay = 0;
}

/* Its state, a letter of proc(5), and how often it went to sleep. */
static char relay_state(const Fixture *f, unsigned long *ret_n_sleeps) {
        char path[64], line[128], state = '\0';
        FILE *file;

        snprintf(path, sizeof(path), "/proc/%i/status", (int) f->relay);
        file = fopen(path, "re");
        assert_non_null(file);
        *ret_n_sleeps = 0;
        while (fgets(line, sizeof(line), file)) {
                const char *p;

                p = startswith(line, "State:\t");
                if (p)
                        state = *p;
                p = startswith(line, "voluntary_ctxt_switches:\t");
                if (p)
                        *ret_n_sleeps = strtoul(p, NULL, 10);
        }
        fclose(file);
        return state;
}

/* It has done all that it can do now, and is still there. */
static void assert_waits(const Fixture *f) {
        const uint64_t deadline = now_usec() + DEADLINE_USEC;
        unsigned long n;
        char state;

        while ((state = relay_state(f, &n)) != 'S') {
                assert_int_not_equal(state, 'Z');
                wait_a_moment(deadline);
        }
}

/* It has looked around, as it does when its patience is over, and goes on waiting. */
static void assert_goes_on_waiting(const Fixture *f) {
        const uint64_t deadline = now_usec() + DEADLINE_USEC;
        unsigned long before, n;

        (void) relay_state(f, &before);
        do {
                wait_a_moment(deadline);
                assert_int_not_equal(relay_state(f, &n), 'Z');
        } while (n < before + 2);
}

static void put(Fixture *f, const char *text) {
        assert_int_equal(write(f->writer, text, strlen(text)), strlen(text));
}

static void expect(Fixture *f, const char *text) {
        char buffer[256] = "";
        size_t n = 0;

        while (n < strlen(text)) {
                ssize_t k = recv(f->reader, buffer + n, strlen(text) - n, 0);

                assert_true(k > 0);
                n += (size_t) k;
        }
        assert_string_equal(buffer, text);
}

static void test_stays_until_read(void **state) {
        Fixture *f = *state;

        put(f, "one\ntwo");
        f->writer = safe_close(f->writer);
        assert_waits(f);
        expect(f, "one\ntwo\n");
        assert_waits(f);
        expect(f, "\n");
        assert_ends(f);
        assert_int_equal(recv(f->reader, &(char){ 0 }, 1, 0), 0);
}

static void test_nothing_written(void **state) {
        Fixture *f = *state;

        f->writer = safe_close(f->writer);
        assert_ends(f);
        assert_int_equal(recv(f->reader, &(char){ 0 }, 1, 0), 0);
}

static void test_outlives_term(void **state) {
        Fixture *f = *state;

        put(f, "one\n");
        expect(f, "one\n");
        assert_int_equal(kill(f->relay, SIGTERM), 0);
        put(f, "two\n");
        expect(f, "two\n");
        f->writer = safe_close(f->writer);
        expect(f, "\n");
        expect(f, "\n");
        assert_ends(f);
}

static void test_a_reader_that_hangs(void **state) {
        static const char data[65536];
        Fixture *f = *state;
        struct pollfd p = { .fd = f->writer, .events = POLLOUT };

        /* Until the pipe and the socket are full, and the relay waits in the middle. */
        do {
                while (poll(&p, 1, 0) > 0)
                        assert_true(write(f->writer, data, 4096) > 0);
                assert_waits(f);
        } while (poll(&p, 1, 0) > 0);
        assert_int_equal(kill(f->relay, SIGTERM), 0);
        assert_goes_on_waiting(f);
        f->writer = safe_close(f->writer);
        assert_ends(f);
}

static void test_a_reader_that_hangs_at_the_end(void **state) {
        Fixture *f = *state;

        put(f, "one\n");
        f->writer = safe_close(f->writer);
        assert_goes_on_waiting(f);
        assert_int_equal(kill(f->relay, SIGTERM), 0);
        assert_ends(f);
}

static void test_a_reader_that_goes(void **state) {
        Fixture *f = *state;

        f->reader = safe_close(f->reader);
        put(f, "one\n");
        assert_ends(f);
        assert_int_equal(write(f->writer, "two\n", 4), -1);
        assert_int_equal(errno, EPIPE);
}

static void test_surroundings(void **state) {
        Fixture *f = *state;
        char command[128];

        put(f, "one\n");
        expect(f, "one\n");
        assert_int_equal(getpgid(f->relay), f->relay);
        snprintf(command, sizeof(command), "[ \"$(ls /proc/%i/fd | tr '\\n' ' ')\" = '0 1 ' ]",
                        (int) f->relay);
        assert_int_equal(system(command), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_stays_until_read, setup, teardown),
                cmocka_unit_test_setup_teardown(test_nothing_written, setup, teardown),
                cmocka_unit_test_setup_teardown(test_outlives_term, setup, teardown),
                cmocka_unit_test_setup_teardown(test_a_reader_that_hangs, setup, teardown),
                cmocka_unit_test_setup_teardown(test_a_reader_that_hangs_at_the_end, setup, teardown),
                cmocka_unit_test_setup_teardown(test_a_reader_that_goes, setup, teardown),
                cmocka_unit_test_setup_teardown(test_surroundings, setup, teardown),
        };

        (void) signal(SIGPIPE, SIG_IGN);
        return cmocka_run_group_tests(tests, NULL, NULL);
}

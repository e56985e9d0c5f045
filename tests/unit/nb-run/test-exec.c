/* SPDX-License-Identifier: Apache-2.0 */
/* How do processes end, those too that do not want to? The real ones: /bin/sh. */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "../common/folder.h"
#include "exec.h"
#include "report.h"

typedef struct Fixture {
        void *folder;
        char script[128];
        int output[2];
} Fixture;

static int setup(void **state) {
        Fixture *f = calloc(1, sizeof(*f));

        assert_non_null(f);
        assert_int_equal(folder_setup(&f->folder), 0);
        snprintf(f->script, sizeof(f->script), "%s/script", ((Folder *) f->folder)->path);
        assert_int_equal(pipe2(f->output, O_CLOEXEC), 0);
        *state = f;
        return 0;
}

static int teardown(void **state) {
        Fixture *f = *state;

        (void) unlink(f->script);
        (void) unlinkat(((Folder *) f->folder)->fd, "fifo", 0);
        assert_int_equal(folder_teardown(&f->folder), 0);
        safe_close(f->output[0]);
        safe_close(f->output[1]);
        free(f);
        return 0;
}

/* Both ends: whoever opens it to read does not wait. */
static int fifo_open(const Fixture *f) {
        const char *folder = ((Folder *) f->folder)->path;
        char path[128];
        int fd;

        snprintf(path, sizeof(path), "%s/fifo", folder);
        assert_int_equal(mkfifo(path, 0600), 0);
        fd = open(path, O_RDWR | O_CLOEXEC);
        assert_true(fd >= 0);
        return fd;
}

static ExecResult run(Fixture *f, const char *text, uint64_t timeout_usec) {
        static const char *const environment[] = { "PATH=/usr/bin:/bin", "GREETING=hello", NULL };
        const ExecRequest request = { .path = f->script,
                .environment = environment,
                .output_fd = f->output[1],
                .error_fd = f->output[1],
                .timeout_usec = timeout_usec };
        ExecResult result;
        int fd;

        fd = open(f->script, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        close(fd);
        assert_int_equal(exec_run(&request, &result), 0);
        return result;
}

/* What was written until now, whoever may still write. */
static const char *output_so_far(Fixture *f) {
        struct pollfd p = { .fd = f->output[0], .events = POLLIN };
        static char buffer[4096];
        ssize_t n = 0;

        if (poll(&p, 1, 0) > 0)
                n = read(f->output[0], buffer, sizeof(buffer) - 1);
        assert_true(n >= 0);
        buffer[n] = '\0';
        return buffer;
}

/* The same when nobody can write any more, which is a failure if it does not come to that. */
static const char *output(Fixture *f) {
        struct pollfd p = { .fd = f->output[0] };

        f->output[1] = safe_close(f->output[1]);
        assert_int_equal(poll(&p, 1, 60 * 1000), 1);
        assert_int_equal(p.revents, POLLHUP);
        return output_so_far(f);
}

#define SECOND UINT64_C(1000000)

static void test_exit(void **state) {
        ExecResult result = run(*state, "#!/bin/sh\nexit 7\n", 60 * SECOND);

        assert_int_equal(result.outcome, EXEC_EXITED);
        assert_int_equal(result.status, 7);
        result = run(*state, "#!/bin/sh\n", TIMEOUT_INFINITE);
        assert_int_equal(result.outcome, EXEC_EXITED);
        assert_int_equal(result.status, 0);
        assert_true(result.usec > 0);
}

static void test_surroundings(void **state) {
        ExecResult result = run(*state,
                        "#!/bin/sh\necho $GREETING $# $PWD; read x || echo nothing to read\n"
                        "[ $(cut -d' ' -f5,6 /proc/$$/stat | tr ' ' =) = $$=$$ ] && echo own session\n",
                        60 * SECOND);

        assert_int_equal(result.status, 0);
        assert_string_equal(output(*state), "hello 0 /\nnothing to read\nown session\n");
}

static void test_signal(void **state) {
        ExecResult result = run(*state, "#!/bin/sh\nkill -SEGV $$\n", 60 * SECOND);

        assert_int_equal(result.outcome, EXEC_KILLED);
        assert_int_equal(result.status, SIGSEGV);
}

static void test_signals_are_not_blocked(void **state) {
        ExecResult result = run(*state, "#!/bin/sh\nexec grep SigBlk /proc/self/status\n", 60 * SECOND);

        assert_int_equal(result.status, 0);
        assert_string_equal(output(*state), "SigBlk:\t0000000000000000\n");
}

static void test_not_executed(void **state) {
        Fixture *f = *state;
        ExecResult result = run(f, "#!/no/such/interpreter\n", 60 * SECOND);

        assert_int_equal(result.outcome, EXEC_NOT_EXECUTED);
        assert_int_equal(result.status, -ENOENT);
        result = run(f, "echo no interpreter\n", 60 * SECOND);
        assert_int_equal(result.outcome, EXEC_NOT_EXECUTED);
        assert_int_equal(result.status, -ENOEXEC);
        assert_int_equal(chmod(f->script, 0644), 0);
        result = run(f, "#!/bin/sh\n", 60 * SECOND);
        assert_int_equal(result.status, -EACCES);
}

/* It answers when the script has long been over. */
static void test_background_goes_on(void **state) {
        Fixture *f = *state;
        ExecResult result;
        char text[512];
        int fifo;

        fifo = fifo_open(f);
        snprintf(text, sizeof(text), "#!/bin/sh\n{ read word; echo $word on; } <%s/fifo &\n",
                        ((Folder *) f->folder)->path);
        result = run(f, text, 60 * SECOND);
        assert_int_equal(result.outcome, EXEC_EXITED);
        assert_int_equal(result.status, 0);
        assert_int_equal(write(fifo, "goes\n", 5), 5);
        assert_string_equal(output(f), "goes on\n");
        close(fifo);
}

/* It does not say who was terminated. */
#define QUIET_SHELL "#!/bin/sh\nexec 2>/dev/null\n"

/* How long a shell takes to set its traps is the machine's affair: with more and more time, until it got to saying that
 * it is ready. What it said behind that is in *ret. */
static ExecResult time_out(Fixture *f, const char *text, const char **ret) {
        uint64_t timeout_usec = SECOND / 5;
        const char *said;
        ExecResult result;

        for (;;) {
                result = run(f, text, timeout_usec);
                assert_int_equal(result.outcome, EXEC_TIMED_OUT);
                assert_int_equal(result.status, 0);
                assert_true(result.usec >= timeout_usec);
                said = startswith(output_so_far(f), "ready\n");
                if (said)
                        break;
                timeout_usec *= 2;
                assert_true(timeout_usec < 60 * SECOND);
        }
        *ret = said;
        return result;
}

/* TERM is what ends it. */
static void test_time_out(void **state) {
        const char *said;

        (void) time_out(*state, QUIET_SHELL "trap 'echo told; exit' TERM\necho ready\nsleep 300 & wait\n",
                        &said);
        assert_string_equal(said, "told\n");
}

/* The group gets KILL, its members that ignore TERM and have no parent included. */
static void test_time_out_of_a_group_that_ignores_term(void **state) {
        Fixture *f = *state;
        ExecResult result;
        const char *said;

        result = time_out(f,
                        QUIET_SHELL
                        "trap '' TERM\n(sleep 301 & sleep 302 &)\necho ready\nsleep 303\nsleep 304\n",
                        &said);
        assert_true(result.usec >= 5 * SECOND);
        assert_string_equal(said, "");
        /* Nobody holds the other end any more. */
        assert_string_equal(output(f), "");
}

/* The script itself ends at once, a child takes its time to clean up. */
static void test_time_out_waits_for_the_group(void **state) {
        const char *said;

        (void) time_out(*state,
                        QUIET_SHELL "(trap 'sleep 0.5; echo clean; exit' TERM; echo ready; "
                                    "while :; do sleep 0.1; done) &\nwait\n",
                        &said);
        assert_string_equal(said, "clean\n");
}

/* What ends last has had no parent since long before. */
static void test_time_out_of_an_orphan(void **state) {
        const char *said;

        (void) time_out(*state,
                        QUIET_SHELL "( (trap 'sleep 0.3; echo clean; exit' TERM; echo ready; "
                                    "while :; do sleep 0.1; done) & )\nsleep 300\n",
                        &said);
        assert_string_equal(said, "clean\n");
}

/* Those of scripts that are over do not pile up: when the last is gone the script is our only child. */
static void test_orphans_are_reaped(void **state) {
        ExecResult result = run(*state,
                        "#!/bin/sh\nfor i in 1 2 3 4 5 6 7 8; do (true &); done\n"
                        "while [ \"$(cat /proc/$PPID/task/$PPID/children)\" != \"$$ \" ]; do sleep 0.05; done\n",
                        60 * SECOND);

        assert_int_equal(result.outcome, EXEC_EXITED);
        assert_int_equal(result.status, 0);
}

static void test_interrupted(void **state) {
        Fixture *f = *state;
        ExecResult result;
        char text[128];

        assert_false(exec_is_interrupted());
        snprintf(text, sizeof(text), "#!/bin/sh\nkill -TERM %i\nsleep 300\n", getpid());
        result = run(f, text, 60 * SECOND);
        assert_int_equal(result.outcome, EXEC_INTERRUPTED);
        /* Not by KILL. */
        assert_true(WIFSIGNALED(result.status));
        assert_int_equal(WTERMSIG(result.status), SIGTERM);
        assert_false(exec_is_interrupted());
}

static void test_a_script_that_is_gone_has_not_failed(void **state) {
        const ExecResult result = { .outcome = EXEC_NOT_EXECUTED, .status = -ENOENT };
        Script script = { .name = (char *) "x" };
        const LogFields fields = {};
        Fixture *f = *state;

        (void) run(f, "#!/no/such\n", SECOND);
        script.path = f->script;
        assert_true(report_result(&fields, &script, &result, SECOND));
        assert_int_equal(unlink(f->script), 0);
        assert_false(report_result(&fields, &script, &result, SECOND));
}

static void test_durations(void **state) {
        static const struct {
                uint64_t usec;
                const char *text;
        } cases[] = {
                { 0, "0.0 ms" },
                { 950, "0.9 ms" },
                { 12345, "12 ms" },
                { 3200000, "3.2 s" },
                { 90000000, "1 min 30 s" },
        };
        char buffer[32];

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                assert_string_equal(duration_format(cases[i].usec, buffer, sizeof(buffer)), cases[i].text);
}

int main(void) {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        const struct CMUnitTest tests[] = {
                T(test_exit),
                T(test_surroundings),
                T(test_signal),
                T(test_signals_are_not_blocked),
                T(test_not_executed),
                T(test_background_goes_on),
                T(test_time_out),
                T(test_time_out_of_a_group_that_ignores_term),
                T(test_time_out_waits_for_the_group),
                T(test_time_out_of_an_orphan),
                T(test_orphans_are_reaped),
                T(test_interrupted),
                T(test_a_script_that_is_gone_has_not_failed),
                T(test_durations),
        };

        if (exec_setup() < 0)
                return EXIT_FAILURE;
        return cmocka_run_group_tests_name("exec", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Is networkd's answer found when it comes late, and not waited for longer than that is of use? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "../common/folder.h"
#include "file-util.h"
#include "late-answer.h"
#include "time-util.h"

#define INSTANCE "routable:eth0"

static int teardown(void **state) {
        Folder *f = *state;

        (void) unlinkat(f->fd, INSTANCE, 0);
        return folder_teardown(state);
}

static void write_text(const Folder *f, const char *text) {
        assert_int_equal(file_write_atomic(f->fd, INSTANCE, text, strlen(text), 0644), 0);
}

static const char *format_usec(uint64_t usec) {
        static char text[24];

        snprintf(text, sizeof(text), "%" PRIu64, usec);
        return text;
}

static void test_parse(void **state) {
        static const struct {
                const char *text, *answer;
                int r;
        } cases[] = {
                { "2 17\n123 {\"a\":1}\n", "{\"a\":1}", 0 },
                { "2 17\n123 {}", "{}", 0 },
                { "2 17\n123 nullx\n", "nullx", 0 },
                { "2 17\n123 null\n", NULL, -ENODATA },
                { "2 17\n1234 {}\n", NULL, -EAGAIN },
                { "2 17\n12 {}\n", NULL, -EAGAIN },
                { "2 17\n123", NULL, -EAGAIN },
                { "2 17\n123\n", NULL, -EAGAIN },
                { "2 123 {}\n", NULL, -EAGAIN },
                { "2 17\n", NULL, -EAGAIN },
                { "123 {}", NULL, -EAGAIN },
                { "", NULL, -EAGAIN },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *answer = NULL;

                if (late_answer_parse(cases[i].text, "123", &answer) != cases[i].r)
                        fail_msg("'%s'", cases[i].text);
                if (cases[i].answer)
                        assert_string_equal(answer, cases[i].answer);
                else
                        assert_null(answer);
        }
}

/* Nothing that would have to be waited for. */
static void test_at_once(void **state) {
        _cleanup_free_ char *answer = NULL;
        Folder *f = *state;

        assert_int_equal(late_answer_wait(f->path, INSTANCE, "17", &answer), -ETIMEDOUT);
        write_text(f, "2 17\n17 {}\n");
        assert_int_equal(late_answer_wait(f->path, INSTANCE, "x", &answer), -EINVAL);
        assert_int_equal(late_answer_wait(f->path, INSTANCE, "17", &answer), 0);
        assert_string_equal(answer, "{}");
        assert_int_equal(late_answer_wait(f->path, INSTANCE, "18", &answer), -ETIMEDOUT);
        assert_int_equal(unlinkat(f->fd, INSTANCE, 0), 0);
        assert_int_equal(symlinkat("/etc/passwd", f->fd, INSTANCE), 0);
        assert_int_equal(late_answer_wait(f->path, INSTANCE, "18", &answer), -ELOOP);
        assert_int_equal(unlinkat(f->fd, INSTANCE, 0), 0);
        assert_int_equal(mkfifoat(f->fd, INSTANCE, 0644), 0);
        assert_int_equal(late_answer_wait(f->path, INSTANCE, "18", &answer), -ENODATA);
}

static bool parent_waits(void) {
        char path[64], line[256];
        bool waits = false;
        FILE *file;

        for (int fd = 0; fd < 64 && !waits; fd++) {
                snprintf(path, sizeof(path), "/proc/%i/fdinfo/%i", getppid(), fd);
                file = fopen(path, "re");
                if (!file)
                        continue;
                while (fgets(line, sizeof(line), file))
                        waits = waits || startswith(line, "inotify wd:");
                (void) fclose(file);
        }
        return waits;
}

/* What write_later() came to. */
enum {
        WRITER_IN_TIME,
        WRITER_FAILED,
        WRITER_LATE,
};

/* As soon as this process watches the file, writes it, or removes it and says that the unit is to stop. Whether that was
 * done before an answer to what was asked now is no longer waited for is how it ends. */
static pid_t write_later(const Folder *f, const char *text) {
        const uint64_t asked = now_usec();
        pid_t pid = fork();
        int r;

        assert_true(pid >= 0);
        if (pid > 0)
                return pid;
        while (!parent_waits()) {
                if (now_usec() > asked + LATE_ANSWER_USEC)
                        _exit(WRITER_LATE);
                (void) poll(NULL, 0, 1);
        }
        if (text)
                r = file_write_atomic(f->fd, INSTANCE, text, strlen(text), 0644);
        else
                r = unlinkat(f->fd, INSTANCE, 0) < 0 ? -errno : kill(getppid(), SIGTERM);
        _exit(r < 0 ? WRITER_FAILED : now_usec() < asked + LATE_ANSWER_USEC ? WRITER_IN_TIME : WRITER_LATE);
}

/* SIGTERM of a try that was too late. */
static void stop_forget(void) {
        const struct timespec now = {};
        sigset_t set;

        (void) sigemptyset(&set);
        (void) sigaddset(&set, SIGTERM);
        (void) sigtimedwait(&set, NULL, &now);
}

/* A computer may be too slow for the time that the product gives to an answer. Then another try is made, and only then:
 * what was done in time must be seen. Returns what late_answer_wait() does. */
static int wait_while_written(const Folder *f, const char *text, const char *asked, char **ret) {
        for (unsigned i = 0; i < 60; i++) {
                int r, status;
                pid_t pid;

                stop_forget();
                write_text(f, "2 17\n");
                pid = write_later(f, text);
                r = late_answer_wait(f->path, INSTANCE, asked, ret);
                assert_int_equal(waitpid(pid, &status, 0), pid);
                assert_true(WIFEXITED(status));
                assert_int_not_equal(WEXITSTATUS(status), WRITER_FAILED);
                if (r != -ETIMEDOUT || WEXITSTATUS(status) == WRITER_IN_TIME)
                        return r;
        }
        fail_msg("never in time");
        return -ETIMEDOUT;
}

/* A time in the future: the wait begins with the call. */
static const char *format_future(void) {
        return format_usec(now_usec() + 3600 * LATE_ANSWER_USEC);
}

static void test_later(void **state) {
        const char *asked = format_future();
        _cleanup_free_ char *answer = NULL, *text = NULL;
        Folder *f = *state;

        assert_true(asprintf(&text, "2 17\n%s {\"DNS\":[]}\n", asked) > 0);
        assert_int_equal(wait_while_written(f, text, asked, &answer), 0);
        assert_string_equal(answer, "{\"DNS\":[]}");
}

static void test_never(void **state) {
        uint64_t asked = now_usec() - LATE_ANSWER_USEC + 20000;
        char *answer = NULL;
        Folder *f = *state;

        /* That of another question does not count. */
        write_text(f, "2 17\n17 {}\n");
        assert_int_equal(late_answer_wait(f->path, INSTANCE, format_usec(asked), &answer), -ETIMEDOUT);
        assert_true(now_usec() >= asked + LATE_ANSWER_USEC);
        assert_null(answer);
}

static void test_stop(void **state) {
        char *answer = NULL;
        sigset_t set, old;
        Folder *f = *state;
        int sig;

        write_text(f, "2 17\n");
        (void) sigemptyset(&set);
        (void) sigaddset(&set, SIGTERM);
        assert_int_equal(sigprocmask(SIG_BLOCK, &set, &old), 0);
        assert_int_equal(raise(SIGTERM), 0);
        assert_int_equal(late_answer_wait(f->path, INSTANCE, format_future(), &answer), -EINTR);
        assert_int_equal(sigwait(&set, &sig), 0);
        assert_int_equal(sig, SIGTERM);

        /* nb-watch hears of it first, and takes the file away. */
        assert_int_equal(wait_while_written(f, NULL, format_future(), &answer), -EINTR);
        assert_int_equal(sigwait(&set, &sig), 0);
        assert_int_equal(sigprocmask(SIG_SETMASK, &old, NULL), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse),
                cmocka_unit_test_setup_teardown(test_at_once, folder_setup, teardown),
                cmocka_unit_test_setup_teardown(test_later, folder_setup, teardown),
                cmocka_unit_test_setup_teardown(test_never, folder_setup, teardown),
                cmocka_unit_test_setup_teardown(test_stop, folder_setup, teardown),
        };

        return cmocka_run_group_tests_name("late-answer", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* How does a script run, and how does it end? See exec.h. */
#include "exec.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "missing-syscall.h"
#include "time-util.h"

#define USEC_PER_SEC UINT64_C(1000000)
/* From TERM to KILL, and how long a killed process may take to be gone (it may hang in the kernel). */
#define GRACE_USEC (5 * USEC_PER_SEC)
#define CHILD_STACK_SIZE 16384U

static sigset_t waited_signals;

int exec_setup(void) {
        const struct sigaction dfl = { .sa_handler = SIG_DFL };
        int fd;

        (void) sigemptyset(&waited_signals);
        (void) sigaddset(&waited_signals, SIGCHLD);
        (void) sigaddset(&waited_signals, SIGTERM);
        (void) sigaddset(&waited_signals, SIGINT);
        if (sigaction(SIGCHLD, &dfl, NULL) < 0 || sigprocmask(SIG_SETMASK, &waited_signals, NULL) < 0)
                return negative_errno();
        /* The end of a script's group can only be noticed if its orphans are ours to reap, from the first one on. */
        if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
                return negative_errno();

        /* systemd did all of the following already, a shell did not. */
        if (chdir("/") < 0 || close_from(3, CLOSE_RANGE_CLOEXEC) < 0)
                return negative_errno();
        /* Not open(), see trust_open(). */
        fd = openat(AT_FDCWD, "/dev/null", O_RDONLY | O_NOCTTY | O_CLOEXEC);
        if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
                return negative_errno();
        if (fd > STDERR_FILENO)
                safe_close(fd);
        return 0;
}

bool exec_is_interrupted(void) {
        sigset_t pending;

        return sigpending(&pending) >= 0 &&
                        (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1);
}

typedef struct Child {
        const ExecRequest *request;
        int error; /* of execve(); the memory is shared until then */
} Child;

/* Only system calls: this runs on a stack of its own in the memory of its parent, which waits. */
static int child_main(void *userdata) {
        char *argv[2] = { NULL, NULL };
        Child *child = userdata;
        sigset_t none;

        argv[0] = (char *) child->request->path;
        (void) sigemptyset(&none);
        if (setsid() < 0 || dup2(child->request->output_fd, STDOUT_FILENO) < 0 ||
                        dup2(child->request->error_fd, STDERR_FILENO) < 0 ||
                        sigprocmask(SIG_SETMASK, &none, NULL) < 0)
                child->error = negative_errno();
        else {
                (void) execve(argv[0], argv, (char *const *) child->request->environment);
                child->error = negative_errno();
        }
        _exit(EXIT_FAILURE);
}

/* vfork() in a form that a compiler cannot get wrong: page tables are not copied, and the error needs no
 * pipe. */
static pid_t child_start(Child *child) {
        static char stack[CHILD_STACK_SIZE] __attribute__((aligned(16)));

        return clone(child_main, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, child);
}

typedef enum Stage {
        STAGE_RUNNING,
        STAGE_TERM, /* TERM was sent */
        STAGE_KILL,
} Stage;

typedef struct Run {
        pid_t pid; /* and process group */
        Stage stage;
        uint64_t deadline;
        bool ended, timed_out, interrupted;
        int status; /* as of waitpid() */
} Run;

static void group_signal(const Run *run, int sig) {
        (void) kill(-run->pid, sig);
}

static void stage_term(Run *run, bool send) {
        if (send)
                group_signal(run, SIGTERM);
        run->stage = STAGE_TERM;
        run->deadline = now_usec() + GRACE_USEC;
}

/* The script, and orphans of scripts. */
static void reap(Run *run) {
        pid_t pid;
        int status;

        while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
                if (pid == run->pid) {
                        run->status = status;
                        run->ended = true;
                }
}

/* Whether nothing is left to wait for. A group that was told to end is waited for as a whole. */
static bool is_over(const Run *run) {
        if (!run->ended)
                return false;
        return run->stage != STAGE_TERM || (kill(-run->pid, 0) < 0 && errno == ESRCH);
}

/* The deadline of a stage has passed; returns false if there is no further one. */
static bool next_stage(Run *run) {
        switch (run->stage) {
        case STAGE_RUNNING:
                run->timed_out = true;
                stage_term(run, true);
                return true;
        case STAGE_TERM:
                group_signal(run, SIGKILL);
                run->stage = STAGE_KILL;
                run->deadline = now_usec() + GRACE_USEC;
                return true;
        case STAGE_KILL:
                break;
        }
        return false;
}

static void wait_for_end(Run *run) {
        for (;;) {
                uint64_t now, left;
                struct timespec ts;
                siginfo_t info;
                int sig;

                reap(run);
                if (is_over(run))
                        return;

                now = now_usec();
                left = run->deadline > now ? run->deadline - now : 0;
                ts = (struct timespec){ .tv_sec = (time_t) (left / USEC_PER_SEC),
                        .tv_nsec = (long) (left % USEC_PER_SEC) * 1000 };
                sig = sigtimedwait(&waited_signals, &info, run->deadline == TIMEOUT_INFINITE ? NULL : &ts);
                if (sig < 0 && errno == EAGAIN && !next_stage(run))
                        return;
                if ((sig == SIGTERM || sig == SIGINT) && run->stage == STAGE_RUNNING) {
                        run->interrupted = true;
                        /* PID 1 signals the whole control group itself. */
                        stage_term(run, info.si_pid != 1);
                }
        }
}

static void set_result(const Run *run, ExecResult *ret) {
        if (run->timed_out) {
                ret->outcome = EXEC_TIMED_OUT;
                ret->status = run->ended ? 0 : -ETIMEDOUT;
        } else if (run->interrupted || (run->status != 0 && exec_is_interrupted())) {
                /* The signal reached the script first. */
                ret->outcome = EXEC_INTERRUPTED;
                ret->status = run->status;
        } else if (WIFSIGNALED(run->status)) {
                ret->outcome = EXEC_KILLED;
                ret->status = WTERMSIG(run->status);
        } else {
                ret->outcome = EXEC_EXITED;
                ret->status = WEXITSTATUS(run->status);
        }
}

int exec_run(const ExecRequest *request, ExecResult *ret) {
        Child child = { .request = request };
        uint64_t start = now_usec();
        ExecResult result = {};
        Run run = {};

        run.pid = child_start(&child);
        if (run.pid < 0)
                return negative_errno();
        if (child.error < 0) {
                (void) waitpid(run.pid, NULL, 0);
                result.outcome = EXEC_NOT_EXECUTED;
                result.status = child.error;
        } else {
                run.deadline = request->timeout_usec >= TIMEOUT_INFINITE - start
                                ? TIMEOUT_INFINITE
                                : start + request->timeout_usec;
                wait_for_end(&run);
                set_result(&run, &result);
        }
        result.usec = now_usec() - start;

        *ret = result;
        return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* How does every line of a script that does not run as root get to its unit? journald takes the unit from the control
 * group of the process that wrote a line, if that is still there when it looks, and what a stream says at its
 * beginning it believes only if root says so. Hence one process writes all lines, and stays until journald has read
 * them. See relay.h. */
#include "relay.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "missing-syscall.h"

/* How long a journald that reads nothing is waited for once the unit is being stopped. */
#define PATIENCE_SEC 1

/* The pipe and the stream are all that a relay has open. */
#define PIPE_FD STDIN_FILENO
#define STREAM_FD STDOUT_FILENO

static void stop_signal_set(sigset_t *ret) {
        (void) sigemptyset(ret);
        (void) sigaddset(ret, SIGTERM);
        (void) sigaddset(ret, SIGINT);
        (void) sigaddset(ret, SIGHUP);
}

/* The signal stays blocked: those who write get it as well, and then the pipe ends. */
static bool is_told_to_stop(void) {
        sigset_t pending;

        return sigpending(&pending) >= 0 &&
                        (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1);
}

static bool has_writers(void) {
        struct pollfd p = { .fd = PIPE_FD };

        return poll(&p, 1, 0) <= 0 || (p.revents & POLLHUP) == 0;
}

static bool forward(const char *data, size_t size) {
        while (size > 0) {
                ssize_t n = send(STREAM_FD, data, size, MSG_NOSIGNAL);

                if (n < 0) {
                        if (errno != EAGAIN && errno != EINTR)
                                return false;
                        if (is_told_to_stop() && !has_writers())
                                return false;
                        continue;
                }
                data += n;
                size -= (size_t) n;
        }
        return true;
}

/* While it frees the last bytes, and tells us, the kernel still counts one. */
static bool is_read(void) {
        int n;

        return ioctl(STREAM_FD, SIOCOUTQ, &n) < 0 || n <= 1;
}

/* Each time that the reader takes something is an edge of EPOLLOUT. */
static bool wait_until_read(int epoll) {
        struct epoll_event event;

        while (!is_read())
                if (epoll_wait(epoll, &event, 1, PATIENCE_SEC * 1000) <= 0 && is_told_to_stop())
                        return false;
        return true;
}

/* An empty line is no record. The first one ends a line that the script has not ended; that the second was read shows
 * that journald is done with what it read before. (It never writes, so its end of the connection tells nothing.) */
static void wait_for_journal(void) {
        struct epoll_event event = { .events = EPOLLOUT | EPOLLET };
        _cleanup_close_ int epoll = -EBADF;

        epoll = epoll_create1(EPOLL_CLOEXEC);
        if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, STREAM_FD, &event) < 0)
                return;
        for (int i = 0; i < 2; i++)
                if (!forward("\n", 1) || !wait_until_read(epoll))
                        return;
}

static void relay(void) {
        static char buffer[65536];
        bool any = false;
        ssize_t n;

        for (;;) {
                n = read(PIPE_FD, buffer, sizeof(buffer));
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        break;
                any = true;
                if (!forward(buffer, (size_t) n))
                        return;
        }
        if (any)
                wait_for_journal();
}

static void relay_main(int pipe_fd, int stream) __attribute__((noreturn));
static void relay_main(int pipe_fd, int stream) {
        /* So that send() does not wait for ever. */
        const struct timeval patience = { .tv_sec = PATIENCE_SEC };
        sigset_t blocked;

        stop_signal_set(&blocked);
        if (setpgid(0, 0) >= 0 && sigprocmask(SIG_SETMASK, &blocked, NULL) >= 0 &&
                        dup2(pipe_fd, PIPE_FD) >= 0 && dup2(stream, STREAM_FD) >= 0 &&
                        close_from(STREAM_FD + 1, 0) >= 0 &&
                        setsockopt(STREAM_FD, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) >= 0)
                relay();
        _exit(EXIT_SUCCESS);
}

int relay_start(int stream) {
        _cleanup_close_ int reader = -EBADF, writer = -EBADF;
        int pair[2];
        pid_t pid;

        /* Those of the scripts before. */
        while (waitpid(-1, NULL, WNOHANG) > 0)
                ;

        if (pipe2(pair, O_CLOEXEC) < 0)
                return negative_errno();
        reader = pair[0];
        writer = pair[1];

        pid = fork();
        if (pid < 0)
                return negative_errno();
        if (pid == 0)
                relay_main(reader, stream);
        return TAKE_FD(writer);
}

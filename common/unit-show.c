/* SPDX-License-Identifier: Apache-2.0 */
/* What does PID 1 say of a unit? See unit-show.h. */
#include "unit-show.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

static int spawn(const char *unit, const char *properties, int output_fd, pid_t *ret) {
        const char *const argv[] = { "systemctl", "show", "--property", properties, "--", unit, NULL };
        posix_spawn_file_actions_t actions;
        int r;

        r = posix_spawn_file_actions_init(&actions);
        if (r != 0)
                return -r;
        r = posix_spawn_file_actions_adddup2(&actions, output_fd, STDOUT_FILENO);
        if (r == 0)
                r = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        if (r == 0)
                r = posix_spawnp(ret, argv[0], &actions, NULL, (char *const *) argv, environ);
        posix_spawn_file_actions_destroy(&actions);
        return -r;
}

static int read_answer(int fd, int timeout_msec, Buffer *ret) {
        struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
        char chunk[4096];
        ssize_t n;
        int r;

        for (;;) {
                r = poll(&poll_fd, 1, timeout_msec);
                if (r == 0)
                        return -ETIMEDOUT;
                n = r < 0 ? -1 : read(fd, chunk, sizeof(chunk));
                if (n == 0)
                        return 0;
                if (n > 0)
                        buffer_append(ret, chunk, (size_t) n);
                else if (errno != EINTR)
                        return negative_errno();
        }
}

int unit_show(const char *unit, const char *properties, int timeout_msec, Buffer *ret) {
        _cleanup_close_ int from = -EBADF, to = -EBADF;
        int fds[2], status, r;
        pid_t pid = 0;

        if (pipe2(fds, O_CLOEXEC) < 0)
                return negative_errno();
        from = fds[0];
        to = fds[1];
        r = spawn(unit, properties, to, &pid);
        if (r < 0)
                return -EIO;
        /* Or the end would never come. */
        safe_close(TAKE_FD(to));

        r = read_answer(from, timeout_msec, ret);
        if (r < 0)
                (void) kill(pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return negative_errno();
        if (r < 0)
                return r;
        return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What did systemd-networkd say after the unit was started? See late-answer.h.
 *
 * nb-watch puts the answer into a new file, which it renames over the one that allows the unit to run. So the old one
 * loses its only name, and that can be watched without noticing the files of other links. */
#include "late-answer.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>

#include "file-util.h"
#include "number.h"
#include "time-util.h"
#include "variable.h"

#define FILE_MAX (VARIABLE_VALUE_MAX + 128U)

int late_answer_parse(const char *text, const char *asked, char **ret) {
        const char *p;
        size_t n;

        p = strchr(text, '\n');
        p = p ? startswith(p + 1, asked) : NULL;
        if (!p || *p++ != ' ')
                return -EAGAIN;
        n = strcspn(p, "\n");
        if (n == 4 && startswith(p, "null"))
                return -ENODATA;

        *ret = strndup(p, n);
        return *ret ? 0 : -ENOMEM;
}

static int answer_read(const char *path, const char *asked, char **ret) {
        _cleanup_free_ char *text = NULL;
        int r;

        r = file_read_untrusted(AT_FDCWD, path, FILE_MAX, &text, NULL);
        return r < 0 ? r : late_answer_parse(text, asked, ret);
}

/* A time in the future is not ours: it does not make the wait longer. */
static int answer_deadline(const char *asked, uint64_t *ret) {
        uint64_t usec, now = now_usec();
        int r;

        r = number_parse(asked, 10, UINT64_MAX, &usec);
        if (r < 0)
                return r;
        *ret = (usec < now ? usec : now) + LATE_ANSWER_USEC;
        return 0;
}

/* Waits until there is another file of this name. */
static int wait_for_change(int inotify_fd, int signal_fd, uint64_t deadline) {
        struct pollfd fds[] = { { .fd = inotify_fd, .events = POLLIN },
                { .fd = signal_fd, .events = POLLIN } };
        char events[sizeof(struct inotify_event) * 8 + NAME_MAX + 1];
        uint64_t now = now_usec();
        int n;

        if (now >= deadline)
                return -ETIMEDOUT;
        n = poll(fds, ELEMENTSOF(fds), (int) ((deadline - now + 999) / 1000));
        if (n < 0)
                return negative_errno();
        if (n == 0)
                return -ETIMEDOUT;
        if (fds[1].revents)
                return -EINTR;
        return read(inotify_fd, events, sizeof(events)) < 0 && errno != EAGAIN ? negative_errno() : 0;
}

int late_answer_wait(const char *folder, const char *instance, const char *asked, char **ret) {
        _cleanup_close_ int inotify_fd = -EBADF, signal_fd = -EBADF;
        char path[PATH_MAX];
        sigset_t signals;
        uint64_t deadline;
        int r;

        if (snprintf(path, sizeof(path), "%s/%s", folder, instance) >= (int) sizeof(path))
                return -ENAMETOOLONG;
        r = answer_deadline(asked, &deadline);
        if (r < 0)
                return r;
        r = answer_read(path, asked, ret);
        if (r != -EAGAIN && r != -ENOENT)
                return r;

        (void) sigemptyset(&signals);
        (void) sigaddset(&signals, SIGTERM);
        (void) sigaddset(&signals, SIGINT);
        signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
        inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        if (signal_fd < 0 || inotify_fd < 0)
                return negative_errno();

        for (;;) {
                /* First the watch, then the look: what comes between shows in one of them. Without the file there will
                 * be no answer, but this unit is about to be stopped. */
                if (inotify_add_watch(inotify_fd, path, IN_ATTRIB | IN_DELETE_SELF | IN_DONT_FOLLOW) < 0 &&
                                errno != ENOENT)
                        return negative_errno();
                r = answer_read(path, asked, ret);
                if (r != -EAGAIN && r != -ENOENT)
                        return r;
                r = wait_for_change(inotify_fd, signal_fd, deadline);
                if (r < 0)
                        return r;
        }
}

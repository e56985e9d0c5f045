/* SPDX-License-Identifier: Apache-2.0 */
/* How does a script's output reach the journal under the script's name? Over a connection of its own, as
 * systemd makes one for each service: journald reads the lines itself, so nothing here copies output,
 * however much it is. */
#include "journal-stream.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <syslog.h>

#include "journal-connected.h"

/* Linux, Documentation/admin-guide/devices.txt */
#define DEV_FULL makedev(1, 7)

static bool stands_for_journal[STDERR_FILENO + 1];

bool journal_stream_adopt(void) {
        _cleanup_close_ int null_fd = -EBADF;
        struct stat st;

        for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
                if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != DEV_FULL)
                        continue;
                if (null_fd < 0)
                        null_fd = open("/dev/null", O_WRONLY | O_NOCTTY | O_CLOEXEC);
                if (null_fd >= 0)
                        (void) dup2(null_fd, fd);
                stands_for_journal[fd] = true;
        }
        return stands_for_journal[STDOUT_FILENO] || stands_for_journal[STDERR_FILENO];
}

bool journal_stream_is_forbidden(void) {
        _cleanup_close_ int fd = -EBADF;

        if (!stands_for_journal[STDOUT_FILENO] && !stands_for_journal[STDERR_FILENO])
                return false;
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return errno == EAFNOSUPPORT || errno == EPERM || errno == EACCES;
        return access(JOURNAL_STREAM_SOCKET, W_OK) < 0 && (errno == EPERM || errno == EACCES);
}

bool journal_stream_is_inherited(int fd) {
        return (fd >= 0 && fd <= STDERR_FILENO && stands_for_journal[fd]) || journal_is_connected(fd);
}

/* Seven lines: identifier, unit (as a fallback where the sender is gone before journald looks), priority,
 * whether a "<3>" in front of a line is its priority, and three ways to forward that are journald's
 * business. The empty line behind is no record, but makes journald look up now of which unit this process is: it may
 * have ended when its own last message is read. */
static int format_head(char *head, size_t size, const char *identifier, const char *unit) {
        int n;

        n = snprintf(head, size, "%s\n%s\n%i\n1\n0\n0\n0\n\n", identifier, unit, LOG_DAEMON | LOG_INFO);
        if (n >= (int) size)
                return -ENAMETOOLONG;
        for (size_t i = 0; i < strlen(identifier); i++)
                if (head[i] == '\n')
                        head[i] = '_';
        return n;
}

int journal_stream_open(const char *identifier, const char *unit) {
        union {
                struct sockaddr sa;
                struct sockaddr_un un;
        } address = { .un = { .sun_family = AF_UNIX, .sun_path = JOURNAL_STREAM_SOCKET } };
        _cleanup_close_ int fd = -EBADF;
        char head[1024];
        int n;

        n = format_head(head, sizeof(head), identifier, unit);
        if (n < 0)
                return n;

        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return negative_errno();
        if (connect(fd, &address.sa, sizeof(address.un)) < 0)
                return negative_errno();
        (void) shutdown(fd, SHUT_RD);
        if (send(fd, head, (size_t) n, MSG_NOSIGNAL) != n)
                return negative_errno();
        return TAKE_FD(fd);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What did the administrator configure? See settings.h. */
#include "settings.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include "log.h"
#include "number.h"

#define TABLE_BASE_DEFAULT 9999U
#define PROTOCOL_DEFAULT 201U
#define PROTOCOL_KERNEL 2U
#define ENVIRONMENT_MAX 65536U

int settings_parse(const char *table_base, const char *protocol, Settings *ret) {
        uint64_t base = TABLE_BASE_DEFAULT, number = PROTOCOL_DEFAULT;

        if (table_base && number_parse(table_base, 10, UINT32_MAX, &base) < 0)
                return log_error_errno(EINVAL, "NB_ROUTE_TABLE_BASE=%s: a number from 0 to %u is needed.",
                                table_base, UINT32_MAX);
        if (protocol && streq(protocol, "kernel"))
                number = PROTOCOL_KERNEL;
        else if (protocol && (number_parse(protocol, 10, UINT8_MAX, &number) < 0 || number == 0))
                return log_error_errno(EINVAL,
                                "NB_RULE_PROTOCOL=%s: a number from 1 to 255 or 'kernel' is needed.",
                                protocol);

        *ret = (Settings){ .table_base = (uint32_t) base, .protocol = (uint8_t) number };
        return 0;
}

int settings_find_variable(const char *environment, const char *name, char **ret) {
        size_t n = strlen(name);

        for (const char *p = environment; *p;) {
                size_t length = strcspn(p, " \n");

                if (length > n && strncmp(p, name, n) == 0 && p[n] == '=') {
                        char *value = strndup(p + n + 1, length - n - 1);

                        if (!value)
                                return -ENOMEM;
                        *ret = value;
                        return 0;
                }
                p += length;
                p += strspn(p, " \n");
        }
        *ret = NULL;
        return 0;
}

static int spawn_systemctl(const char *unit, int fd, pid_t *ret) {
        char *argv[] = { (char *) "systemctl", (char *) "show", (char *) "--property=Environment",
                (char *) "--value", (char *) "--", (char *) unit, NULL };
        posix_spawn_file_actions_t actions;
        int r;

        r = posix_spawn_file_actions_init(&actions);
        if (r != 0)
                return -r;
        r = posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
        if (r == 0)
                r = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        if (r == 0)
                r = posix_spawnp(ret, argv[0], &actions, NULL, argv, environ);
        posix_spawn_file_actions_destroy(&actions);
        return -r;
}

static size_t read_to_end(int fd, char *buffer, size_t max) {
        size_t size = 0;

        while (size < max) {
                ssize_t n = read(fd, buffer + size, max - size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        break;
                size += (size_t) n;
        }
        return size;
}

/* Returns the descriptor to read its output from. */
static int start_systemctl(const char *unit, pid_t *ret_pid) {
        int fds[2] = { -EBADF, -EBADF }, r;

        if (pipe2(fds, O_CLOEXEC) < 0)
                return negative_errno();
        r = spawn_systemctl(unit, fds[1], ret_pid);
        (void) safe_close(fds[1]);
        if (r < 0) {
                (void) safe_close(fds[0]);
                return r;
        }
        return fds[0];
}

/* What PID 1 says, "" where there is none (a container, a chroot): then the defaults hold. */
static void read_unit_environment(const char *unit, char ret[static ENVIRONMENT_MAX]) {
        _cleanup_close_ int fd = -EBADF;
        pid_t pid = 0;
        int status;

        ret[0] = '\0';
        fd = start_systemctl(unit, &pid);
        if (fd < 0) {
                log_debug_errno(fd, "Failed to run systemctl: %m");
                return;
        }

        ret[read_to_end(fd, ret, ENVIRONMENT_MAX - 1)] = '\0';
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
                ;
}

int settings_load(const char *unit, Settings *ret) {
        const char *base = getenv("NB_ROUTE_TABLE_BASE"), *protocol = getenv("NB_RULE_PROTOCOL");
        _cleanup_free_ char *unit_base = NULL, *unit_protocol = NULL, *text = NULL;
        int r;

        if (unit && (!base || !protocol)) {
                text = calloc(1, ENVIRONMENT_MAX);
                if (!text)
                        return -ENOMEM;
                read_unit_environment(unit, text);
                r = settings_find_variable(text, "NB_ROUTE_TABLE_BASE", &unit_base);
                if (r >= 0)
                        r = settings_find_variable(text, "NB_RULE_PROTOCOL", &unit_protocol);
                if (r < 0)
                        return log_error_errno(r, "Failed to read the environment of %s: %m", unit);
        }
        return settings_parse(base ?: unit_base, protocol ?: unit_protocol, ret);
}

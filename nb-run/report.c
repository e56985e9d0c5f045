/* SPDX-License-Identifier: Apache-2.0 */
/* How did a script do? See report.h. The identifiers are those of conf/network-broker.catalog. */
#include "report.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/stat.h>

#define MESSAGE_FAILED "1d3a007ddf94458fb24a8170d0157cec"
#define MESSAGE_KILLED "1748a4e248ee47be8b8d4d4c25b10d90"
#define MESSAGE_TIMED_OUT "ec8ae95928774fd19c896630b29f9391"
#define MESSAGE_NOT_EXECUTED "6f79026282a047e2ae7ecccfe6c2c92c"
#define MESSAGE_REFUSED "f1d0942a4ba54afeac75f2b423baef37"

#define BEGINNING_MAX 256U
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

const char *duration_format(uint64_t usec, char *buffer, size_t size) {
        if (usec < 10000)
                (void) snprintf(buffer, size, "%" PRIu64 ".%" PRIu64 " ms", usec / 1000, usec % 1000 / 100);
        else if (usec < 1000000)
                (void) snprintf(buffer, size, "%" PRIu64 " ms", usec / 1000);
        else if (usec < 60000000)
                (void) snprintf(buffer, size, "%" PRIu64 ".%" PRIu64 " s", usec / 1000000,
                                usec % 1000000 / 100000);
        else
                (void) snprintf(buffer, size, "%" PRIu64 " min %" PRIu64 " s", usec / 60000000,
                                usec % 60000000 / 1000000);
        return buffer;
}

/* Those of signal(7) that end a process; not every C library has their names. */
static const char *signal_text(int sig, char *buffer, size_t size) {
#define NAME(signal) [signal] = #signal
        static const char *const names[] = {
                NAME(SIGHUP),
                NAME(SIGINT),
                NAME(SIGQUIT),
                NAME(SIGILL),
                NAME(SIGTRAP),
                NAME(SIGABRT),
                NAME(SIGBUS),
                NAME(SIGFPE),
                NAME(SIGKILL),
                NAME(SIGUSR1),
                NAME(SIGSEGV),
                NAME(SIGUSR2),
                NAME(SIGPIPE),
                NAME(SIGALRM),
                NAME(SIGTERM),
                NAME(SIGXCPU),
                NAME(SIGXFSZ),
                NAME(SIGVTALRM),
                NAME(SIGPROF),
                NAME(SIGIO),
                NAME(SIGPWR),
                NAME(SIGSYS),
#ifdef SIGSTKFLT
                NAME(SIGSTKFLT),
#endif
        };
#undef NAME

        if (sig > 0 && sig < (int) ELEMENTSOF(names) && names[sig])
                return names[sig];
        (void) snprintf(buffer, size, "signal %i", sig);
        return buffer;
}

/* How it begins, as far as the kernel looks for the interpreter's name; empty if it cannot be read. */
static void read_beginning(const char *path, char ret[static BEGINNING_MAX]) {
        _cleanup_close_ int fd = -EBADF;
        ssize_t n = -1;

        fd = openat(AT_FDCWD, path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0)
                n = read(fd, ret, BEGINNING_MAX - 1);
        ret[n > 0 ? n : 0] = '\0';
}

/* Of "#!/bin/sh" with the line end of DOS, whose first half is a byte of the name to the kernel. */
static bool interpreter_ends_with_cr(const char *beginning) {
        const char *p = startswith(beginning, "#!");
        size_t n;

        if (!p)
                return false;
        p += strspn(p, " \t");
        n = strcspn(p, " \t\n");
        return n > 0 && p[n - 1] == '\r';
}

static const char *execution_hint(const char *path, int error) {
        char beginning[BEGINNING_MAX];

        switch (error) {
        case -ENOENT:
                read_beginning(path, beginning);
                if (interpreter_ends_with_cr(beginning))
                        return "; its lines end with CR LF, and to the kernel the CR belongs to the name of the "
                               "interpreter in the first one: end them with LF";
                return "; the interpreter of its first line is missing";
        case -ENOEXEC:
                read_beginning(path, beginning);
                if (startswith(beginning, BYTE_ORDER_MARK "#!"))
                        return "; a byte order mark (BOM) stands before the #! of its interpreter line: save it "
                               "without one";
                return "; it is no program and has no interpreter line such as #!/bin/sh";
        case -EACCES:
                return "; neither it nor its interpreter may be on a file system mounted noexec, and the user of "
                       "the unit must be allowed to execute both";
        case -E2BIG:
                return "; its environment is too large";
        default:
                return "";
        }
}

static void report_time_out(const LogFields *fields, const Script *script, const ExecResult *result,
                uint64_t timeout_usec, const char *duration) {
        char limit[32];

        (void) log_message(LOG_ERR, 0, fields,
                        "%s: did not end within %s and was %s (%s in all). The usual cause is waiting for a job "
                        "that is ordered after this unit: use systemctl --no-block.",
                        script->path, duration_format(timeout_usec, limit, sizeof(limit)),
                        result->status < 0 ? "killed, but hangs in the kernel" : "stopped", duration);
}

static void report_passed_over(const LogFields *fields, const Script *script, const char *reason) {
        (void) log_message(LOG_INFO, 0, fields, "%s: not run: %s", script->path, reason);
}

static bool report_not_executed(const LogFields *fields, const Script *script, int error) {
        struct stat st;

        if (error == -ENOENT && lstat(script->path, &st) < 0 && errno == ENOENT) {
                report_passed_over(fields, script, "it was removed meanwhile");
                return false;
        }
        (void) log_message(LOG_ERR, error, fields, "%s: cannot be executed: %m%s", script->path,
                        execution_hint(script->path, error));
        return true;
}

bool report_result(const LogFields *fields, const Script *script, const ExecResult *result,
                uint64_t timeout_usec) {
        char duration[32], sig[32];
        LogFields f = *fields;

        f.script = script->name;
        (void) duration_format(result->usec, duration, sizeof(duration));
        switch (result->outcome) {
        case EXEC_EXITED:
                if (result->status == 0) {
                        (void) log_message(LOG_INFO, 0, &f, "%s: exit status 0, %s", script->path, duration);
                        return false;
                }
                f.message_id = MESSAGE_FAILED;
                (void) log_message(LOG_ERR, 0, &f, "%s: exit status %i, %s", script->path, result->status,
                                duration);
                return true;
        case EXEC_KILLED:
                f.message_id = MESSAGE_KILLED;
                (void) log_message(LOG_ERR, 0, &f, "%s: ended by %s, %s", script->path,
                                signal_text(result->status, sig, sizeof(sig)), duration);
                return true;
        case EXEC_TIMED_OUT:
                f.message_id = MESSAGE_TIMED_OUT;
                report_time_out(&f, script, result, timeout_usec, duration);
                return true;
        case EXEC_INTERRUPTED:
                (void) log_message(LOG_WARNING, 0, &f, "%s: interrupted by a signal to stop, %s",
                                script->path, duration);
                return false;
        case EXEC_NOT_EXECUTED:
                f.message_id = MESSAGE_NOT_EXECUTED;
                return report_not_executed(&f, script, result->status);
        }
        return true;
}

bool report_not_run(const LogFields *fields, const Script *script) {
        LogFields f = *fields;

        f.script = script->name;
        if (script->verdict != SCRIPT_REFUSED) {
                report_passed_over(&f, script, script->reason);
                return false;
        }
        f.message_id = MESSAGE_REFUSED;
        (void) log_message(LOG_ERR, 0, &f, "%s: not run, because %s", script->path, script->reason);
        return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* How does a message reach the administrator? See log.h. */
#include "log.h"

#include <endian.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "journal-connected.h"
#include "json.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define MESSAGE_MAX 4096U
/* A byte becomes six at the most in JSON (\u00xx). */
#define JSON_MAX (6U * MESSAGE_MAX + 2048U)
#define RECORD_MAX (JSON_MAX + 2048U)

static struct {
        const char *program;
        LogTarget target;
        int level;
        bool json;
        int fd; /* of the journal or kmsg, opened at the first record */
} log_state = { .program = "network-broker", .target = LOG_TARGET_STDERR, .level = LOG_INFO, .fd = -EBADF };

static const struct {
        const char *name;
        int level;
} levels[] = {
        { "fatal", LOG_CRIT },
        { "error", LOG_ERR },
        { "warn", LOG_WARNING },
        { "info", LOG_INFO },
        { "debug", LOG_DEBUG },
};

/* A record that grows up to its size and then silently stops growing: half a message beats none. */
typedef struct Record {
        char *data;
        size_t size, length;
} Record;

static void record_append(Record *record, const void *data, size_t n) {
        if (n > record->size - record->length)
                n = record->size - record->length;
        memcpy(record->data + record->length, data, n);
        record->length += n;
}

static void record_puts(Record *record, const char *s) {
        record_append(record, s, strlen(s));
}

static void record_field(Record *record, const char *name, const char *value) {
        uint64_t size;

        if (!value)
                return;

        record_puts(record, name);
        if (strchr(value, '\n')) {
                size = htole64(strlen(value));
                record_puts(record, "\n");
                record_append(record, &size, sizeof(size));
        } else
                record_puts(record, "=");
        record_puts(record, value);
        record_puts(record, "\n");
}

static const char *level_name(int level) {
        for (size_t i = 0; i < ELEMENTSOF(levels); i++)
                if (level <= levels[i].level)
                        return levels[i].name;
        return "debug";
}

void log_setup(const char *program, LogTarget target) {
        const char *e;

        log_state.program = program;
        if (target == LOG_TARGET_AUTO)
                target = journal_is_connected(STDERR_FILENO) ? LOG_TARGET_JOURNAL : LOG_TARGET_STDERR;
        log_state.target = target;

        e = getenv("NB_LOG_LEVEL");
        if (e)
                (void) log_set_level(e);
        e = getenv("NB_LOG_FORMAT");
        if (e)
                (void) log_set_format(e);
}

int log_set_level(const char *level) {
        for (size_t i = 0; i < ELEMENTSOF(levels); i++)
                if (streq(levels[i].name, level)) {
                        log_state.level = levels[i].level;
                        return 0;
                }
        return -EINVAL;
}

int log_set_format(const char *format) {
        if (!streq(format, "text") && !streq(format, "json"))
                return -EINVAL;

        log_state.json = streq(format, "json");
        return 0;
}

bool log_enabled(int level) {
        return level <= log_state.level;
}

static void json_member_optional(Json *j, const char *key, const char *value) {
        if (value)
                json_member_string(j, key, value);
}

static void message_to_json(Json *j, int level, const LogFields *fields, const char *text) {
        json_open(j, '{');
        json_member_string(j, "level", level_name(level));
        json_member_string(j, "message", text);
        json_member_optional(j, "link", fields->link);
        json_member_optional(j, "event", fields->event);
        json_member_optional(j, "unit", fields->unit);
        json_member_optional(j, "script", fields->script);
        if (fields->ifindex > 0)
                json_member_number(j, "ifindex", (uint64_t) fields->ifindex);
        json_close(j, '}');
}

static int journal_fd(void) {
        union {
                struct sockaddr sa;
                struct sockaddr_un un;
        } address = { .un = { .sun_family = AF_UNIX, .sun_path = JOURNAL_SOCKET } };
        _cleanup_close_ int fd = -EBADF;

        if (log_state.fd >= 0)
                return log_state.fd;

        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return negative_errno();
        if (connect(fd, &address.sa, sizeof(address.un)) < 0)
                return negative_errno();
        return log_state.fd = TAKE_FD(fd);
}

static int write_journal(int level, const LogFields *fields, const char *text) {
        char data[RECORD_MAX], number[16];
        Record record = { .data = data, .size = sizeof(data) };
        int fd, flags = MSG_NOSIGNAL;

        fd = journal_fd();
        if (fd < 0)
                return fd;

        /* The message last: it is the only part that may be cut. */
        snprintf(number, sizeof(number), "%i", level);
        record_field(&record, "PRIORITY", number);
        record_field(&record, "SYSLOG_IDENTIFIER", log_state.program);
        record_field(&record, "NB_LINK", fields->link);
        record_field(&record, "NB_EVENT", fields->event);
        record_field(&record, "NB_UNIT", fields->unit);
        record_field(&record, "NB_SCRIPT", fields->script);
        record_field(&record, "MESSAGE_ID", fields->message_id);
        if (fields->ifindex > 0) {
                snprintf(number, sizeof(number), "%i", fields->ifindex);
                record_field(&record, "IFINDEX", number);
        }
        record_field(&record, "MESSAGE", text);

        /* PID 1 waits for a generator, and a journald that is not running yet reads nothing. */
        if (log_state.target == LOG_TARGET_BOOT)
                flags |= MSG_DONTWAIT;

        /* journald was restarted: its socket is a new one. */
        if (send(fd, data, record.length, flags) < 0) {
                log_state.fd = safe_close(log_state.fd);
                fd = journal_fd();
                if (fd < 0)
                        return fd;
                if (send(fd, data, record.length, flags) < 0)
                        return negative_errno();
        }
        return 0;
}

static int write_kmsg(int level, const char *text) {
        char line[1024];
        size_t length;
        int n;

        if (log_state.fd < 0)
                log_state.fd = open("/dev/kmsg", O_WRONLY | O_NOCTTY | O_CLOEXEC);
        if (log_state.fd < 0)
                return negative_errno();

        /* The kernel cuts a record at about 1 kB. */
        n = snprintf(line, sizeof(line), "<%i>%s: %s", LOG_DAEMON | level, log_state.program, text);
        length = (size_t) n < sizeof(line) ? (size_t) n : sizeof(line) - 1;
        if (write(log_state.fd, line, length) < 0)
                return negative_errno();
        return 0;
}

int log_message(int level, int error, const LogFields *fields, const char *format, ...) {
        static const LogFields no_fields;
        _cleanup_buffer_ Json json = {};
        char text[MESSAGE_MAX];
        const char *record = text;
        int saved = errno, r = -ENOTCONN;
        va_list ap;

        if (error > 0)
                error = -error;
        if (!log_enabled(level))
                return error;
        if (!fields)
                fields = &no_fields;

        errno = -error;
        va_start(ap, format);
        (void) vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);

        if (log_state.json) {
                message_to_json(&json, level, fields, text);
                /* Without memory the message alone. */
                if (buffer_text(&json))
                        record = buffer_text(&json);
        }

        if (log_state.target == LOG_TARGET_JOURNAL || log_state.target == LOG_TARGET_BOOT)
                r = write_journal(level, fields, record);
        if (log_state.target == LOG_TARGET_BOOT && r < 0) {
                log_state.fd = safe_close(log_state.fd);
                log_state.target = LOG_TARGET_KMSG;
        }
        if (log_state.target == LOG_TARGET_KMSG)
                r = write_kmsg(level, record);
        if (r < 0)
                fprintf(stderr, "%s\n", record);

        errno = saved;
        return error;
}

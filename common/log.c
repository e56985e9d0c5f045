/* SPDX-License-Identifier: Apache-2.0 */
/* How does a message reach the administrator? See log.h. */
#include "log.h"

#include <endian.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

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
typedef struct Buffer {
        char *data;
        size_t size, length;
} Buffer;

static void buffer_append(Buffer *b, const void *data, size_t n) {
        if (n > b->size - b->length)
                n = b->size - b->length;
        memcpy(b->data + b->length, data, n);
        b->length += n;
}

static void buffer_puts(Buffer *b, const char *s) {
        buffer_append(b, s, strlen(s));
}

static void buffer_field(Buffer *b, const char *name, const char *value) {
        uint64_t size;

        if (!value)
                return;

        buffer_puts(b, name);
        if (strchr(value, '\n')) {
                size = htole64(strlen(value));
                buffer_puts(b, "\n");
                buffer_append(b, &size, sizeof(size));
        } else
                buffer_puts(b, "=");
        buffer_puts(b, value);
        buffer_puts(b, "\n");
}

static void buffer_json_string(Buffer *b, const char *s) {
        char escape[8];

        buffer_puts(b, "\"");
        for (; *s; s++) {
                unsigned char c = (unsigned char) *s;

                if (c == '"' || c == '\\')
                        snprintf(escape, sizeof(escape), "\\%c", c);
                else if (c < 0x20 || c == 0x7f)
                        snprintf(escape, sizeof(escape), "\\u%04x", c);
                else
                        snprintf(escape, sizeof(escape), "%c", c);
                buffer_puts(b, escape);
        }
        buffer_puts(b, "\"");
}

static void buffer_json_member(Buffer *b, const char *name, const char *value) {
        if (!value)
                return;

        buffer_puts(b, ",");
        buffer_json_string(b, name);
        buffer_puts(b, ":");
        buffer_json_string(b, value);
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
                target = getenv("JOURNAL_STREAM") && !isatty(STDERR_FILENO) ? LOG_TARGET_JOURNAL
                                                                            : LOG_TARGET_STDERR;
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

static void message_to_json(Buffer *b, int level, const LogFields *fields, const char *text) {
        char number[16];

        buffer_puts(b, "{\"level\":");
        buffer_json_string(b, level_name(level));
        buffer_json_member(b, "message", text);
        buffer_json_member(b, "link", fields->link);
        buffer_json_member(b, "event", fields->event);
        buffer_json_member(b, "unit", fields->unit);
        buffer_json_member(b, "script", fields->script);
        if (fields->ifindex > 0) {
                snprintf(number, sizeof(number), "%i", fields->ifindex);
                buffer_puts(b, ",\"ifindex\":");
                buffer_puts(b, number);
        }
        buffer_puts(b, "}");
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
        Buffer b = { .data = data, .size = sizeof(data) };
        int fd, flags = MSG_NOSIGNAL;

        fd = journal_fd();
        if (fd < 0)
                return fd;

        /* The message last: it is the only part that may be cut. */
        snprintf(number, sizeof(number), "%i", level);
        buffer_field(&b, "PRIORITY", number);
        buffer_field(&b, "SYSLOG_IDENTIFIER", log_state.program);
        buffer_field(&b, "NB_LINK", fields->link);
        buffer_field(&b, "NB_EVENT", fields->event);
        buffer_field(&b, "NB_UNIT", fields->unit);
        buffer_field(&b, "NB_SCRIPT", fields->script);
        buffer_field(&b, "MESSAGE_ID", fields->message_id);
        if (fields->ifindex > 0) {
                snprintf(number, sizeof(number), "%i", fields->ifindex);
                buffer_field(&b, "IFINDEX", number);
        }
        buffer_field(&b, "MESSAGE", text);

        /* PID 1 waits for a generator, and a journald that is not running yet reads nothing. */
        if (log_state.target == LOG_TARGET_BOOT)
                flags |= MSG_DONTWAIT;

        /* journald was restarted: its socket is a new one. */
        if (send(fd, data, b.length, flags) < 0) {
                log_state.fd = safe_close(log_state.fd);
                fd = journal_fd();
                if (fd < 0)
                        return fd;
                if (send(fd, data, b.length, flags) < 0)
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
        char text[MESSAGE_MAX], json[JSON_MAX];
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
                Buffer b = { .data = json, .size = sizeof(json) - 1 };

                message_to_json(&b, level, fields, text);
                json[b.length] = '\0';
                record = json;
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

/* SPDX-License-Identifier: Apache-2.0 */
/* Log records with explicit fields: to the journal in its native protocol, or to stderr.
 *
 * The protocol is that of https://systemd.io/JOURNAL_NATIVE_PROTOCOL/; it is spoken here and not through
 * libsystemd because nb-run is started once an event, and mapping that library costs it 0.4 to 0.7 ms. */
#pragma once

#include <stdbool.h>
#include <syslog.h>

#include "macros.h"

typedef enum LogTarget {
        LOG_TARGET_AUTO, /* the journal if stderr is connected to it, else stderr */
        LOG_TARGET_JOURNAL,
        LOG_TARGET_STDERR,
        LOG_TARGET_KMSG,
        LOG_TARGET_BOOT, /* for the generator: the journal if it takes the record at once, else the kernel log */
} LogTarget;

/* What a record is about. All optional: NULL, or 0 for the ifindex. */
typedef struct LogFields {
        const char *link;       /* NB_LINK= */
        const char *event;      /* NB_EVENT= */
        const char *unit;       /* NB_UNIT= */
        const char *script;     /* NB_SCRIPT= */
        const char *message_id; /* MESSAGE_ID=, 32 hexadecimal digits */
        int ifindex;            /* IFINDEX= */
} LogFields;

/* Sets the name that records carry, and takes level and format from NB_LOG_LEVEL and NB_LOG_FORMAT of the
 * environment; values that are not known are ignored. The pointer must stay valid. */
void log_setup(const char *program, LogTarget target);

/* One of fatal, error, warn, info, debug; fatal shows LOG_CRIT and above only. Returns -EINVAL for others and
 * changes nothing. */
int log_set_level(const char *level);

/* text or json (the message itself is one JSON object). -EINVAL as above. */
int log_set_format(const char *format);

/* Whether records of this syslog level are shown. */
bool log_enabled(int level);

/* Writes one record. error is 0 or an errno of either sign, which %m in the format names. Returns the negative
 * error (0 for 0), so that a caller can log and return in one line. errno is preserved. */
int log_message(int level, int error, const LogFields *fields, const char *format, ...) _printf_(4, 5);

#define log_debug(...) log_message(LOG_DEBUG, 0, NULL, __VA_ARGS__)
#define log_info(...) log_message(LOG_INFO, 0, NULL, __VA_ARGS__)
#define log_warning(...) log_message(LOG_WARNING, 0, NULL, __VA_ARGS__)
#define log_error(...) log_message(LOG_ERR, 0, NULL, __VA_ARGS__)
#define log_debug_errno(error, ...) log_message(LOG_DEBUG, error, NULL, __VA_ARGS__)
#define log_warning_errno(error, ...) log_message(LOG_WARNING, error, NULL, __VA_ARGS__)
#define log_error_errno(error, ...) log_message(LOG_ERR, error, NULL, __VA_ARGS__)
/* For what ends the program: shown at every level. */
#define log_fatal_errno(error, ...) log_message(LOG_CRIT, error, NULL, __VA_ARGS__)

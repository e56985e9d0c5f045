/* SPDX-License-Identifier: Apache-2.0 */
/* What did the administrator configure? See settings.h. */
#include "settings.h"

#include "log.h"
#include "number.h"
#include "rule-protocol.h"
#include "unit-show.h"

#define TABLE_BASE_DEFAULT 9999U

int settings_parse(const char *table_base, const char *protocol, Settings *ret) {
        uint64_t base = TABLE_BASE_DEFAULT;

        if (table_base && number_parse(table_base, 10, UINT32_MAX, &base) < 0)
                return log_error_errno(EINVAL, "NB_ROUTE_TABLE_BASE=%s: a number from 0 to %u is needed.",
                                table_base, UINT32_MAX);

        *ret = (Settings){ .table_base = (uint32_t) base,
                .protocol = rule_protocol_from_environment(protocol) };
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

/* What PID 1 says, "" where there is none (a container, a chroot): then the defaults hold. */
static const char *read_unit_environment(const char *unit, Buffer *buffer) {
        int r;

        r = unit_show(unit, "Environment", -1, buffer);
        if (r >= 0)
                return buffer_text(buffer) ? strempty(startswith(buffer_text(buffer), "Environment="))
                                           : NULL;
        log_debug_errno(r, "Failed to ask systemd for the environment of %s: %m", unit);
        return "";
}

int settings_load(const char *unit, Settings *ret) {
        const char *base = getenv("NB_ROUTE_TABLE_BASE"), *protocol = getenv("NB_RULE_PROTOCOL");
        _cleanup_free_ char *unit_base = NULL, *unit_protocol = NULL;
        _cleanup_buffer_ Buffer buffer = {};
        const char *text;
        int r;

        if (unit && (!base || !protocol)) {
                text = read_unit_environment(unit, &buffer);
                if (!text)
                        return log_error_errno(ENOMEM, "Failed to read the environment of %s: %m", unit);
                r = settings_find_variable(text, "NB_ROUTE_TABLE_BASE", &unit_base);
                if (r >= 0)
                        r = settings_find_variable(text, "NB_RULE_PROTOCOL", &unit_protocol);
                if (r < 0)
                        return log_error_errno(r, "Failed to read the environment of %s: %m", unit);
        }
        return settings_parse(base ?: unit_base, protocol ?: unit_protocol, ret);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What is a lease, and how is it kept in its file? See lease-file.h. */
#include "lease-file.h"

#include <fcntl.h>

#include "file-util.h"
#include "unit-name.h"

static const struct {
        const char *name;
        LeaseValueType type;
        LeaseFieldKind kind;
} fields[_LEASE_FIELD_MAX] = {
#define X(name, type, kind) [LEASE_##name] = { #name, LEASE_VALUE_##type, LEASE_FIELD_##kind },
        LEASE_FIELD_LIST(X)
#undef X
};

static const char *const changes[_LEASE_CHANGE_MAX] = {
        [LEASE_CHANGE_NONE] = "none",
        [LEASE_CHANGE_BOUND] = "bound",
        [LEASE_CHANGE_RENEWED] = "renewed",
        [LEASE_CHANGE_CHANGED] = "changed",
        [LEASE_CHANGE_LOST] = "lost",
};

Lease *lease_new(void) {
        return calloc(1, sizeof(Lease));
}

void lease_free(Lease *lease) {
        if (!lease)
                return;
        for (LeaseField f = 0; f < _LEASE_FIELD_MAX; f++)
                free(lease->values[f]);
        free(lease->text);
        free(lease);
}

const char *lease_field_name(LeaseField field) {
        return fields[field].name;
}

const char *lease_change_name(LeaseChange change) {
        return changes[change];
}

int lease_set(Lease *lease, LeaseField field, const char *value) {
        char *normal;
        int r;

        r = lease_value_normalize(fields[field].type, value, &normal);
        if (r < 0)
                return r;

        free(lease->values[field]);
        lease->values[field] = normal;
        return r;
}

uint64_t lease_get_number(const Lease *lease, LeaseField field, uint64_t fallback) {
        const char *value = lease->values[field];

        if (!value)
                return fallback;
        return streq(value, "never") ? UINT64_MAX : strtoull(value, NULL, 10);
}

bool lease_is_bound(const Lease *lease) {
        return lease->values[LEASE_ADDRESS] || lease->values[LEASE_ADDRESS6] || lease->values[LEASE_PREFIX6];
}

uint64_t lease_next_expiry(const Lease *lease) {
        uint64_t v4 = lease_get_number(lease, LEASE_EXPIRE, UINT64_MAX),
                 v6 = lease_get_number(lease, LEASE_EXPIRE6, UINT64_MAX);

        return v4 < v6 ? v4 : v6;
}

static bool fields_differ(const Lease *a, const Lease *b, LeaseFieldKind kind) {
        for (LeaseField f = 0; f < _LEASE_FIELD_MAX; f++)
                if (fields[f].kind == kind && !streq(strempty(a->values[f]), strempty(b->values[f])))
                        return true;
        return false;
}

LeaseChange lease_compare(const Lease *before, const Lease *now) {
        if (!before)
                return now ? LEASE_CHANGE_BOUND : LEASE_CHANGE_NONE;
        if (!now)
                return LEASE_CHANGE_LOST;
        if (fields_differ(before, now, LEASE_FIELD_CONTENT))
                return LEASE_CHANGE_CHANGED;
        return fields_differ(before, now, LEASE_FIELD_TIMES) ? LEASE_CHANGE_RENEWED : LEASE_CHANGE_NONE;
}

int lease_format(const Lease *lease, char **ret) {
        _cleanup_free_ char *text = NULL;
        size_t size = 1, n = 0;

        for (LeaseField f = 0; f < _LEASE_FIELD_MAX; f++)
                if (lease->values[f])
                        size += strlen(fields[f].name) + strlen(lease->values[f]) + 2;
        if (size > LEASE_FILE_MAX)
                return -E2BIG;
        text = calloc(1, size);
        if (!text)
                return -ENOMEM;

        for (LeaseField f = 0; f < _LEASE_FIELD_MAX; f++)
                if (lease->values[f])
                        n += (size_t) snprintf(
                                        text + n, size - n, "%s=%s\n", fields[f].name, lease->values[f]);
        *ret = TAKE_PTR(text);
        return 0;
}

static int line_parse(Lease *lease, const char *line, size_t length) {
        char copy[LEASE_VALUE_MAX + 32];
        const char *value;

        if (length >= sizeof(copy))
                return -EINVAL;
        memcpy(copy, line, length);
        copy[length] = '\0';

        for (LeaseField f = 0; f < _LEASE_FIELD_MAX; f++) {
                value = startswith(copy, fields[f].name);
                if (value && *value == '=')
                        return lease->values[f] ? -EINVAL : lease_set(lease, f, value + 1);
        }
        return -EINVAL;
}

int lease_parse(const char *text, Lease **ret, size_t *ret_dropped) {
        _cleanup_(lease_freep) Lease *lease = NULL;
        size_t dropped = 0;
        int r;

        lease = lease_new();
        if (!lease)
                return -ENOMEM;

        while (*text) {
                size_t n = strcspn(text, "\n");

                r = n > 0 ? line_parse(lease, text, n) : 0;
                if (r == -ENOMEM)
                        return r;
                if (r != 0)
                        dropped++;
                text += n + (text[n] == '\n');
        }

        if (ret_dropped)
                *ret_dropped = dropped;
        if (!lease_is_bound(lease))
                return -ENODATA;
        *ret = TAKE_PTR(lease);
        return 0;
}

static int folder_open(const char *folder) {
        int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        return fd < 0 ? negative_errno() : fd;
}

static int text_read(int dir_fd, const char *name, char **ret) {
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        r = file_read_untrusted(dir_fd, name, LEASE_FILE_MAX, &text, &size);
        if (r < 0)
                return r;
        if (memchr(text, '\0', size))
                return -ENODATA;
        *ret = TAKE_PTR(text);
        return 0;
}

int lease_read(const char *folder, const char *link, Lease **ret) {
        _cleanup_close_ int dir_fd = -EBADF;
        _cleanup_free_ char *text = NULL;
        char name[INSTANCE_MAX];
        int r;

        r = link_name_escape(link, name);
        if (r < 0)
                return r;
        dir_fd = folder_open(folder);
        if (dir_fd < 0)
                return dir_fd;
        r = text_read(dir_fd, name, &text);
        if (r < 0)
                return r;
        return lease_parse(text, ret, NULL);
}

int lease_write(const char *folder, const char *link, const Lease *lease) {
        _cleanup_free_ char *text = NULL, *old = NULL;
        _cleanup_close_ int dir_fd = -EBADF;
        char name[INSTANCE_MAX];
        int r;

        r = link_name_escape(link, name);
        if (r < 0)
                return r;
        dir_fd = folder_open(folder);
        if (dir_fd < 0)
                return dir_fd;

        if (!lease) {
                if (unlinkat(dir_fd, name, 0) < 0)
                        return errno == ENOENT ? 0 : negative_errno();
                return 1;
        }

        r = lease_format(lease, &text);
        if (r < 0)
                return r;
        if (text_read(dir_fd, name, &old) >= 0 && streq(old, text))
                return 0;
        r = file_write_atomic(dir_fd, name, text, strlen(text), 0644);
        return r < 0 ? r : 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What does systemd-networkd say of a link's lease? See lease-networkd.h. */
#include "lease-networkd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "file-util.h"

#define USEC_PER_SEC UINT64_C(1000000)
#define SPAN_FOREVER UINT32_MAX
#define READ_TRIES 5

static const struct {
        const char *name;
        LeaseField field;
        bool is_span;
} keys[] = {
        { "ADDRESS", LEASE_ADDRESS, false },
        { "NETMASK", LEASE_SUBNETMASK, false },
        { "BROADCAST", LEASE_BROADCAST, false },
        { "ROUTER", LEASE_ROUTER, false },
        { "SERVER_ADDRESS", LEASE_SERVER, false },
        { "DNS", LEASE_DNS, false },
        { "DOMAINNAME", LEASE_DOMAIN, false },
        { "DOMAIN_SEARCH_LIST", LEASE_SEARCH, false },
        { "HOSTNAME", LEASE_HOSTNAME, false },
        { "NTP", LEASE_NTP, false },
        { "MTU", LEASE_MTU, false },
        { "LIFETIME", LEASE_LIFETIME, true },
        { "T1", LEASE_T1, true },
        { "T2", LEASE_T2, true },
};

static const struct {
        const char *name;
        double seconds;
} units[] = {
        { "y", 31557600 },
        { "month", 2629800 },
        { "w", 604800 },
        { "d", 86400 },
        { "h", 3600 },
        { "min", 60 },
        { "s", 1 },
        { "ms", 0.001 },
        { "us", 0.000001 },
};

static double unit_seconds(const char *name, size_t length) {
        for (size_t i = 0; i < ELEMENTSOF(units); i++)
                if (strlen(units[i].name) == length && memcmp(units[i].name, name, length) == 0)
                        return units[i].seconds;
        return -1;
}

/* A time span: "1800" as 252 writes it, "52min 30s" as 257 does. */
static int span_parse(const char *text, uint32_t *ret) {
        double total = 0;
        bool any = false;

        if (streq(text, "infinity")) {
                *ret = SPAN_FOREVER;
                return 0;
        }

        while (*text) {
                size_t digits = strspn(text, "0123456789."), n;
                double factor = 1;

                if (digits == 0 || digits > 20 || *text == '.')
                        return -EINVAL;
                n = strspn(text + digits, "abcdefghijklmnopqrstuvwxyz");
                if (n > 0)
                        factor = unit_seconds(text + digits, n);
                if (factor < 0)
                        return -EINVAL;
                total += strtod(text, NULL) * factor;
                any = true;
                text += digits + n;
                text += strspn(text, " ");
        }
        if (!any)
                return -EINVAL;

        *ret = total >= SPAN_FOREVER ? SPAN_FOREVER : (uint32_t) total;
        return 0;
}

static int key_set(Lease *lease, size_t i, const char *value) {
        char number[16];
        uint32_t span;
        int r;

        if (keys[i].is_span) {
                r = span_parse(value, &span);
                if (r < 0)
                        return r;
                snprintf(number, sizeof(number), "%" PRIu32, span);
                value = number;
        }
        return lease_set(lease, keys[i].field, value);
}

static int line_parse(Lease *lease, const char *line, size_t length) {
        char copy[LEASE_VALUE_MAX + 32];

        if (length >= sizeof(copy))
                return -EINVAL;
        memcpy(copy, line, length);
        copy[length] = '\0';

        for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
                const char *value = startswith(copy, keys[i].name);

                if (value && *value == '=')
                        return key_set(lease, i, value + 1);
        }
        return 0;
}

/* Appends a line to the text for DHCP_LEASE, without control characters. */
static size_t line_append(char *text, size_t n, const char *line, size_t length) {
        if (n > 0)
                text[n++] = ' ';
        for (size_t i = 0; i < length; i++)
                if ((unsigned char) line[i] >= 0x20 && line[i] != 0x7f)
                        text[n++] = line[i];
        return n;
}

int lease_parse_networkd(const char *text, uint64_t updated, Lease **ret) {
        _cleanup_(lease_freep) Lease *lease = NULL;
        char number[32];
        size_t n = 0;
        int r;

        lease = lease_new();
        if (!lease)
                return -ENOMEM;
        lease->text = calloc(1, strlen(text) + 2);
        if (!lease->text)
                return -ENOMEM;

        while (*text) {
                size_t length = strcspn(text, "\n");

                if (length > 0 && *text != '#') {
                        n = line_append(lease->text, n, text, length);
                        /* A line that is not valid is still text for DHCP_LEASE. */
                        r = line_parse(lease, text, length);
                        if (r == -ENOMEM)
                                return r;
                }
                text += length + (text[length] == '\n');
        }

        if (!lease_is_bound(lease))
                return -ENODATA;
        snprintf(number, sizeof(number), "%" PRIu64, updated);
        r = lease_set(lease, LEASE_UPDATED, number);
        if (r >= 0)
                r = lease_set(lease, LEASE_SOURCE, "networkd");
        if (r < 0)
                return r;

        *ret = TAKE_PTR(lease);
        return 0;
}

static bool same_file(const struct stat *a, const struct stat *b) {
        return a->st_ino == b->st_ino && a->st_size == b->st_size &&
                        a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

int lease_read_networkd(const char *folder, int ifindex, Lease **ret) {
        _cleanup_free_ char *path = NULL;
        int r = -EAGAIN;

        if (asprintf(&path, "%s/%i", folder, ifindex) < 0) {
                path = NULL;
                return -ENOMEM;
        }

        /* The time and the text must be of the same file; networkd renames a new one into place. */
        for (unsigned i = 0; i < READ_TRIES; i++) {
                _cleanup_free_ char *text = NULL;
                struct stat before, after;

                if (lstat(path, &before) < 0)
                        return negative_errno();
                r = file_read_untrusted(AT_FDCWD, path, LEASE_FILE_MAX, &text, NULL);
                if (r < 0)
                        return r;
                if (lstat(path, &after) < 0)
                        return negative_errno();
                if (same_file(&before, &after))
                        return lease_parse_networkd(text,
                                        (uint64_t) after.st_mtim.tv_sec * USEC_PER_SEC +
                                                        (uint64_t) after.st_mtim.tv_nsec / 1000,
                                        ret);
        }
        return -EAGAIN;
}

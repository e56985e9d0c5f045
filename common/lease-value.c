/* SPDX-License-Identifier: Apache-2.0 */
/* Which values of a lease are valid? See lease-value.h. */
#include "lease-value.h"

#include <arpa/inet.h>
#include <strings.h>

#define SEPARATORS " \t,"
#define LABEL_MAX 63
#define DOMAIN_MAX 253
#define HOST_NAME_LENGTH_MAX 64

static bool is_alphanumeric(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_number(const char *s, size_t max_digits) {
        size_t n = strspn(s, "0123456789");

        return n > 0 && n <= max_digits && s[n] == '\0';
}

static bool labels_are_valid(const char *name, size_t max, const char *extra) {
        size_t label = 0, length = strlen(name);

        if (length == 0 || length > max)
                return false;

        for (const char *p = name;; p++) {
                if (*p == '.' || *p == '\0') {
                        if (label == 0 || label > LABEL_MAX || p[-1] == '-' || *(p - label) == '-')
                                return false;
                        if (*p == '\0')
                                return true;
                        label = 0;
                        continue;
                }
                if (!is_alphanumeric(*p) && *p != '-' && !strchr(extra, *p))
                        return false;
                label++;
        }
}

bool domain_name_is_valid(const char *name) {
        struct in_addr a;

        return labels_are_valid(name, DOMAIN_MAX, "_") && inet_pton(AF_INET, name, &a) != 1;
}

bool host_name_is_valid(const char *name) {
        struct in_addr a;

        /* A server that names its clients so would take away what the machine is called, for nothing. */
        if (strncasecmp(name, "localhost", strlen("localhost")) == 0 &&
                        (name[strlen("localhost")] == '\0' || name[strlen("localhost")] == '.'))
                return false;

        return labels_are_valid(name, HOST_NAME_LENGTH_MAX, "") && inet_pton(AF_INET, name, &a) != 1;
}

static bool ipv4_is_usable(const struct in_addr *a) {
        uint32_t address = ntohl(a->s_addr);

        /* Not "this host", not multicast or above. */
        return address >> 24 != 0 && address >> 28 < 0xe;
}

static bool ipv6_is_usable(const struct in6_addr *a) {
        return !IN6_IS_ADDR_UNSPECIFIED(a) && !IN6_IS_ADDR_MULTICAST(a);
}

static bool ipv4_normalize(LeaseValueType type, const char *item, char *ret, size_t size) {
        struct in_addr a;

        if (inet_pton(AF_INET, item, &a) != 1)
                return false;
        if (type == LEASE_VALUE_IPV4_MASK) {
                uint32_t host = ~ntohl(a.s_addr);

                if (host & (host + 1))
                        return false;
        } else if (type != LEASE_VALUE_IPV4_ANY && !ipv4_is_usable(&a))
                return false;
        return inet_ntop(AF_INET, &a, ret, (socklen_t) size);
}

static bool ipv6_normalize(const char *item, char *ret, size_t size) {
        struct in6_addr a;

        return inet_pton(AF_INET6, item, &a) == 1 && ipv6_is_usable(&a) &&
                        inet_ntop(AF_INET6, &a, ret, (socklen_t) size);
}

static bool prefix_normalize(const char *item, char *ret, size_t size) {
        char address[INET6_ADDRSTRLEN];
        const char *slash = strchr(item, '/');
        unsigned long length;
        size_t n;

        if (!slash || (size_t) (slash - item) >= sizeof(address) || !is_number(slash + 1, 3))
                return false;
        length = strtoul(slash + 1, NULL, 10);
        memcpy(address, item, (size_t) (slash - item));
        address[slash - item] = '\0';
        if (length > 128 || !ipv6_normalize(address, ret, size))
                return false;

        n = strlen(ret);
        return snprintf(ret + n, size - n, "/%lu", length) < (int) (size - n);
}

static bool domain_normalize(const char *item, char *ret, size_t size) {
        size_t n = strlen(item);

        if (n > 0 && item[n - 1] == '.')
                n--;
        if (n >= size)
                return false;
        memcpy(ret, item, n);
        ret[n] = '\0';
        return domain_name_is_valid(ret);
}

static bool word_is_valid(const char *item) {
        size_t n = strspn(item, "abcdefghijklmnopqrstuvwxyz0123456789-");

        return n > 0 && n <= 32 && item[n] == '\0';
}

static bool item_normalize(LeaseValueType type, const char *item, char *ret, size_t size) {
        bool valid = false;

        switch (type) {
        case LEASE_VALUE_IPV4:
        case LEASE_VALUE_IPV4_ANY:
        case LEASE_VALUE_IPV4_MASK:
        case LEASE_VALUE_IPV4_LIST:
                return ipv4_normalize(type, item, ret, size);
        case LEASE_VALUE_IPV6_LIST:
                return ipv6_normalize(item, ret, size);
        case LEASE_VALUE_PREFIX_LIST:
                return prefix_normalize(item, ret, size);
        case LEASE_VALUE_IP_LIST:
                return ipv4_normalize(type, item, ret, size) || ipv6_normalize(item, ret, size);
        case LEASE_VALUE_DOMAIN_LIST:
                return domain_normalize(item, ret, size);
        case LEASE_VALUE_WORD:
                valid = word_is_valid(item);
                break;
        case LEASE_VALUE_HOSTNAME:
                return domain_normalize(item, ret, size) && host_name_is_valid(ret);
        case LEASE_VALUE_NUMBER:
                valid = is_number(item, 10) && strtoull(item, NULL, 10) <= UINT32_MAX;
                break;
        case LEASE_VALUE_TIME:
                valid = streq(item, "never") || is_number(item, 18);
                break;
        }
        return valid && snprintf(ret, size, "%s", item) < (int) size;
}

static bool type_is_list(LeaseValueType type) {
        return type == LEASE_VALUE_IPV4_LIST || type == LEASE_VALUE_IPV6_LIST ||
                        type == LEASE_VALUE_PREFIX_LIST || type == LEASE_VALUE_IP_LIST ||
                        type == LEASE_VALUE_DOMAIN_LIST;
}

/* Whether item is one of the words of list. */
static bool list_contains(const char *list, const char *item) {
        size_t n = strlen(item);

        for (const char *p = list; (p = strcasestr(p, item)); p += n)
                if ((p == list || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
                        return true;
        return false;
}

int lease_value_normalize(LeaseValueType type, const char *text, char **ret) {
        char copy[LEASE_VALUE_MAX + 1], item[DOMAIN_MAX + 1], *state = NULL;
        _cleanup_free_ char *value = NULL;
        size_t length = 0, n_items = 0;
        int dropped = 0;

        if (strlen(text) > LEASE_VALUE_MAX)
                return -EINVAL;
        strcpy(copy, text);
        value = calloc(1, LEASE_VALUE_MAX + 1);
        if (!value)
                return -ENOMEM;

        if (!type_is_list(type)) {
                if (!item_normalize(type, copy, item, sizeof(item)))
                        return -EINVAL;
                strcpy(value, item);
                *ret = TAKE_PTR(value);
                return 0;
        }

        for (char *p = strtok_r(copy, SEPARATORS, &state); p; p = strtok_r(NULL, SEPARATORS, &state)) {
                if (n_items >= LEASE_ITEMS_MAX || !item_normalize(type, p, item, sizeof(item)) ||
                                list_contains(value, item) || length + strlen(item) + 1 > LEASE_VALUE_MAX) {
                        dropped = 1;
                        continue;
                }
                length += (size_t) sprintf(value + length, "%s%s", n_items > 0 ? " " : "", item);
                n_items++;
        }
        if (n_items == 0)
                return -EINVAL;

        *ret = TAKE_PTR(value);
        return dropped;
}

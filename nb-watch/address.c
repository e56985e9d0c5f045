/* SPDX-License-Identifier: Apache-2.0 */
/* Which addresses has a link, and did they change? See address.h. */
#include "address.h"

#include <arpa/inet.h>

#include "number.h"

static int address_compare(const Address *a, const Address *b) {
        if (a->family != b->family)
                return a->family < b->family ? -1 : 1;
        int r = memcmp(&a->address, &b->address, sizeof(a->address));
        if (r != 0)
                return r;
        r = memcmp(&a->peer, &b->peer, sizeof(a->peer));
        if (r != 0)
                return r;
        if (a->prefix != b->prefix)
                return a->prefix < b->prefix ? -1 : 1;
        return a->scope == b->scope ? 0 : a->scope < b->scope ? -1 : 1;
}

static size_t family_size(uint8_t family) {
        return family == AF_INET ? sizeof(struct in_addr) : family == AF_INET6 ? sizeof(struct in6_addr) : 0;
}

int address_parse(const struct nlmsghdr *message, Address *ret, int *ret_ifindex, uint32_t *ret_flags,
                uint32_t *ret_valid) {
        const struct ifaddrmsg *header = NLMSG_DATA(message);
        const struct rtattr *local = NULL, *address = NULL;
        Address a = {};
        struct ifa_cacheinfo cache = { .ifa_valid = UINT32_MAX };
        uint32_t flags;
        size_t size;
        int length;

        if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*header)))
                return -EBADMSG;
        size = family_size(header->ifa_family);
        if (size == 0 || header->ifa_prefixlen > size * 8)
                return -EBADMSG;

        flags = header->ifa_flags;
        length = (int) (message->nlmsg_len - NLMSG_LENGTH(sizeof(*header)));
        for (const struct rtattr *rta = IFA_RTA(header); RTA_OK(rta, length); rta = RTA_NEXT(rta, length)) {
                if (rta->rta_type == IFA_FLAGS && RTA_PAYLOAD(rta) == sizeof(flags))
                        memcpy(&flags, RTA_DATA(rta), sizeof(flags));
                if (rta->rta_type == IFA_CACHEINFO && RTA_PAYLOAD(rta) >= sizeof(cache))
                        memcpy(&cache, RTA_DATA(rta), sizeof(cache));
                if (RTA_PAYLOAD(rta) != size)
                        continue;
                if (rta->rta_type == IFA_LOCAL)
                        local = rta;
                else if (rta->rta_type == IFA_ADDRESS)
                        address = rta;
        }
        /* With IFA_LOCAL, IFA_ADDRESS is the peer, or the same (rtnetlink(7)). */
        if (!local)
                local = address;
        if (!local)
                return -EBADMSG;

        a.family = header->ifa_family;
        a.prefix = header->ifa_prefixlen;
        a.scope = header->ifa_scope;
        memcpy(&a.address, RTA_DATA(local), size);
        if (address && memcmp(RTA_DATA(local), RTA_DATA(address), size) != 0)
                memcpy(&a.peer, RTA_DATA(address), size);

        *ret = a;
        *ret_ifindex = (int) header->ifa_index;
        *ret_flags = flags;
        *ret_valid = cache.ifa_valid;
        return 0;
}

/* Where the address is, or where it would be. */
static bool address_set_find(const AddressSet *set, const Address *address, size_t *ret) {
        size_t low = 0, high = set->n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;
                int r = address_compare(&set->items[middle], address);

                if (r == 0) {
                        *ret = middle;
                        return true;
                }
                if (r < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        *ret = low;
        return false;
}

bool address_set_contains(const AddressSet *set, const Address *address) {
        size_t i;

        return address_set_find(set, address, &i);
}

int address_set_add(AddressSet *set, const Address *address) {
        size_t i;

        if (address_set_find(set, address, &i))
                return 0;

        if (set->n == set->allocated) {
                size_t allocated = set->allocated > 0 ? set->allocated * 2 : 4;
                Address *items = reallocarray(set->items, allocated, sizeof(Address));

                if (!items)
                        return -ENOMEM;
                set->items = items;
                set->allocated = allocated;
        }
        memmove(set->items + i + 1, set->items + i, (set->n - i) * sizeof(Address));
        set->items[i] = *address;
        set->n++;
        return 1;
}

int address_set_remove(AddressSet *set, const Address *address) {
        size_t i;

        if (!address_set_find(set, address, &i))
                return 0;

        memmove(set->items + i, set->items + i + 1, (set->n - i - 1) * sizeof(Address));
        set->n--;
        return 1;
}

bool address_set_equal(const AddressSet *a, const AddressSet *b) {
        if (a->n != b->n)
                return false;
        for (size_t i = 0; i < a->n; i++)
                if (address_compare(&a->items[i], &b->items[i]) != 0)
                        return false;
        return true;
}

int address_set_copy(AddressSet *to, const AddressSet *from) {
        Address *items = NULL;

        if (from->n > 0) {
                items = reallocarray(NULL, from->n, sizeof(Address));
                if (!items)
                        return -ENOMEM;
                memcpy(items, from->items, from->n * sizeof(Address));
        }
        free(to->items);
        *to = (AddressSet){ .items = items, .n = from->n, .allocated = from->n };
        return 0;
}

void address_set_clear(AddressSet *set) {
        free(set->items);
        *set = (AddressSet){};
}

int address_set_subtract(AddressSet *ret, const AddressSet *a, const AddressSet *b) {
        int r;

        for (size_t i = 0; i < a->n; i++) {
                if (address_set_contains(b, &a->items[i]))
                        continue;
                r = address_set_add(ret, &a->items[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

typedef void (*AddressPrinter)(FILE *f, const Address *address, bool first);

static int address_set_print(const AddressSet *set, AddressPrinter print, char **ret) {
        _cleanup_free_ char *text = NULL;
        size_t size;
        FILE *f;

        f = open_memstream(&text, &size);
        if (!f)
                return -ENOMEM;
        for (size_t i = 0; i < set->n; i++)
                print(f, &set->items[i], i == 0);
        if (fclose(f) != 0)
                return -ENOMEM;

        *ret = TAKE_PTR(text);
        return 0;
}

static void print_word(FILE *f, const Address *a, bool first) {
        char text[INET6_ADDRSTRLEN];

        fprintf(f, "%s%s/%u", first ? "" : " ", inet_ntop(a->family, &a->address, text, sizeof(text)),
                        a->prefix);
}

int address_set_format(const AddressSet *set, char **ret) {
        return address_set_print(set, print_word, ret);
}

static void print_line(FILE *f, const Address *a, _unused_ bool first) {
        char address[INET6_ADDRSTRLEN], peer[INET6_ADDRSTRLEN];

        fprintf(f, "%s %u %u %s\n", inet_ntop(a->family, &a->address, address, sizeof(address)), a->prefix,
                        a->scope, inet_ntop(a->family, &a->peer, peer, sizeof(peer)));
}

int address_set_save(const AddressSet *set, char **ret) {
        return address_set_print(set, print_line, ret);
}

int address_set_load(const char *text, AddressSet *ret) {
        char address[INET6_ADDRSTRLEN], peer[INET6_ADDRSTRLEN], words[2][8];
        AddressSet set = {};
        int r = 0, used;

        while (*text) {
                uint64_t prefix, scope;
                Address a = {};

                r = -EBADMSG;
                if (sscanf(text, "%45s %7s %7s %45s\n%n", address, words[0], words[1], peer, &used) != 4 ||
                                number_parse(words[0], 10, 128, &prefix) < 0 ||
                                number_parse(words[1], 10, UINT8_MAX, &scope) < 0)
                        break;
                a.family = strchr(address, ':') ? AF_INET6 : AF_INET;
                a.prefix = (uint8_t) prefix;
                a.scope = (uint8_t) scope;
                if (inet_pton(a.family, address, &a.address) != 1 || inet_pton(a.family, peer, &a.peer) != 1)
                        break;
                r = address_set_add(&set, &a);
                if (r < 0)
                        break;
                text += used;
        }
        if (r < 0) {
                address_set_clear(&set);
                return r;
        }

        address_set_clear(ret);
        *ret = set;
        return 0;
}

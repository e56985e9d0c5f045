/* SPDX-License-Identifier: Apache-2.0 */
/* Taking the attributes of a netlink message out, whatever length they claim. */
#pragma once

#include <linux/rtnetlink.h>

#include "macros.h"

/* Fills table[type] for types up to max, the last of a type; the others are NULL. */
static inline void attributes_parse(
                const void *data, size_t size, const struct rtattr *table[], unsigned max) {
        const char *p = data;

        memset(table, 0, (max + 1) * sizeof(*table));
        while (size >= sizeof(struct rtattr)) {
                const struct rtattr *a = (const void *) p;
                unsigned type;
                size_t step;

                if (a->rta_len < sizeof(*a) || a->rta_len > size)
                        return;
                type = a->rta_type & NLA_TYPE_MASK;
                if (type <= max)
                        table[type] = a;
                step = RTA_ALIGN(a->rta_len);
                if (step >= size)
                        return;
                p += step;
                size -= step;
        }
}

/* Of a message with a fixed head; false if it is too short for the head. */
static inline bool attributes_parse_message(
                const struct nlmsghdr *m, size_t head, const struct rtattr *table[], unsigned max) {
        size_t size = m->nlmsg_len >= NLMSG_HDRLEN ? m->nlmsg_len - NLMSG_HDRLEN : 0;

        if (size < head)
                return false;
        head = NLMSG_ALIGN(head);
        attributes_parse((const char *) NLMSG_DATA(m) + head, size > head ? size - head : 0, table, max);
        return true;
}

static inline void attributes_parse_nested(
                const struct rtattr *a, const struct rtattr *table[], unsigned max) {
        attributes_parse(a ? RTA_DATA(a) : NULL, a ? RTA_PAYLOAD(a) : 0, table, max);
}

/* The value, or a fallback where there is none or it is shorter. */
static inline uint32_t attribute_u32(const struct rtattr *a, uint32_t fallback) {
        if (a && RTA_PAYLOAD(a) >= sizeof(fallback))
                memcpy(&fallback, RTA_DATA(a), sizeof(fallback));
        return fallback;
}

static inline uint8_t attribute_u8(const struct rtattr *a, uint8_t fallback) {
        return a && RTA_PAYLOAD(a) >= 1 ? *(const uint8_t *) RTA_DATA(a) : fallback;
}

static inline uint16_t attribute_u16(const struct rtattr *a, uint16_t fallback) {
        if (a && RTA_PAYLOAD(a) >= sizeof(fallback))
                memcpy(&fallback, RTA_DATA(a), sizeof(fallback));
        return fallback;
}

/* The bytes of a string up to its NUL or the attribute's end. */
static inline size_t attribute_text(const struct rtattr *a, const char **ret) {
        *ret = a ? RTA_DATA(a) : "";
        return a ? strnlen(RTA_DATA(a), RTA_PAYLOAD(a)) : 0;
}

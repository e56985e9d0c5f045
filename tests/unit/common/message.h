/* SPDX-License-Identifier: Apache-2.0 */
/* A message of the kernel, as a test makes it up; include it behind cmocka.h. */
#pragma once

#include <linux/rtnetlink.h>

#include "macros.h"

typedef struct Message {
        struct nlmsghdr header __attribute__((aligned(4)));
        union {
                struct rtmsg route;
                struct ifaddrmsg address;
                char payload[1024];
        };
} Message;

/* head: what stands before the attributes. */
static inline Message message_new(uint16_t type, const void *head, size_t size) {
        Message m = { .header = { .nlmsg_len = (uint32_t) NLMSG_LENGTH(size), .nlmsg_type = type } };

        memcpy(m.payload, head, size);
        return m;
}

static inline void message_append(Message *m, uint16_t type, const void *data, size_t size) {
        char *end = (char *) m + NLMSG_ALIGN(m->header.nlmsg_len);
        const struct rtattr a = { .rta_len = (unsigned short) RTA_LENGTH(size), .rta_type = type };

        assert_true(end + RTA_SPACE(size) <= (char *) m + sizeof(*m));
        memcpy(end, &a, sizeof(a));
        memcpy(end + RTA_LENGTH(0), data, size);
        m->header.nlmsg_len = (uint32_t) (NLMSG_ALIGN(m->header.nlmsg_len) + RTA_LENGTH(size));
}

static inline void message_append_u32(Message *m, uint16_t type, uint32_t value) {
        message_append(m, type, &value, sizeof(value));
}

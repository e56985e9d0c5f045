/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>

#include <arpa/inet.h>

#include "address.h"

#include <cmocka.h>

static Address address(const char *text, uint8_t prefix) {
        Address a = { .family = strchr(text, ':') ? AF_INET6 : AF_INET, .prefix = prefix };

        assert_int_equal(inet_pton(a.family, text, &a.address), 1);
        return a;
}

static void test_sets(void **state) {
        static const char *const texts[] = { "192.0.2.9", "192.0.2.1", "2001:db8::1", "10.0.0.1",
                "fe80::1" };
        AddressSet set = {}, copy = {}, difference = {}, loaded = {};
        char *text = NULL;

        assert_int_equal(address_set_format(&set, &text), 0);
        assert_string_equal(text, "");
        free(text);
        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                Address a = address(texts[i], 24);

                assert_int_equal(address_set_add(&set, &a), 1);
                assert_int_equal(address_set_add(&set, &a), 0);
                assert_true(address_set_contains(&set, &a));
                a.prefix = 25;
                assert_false(address_set_contains(&set, &a));
        }
        assert_int_equal(address_set_format(&set, &text), 0);
        assert_string_equal(text, "10.0.0.1/24 192.0.2.1/24 192.0.2.9/24 2001:db8::1/24 fe80::1/24");
        free(text);

        assert_int_equal(address_set_copy(&copy, &set), 0);
        assert_true(address_set_equal(&copy, &set));
        for (size_t i = 0; i < 2; i++) {
                Address a = address(texts[i], 24);

                assert_int_equal(address_set_remove(&copy, &a), 1);
                assert_int_equal(address_set_remove(&copy, &a), 0);
        }
        assert_false(address_set_equal(&copy, &set));
        assert_int_equal(address_set_subtract(&difference, &set, &copy), 0);
        assert_int_equal(address_set_format(&difference, &text), 0);
        assert_string_equal(text, "192.0.2.1/24 192.0.2.9/24");
        free(text);

        assert_int_equal(address_set_save(&set, &text), 0);
        assert_int_equal(address_set_load(text, &loaded), 0);
        assert_true(address_set_equal(&loaded, &set));
        free(text);
        assert_int_equal(address_set_load("192.0.2.1 24 0 0.0.0.0", &loaded), 0);
        assert_int_equal(loaded.n, 1);
        assert_int_equal(address_set_load("192.0.2.1 24", &loaded), -EBADMSG);
        assert_int_equal(address_set_load("192.0.2.1 24 0 0.0.0.0\nx", &loaded), -EBADMSG);
        assert_int_equal(address_set_load("192.0.2.1 24 0 ::\n", &loaded), -EBADMSG);
        /* What fails changes nothing. */
        assert_int_equal(loaded.n, 1);
        address_set_clear(&set);
        address_set_clear(&copy);
        address_set_clear(&difference);
        address_set_clear(&loaded);
        assert_int_equal(loaded.n, 0);
}

typedef struct Message {
        union {
                struct nlmsghdr header;
                char data[256];
        };
} Message;

static void add(Message *m, uint16_t type, const void *data, size_t size) {
        struct rtattr *rta = (struct rtattr *) (m->data + NLMSG_ALIGN(m->header.nlmsg_len));

        rta->rta_type = type;
        rta->rta_len = (uint16_t) RTA_LENGTH(size);
        memcpy(RTA_DATA(rta), data, size);
        m->header.nlmsg_len = (uint32_t) (NLMSG_ALIGN(m->header.nlmsg_len) + RTA_LENGTH(size));
}

static Message message(uint8_t family) {
        Message m = { .header.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifaddrmsg)) };

        *(struct ifaddrmsg *) NLMSG_DATA(&m.header) = (struct ifaddrmsg){
                .ifa_family = family, .ifa_prefixlen = 24, .ifa_flags = IFA_F_PERMANENT, .ifa_index = 7
        };
        return m;
}

static void test_parse(void **state) {
        static const uint8_t local[] = { 192, 0, 2, 1 }, peer[] = { 192, 0, 2, 2 };
        const struct ifa_cacheinfo cache = { .ifa_valid = 60 };
        const uint32_t wide = 0x12345;
        Message m = message(AF_INET);
        uint32_t flags, valid;
        Address a;
        int ifindex;

        assert_int_equal(address_parse(&m.header, &a, &ifindex, &flags, &valid), -EBADMSG);
        add(&m, IFA_ADDRESS, local, 4);
        assert_int_equal(address_parse(&m.header, &a, &ifindex, &flags, &valid), 0);
        assert_int_equal(ifindex, 7);
        assert_int_equal(flags, IFA_F_PERMANENT);
        assert_true(valid == UINT32_MAX);
        assert_memory_equal(&a.address, local, 4);
        assert_int_equal(a.prefix, 24);

        add(&m, IFA_LOCAL, local, 4);
        assert_int_equal(address_parse(&m.header, &a, &ifindex, &flags, &valid), 0);
        assert_memory_equal(&a.peer, &in6addr_any, sizeof(a.peer));

        m = message(AF_INET);
        add(&m, IFA_LOCAL, local, 4);
        add(&m, IFA_ADDRESS, peer, 4);
        add(&m, IFA_FLAGS, &wide, sizeof(wide));
        add(&m, IFA_CACHEINFO, &cache, sizeof(cache));
        assert_int_equal(address_parse(&m.header, &a, &ifindex, &flags, &valid), 0);
        assert_memory_equal(&a.address, local, 4);
        assert_memory_equal(&a.peer, peer, 4);
        assert_int_equal(flags, wide);
        assert_int_equal(valid, 60);
}

/* Each length, in memory of that length: the sanitizer sees what is read behind it. */
static void test_truncated(void **state) {
        static const uint8_t local[16] = { 0x20, 1, 0xd, 0xb8 };
        Message m = message(AF_INET6);
        uint32_t flags, valid, length;
        Address a;
        int ifindex;

        add(&m, IFA_ADDRESS, local, sizeof(local));
        length = m.header.nlmsg_len;
        for (uint32_t n = sizeof(struct nlmsghdr); n <= length; n++) {
                struct nlmsghdr *copy = malloc(n);

                assert_non_null(copy);
                memcpy(copy, &m, n);
                copy->nlmsg_len = n;
                assert_int_equal(address_parse(copy, &a, &ifindex, &flags, &valid),
                                n == length ? 0 : -EBADMSG);
                free(copy);
        }
        m = message(AF_UNIX);
        add(&m, IFA_ADDRESS, local, 4);
        assert_int_equal(address_parse(&m.header, &a, &ifindex, &flags, &valid), -EBADMSG);
        m = message(AF_INET6);
        add(&m, IFA_ADDRESS, local, 4);
        assert_int_equal(address_parse(&m.header, &a, &ifindex, &flags, &valid), -EBADMSG);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_sets),
                cmocka_unit_test(test_parse),
                cmocka_unit_test(test_truncated),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Is the right thing wished for, and does the record keep what was set? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>

#include "apply.h"
#include "file-util.h"

#define LEASE                                                                                               \
        "ADDRESS=10.0.0.5\nDNS=10.0.0.1 2001:db8::1\nDOMAIN=example.com\nSEARCH=b.com example.com\nHOSTNAME=web1\n"

static void test_wish(void **state) {
        static const struct {
                const char *lease; /* NULL: none */
                Options options;
                const char *dns, *domains, *hostname;
        } cases[] = {
                { LEASE, { true, true, true }, "10.0.0.1 2001:db8::1", "example.com b.com", "web1" },
                { LEASE, { false, false, false }, NULL, NULL, NULL },
                { LEASE, { true, false, false }, "10.0.0.1 2001:db8::1", NULL, NULL },
                { LEASE, { false, true, false }, NULL, "example.com b.com", NULL },
                { LEASE, { false, false, true }, NULL, NULL, "web1" },
                { NULL, { true, true, true }, NULL, NULL, NULL },
                /* What the lease does not have is not set to nothing. */
                { "ADDRESS=10.0.0.5\n", { true, true, true }, NULL, NULL, NULL },
                /* resolved refuses its own address, and with it the whole list. */
                { "ADDRESS=10.0.0.5\nDNS=127.0.0.53 10.0.0.1\n", { true, true, true }, "10.0.0.1", NULL,
                                NULL },
                { "ADDRESS=10.0.0.5\nDNS=127.0.0.53\n", { true, true, true }, NULL, NULL, NULL },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(lease_freep) Lease *lease = NULL;
                _cleanup_(wish_done) Wish wish = {};

                if (cases[i].lease)
                        assert_int_equal(lease_parse(cases[i].lease, &lease, NULL), 0);
                assert_int_equal(wish_make(&cases[i].options, lease, &wish), 0);
                assert_true(value_equal(wish.dns, cases[i].dns));
                assert_true(value_equal(wish.domains, cases[i].domains));
                assert_true(value_equal(wish.hostname, cases[i].hostname));
        }
}

static void test_need(void **state) {
        char dns[] = "10.0.0.1", other[] = "10.0.0.2", name[] = "web1";
        Wish wish = { .dns = dns, .hostname = name };
        Record same = { .ifindex = 3, .dns = dns, .hostname = name };
        Record changed = { .ifindex = 3, .dns = other, .hostname = name };
        Record nothing = {}, name_only = { .ifindex = 3, .hostname = name };
        Wish none = {}, wish_name = { .hostname = name };

        assert_false(apply_is_needed(&wish, &same, 3));
        assert_true(apply_is_needed(&wish, &same, 4));
        assert_true(apply_is_needed(&wish, &same, 0));
        assert_true(apply_is_needed(&wish, &changed, 3));
        assert_true(apply_is_needed(&wish, &nothing, 3));
        assert_true(apply_is_needed(&none, &same, 3));
        assert_false(apply_is_needed(&none, &nothing, 3));
        /* The host name does not belong to the link's number. */
        assert_false(apply_is_needed(&wish_name, &name_only, 4));
}

static void test_record(void **state) {
        char dns[] = "10.0.0.1 10.0.0.2", domains[] = "a.com b.com", name[] = "web1", before[] = "old";
        Record r = {
                .ifindex = 7, .dns = dns, .domains = domains, .hostname = name, .previous_hostname = before
        };
        _cleanup_(record_done) Record back = {}, odd = {};
        _cleanup_free_ char *text = NULL;

        r.asked = UINT64_C(0xfedcba9876543210);
        assert_int_equal(record_format(&r, &text), 0);
        assert_string_equal(text,
                        "IFINDEX=7\nDNS=10.0.0.1 10.0.0.2\nDOMAINS=a.com b.com\nHOSTNAME=web1\n"
                        "PREVIOUS_HOSTNAME=old\nASKED=fedcba9876543210\n");
        assert_int_equal(record_parse(text, &back), 0);
        assert_int_equal(back.ifindex, 7);
        assert_string_equal(back.dns, dns);
        assert_string_equal(back.domains, domains);
        assert_string_equal(back.hostname, name);
        assert_string_equal(back.previous_hostname, before);
        assert_true(back.asked == r.asked);

        assert_int_equal(
                        record_parse("\nDNS=\nDNS=1.1.1.1\nDNS=2.2.2.2\nWHAT=x\nIFINDEX=-7\nASKED=0x7\nnothing",
                                        &odd),
                        0);
        assert_int_equal(odd.ifindex, 0);
        assert_int_equal(odd.asked, 0);
        assert_string_equal(odd.dns, "1.1.1.1");
        assert_null(odd.hostname);
}

static void test_files(void **state) {
        char folder[] = "/tmp/nb-resolve-XXXXXX", dns[] = "10.0.0.1", name[] = "web1", before[] = "old";
        Record first = { .ifindex = 2, .dns = dns },
               second = { .ifindex = 3, .hostname = name, .previous_hostname = before };
        Record empty = { .ifindex = 2 };
        _cleanup_free_ char *other = NULL, *previous = NULL, *none = NULL;
        _cleanup_(record_done) Record back = {}, missing = {};
        int fd;

        assert_non_null(mkdtemp(folder));
        fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(fd >= 0);

        assert_int_equal(record_read(fd, "eth0", &missing), 0);
        assert_null(missing.dns);
        assert_int_equal(record_write(fd, "eth0", &first), 0);
        assert_int_equal(record_read(fd, "eth0", &back), 0);
        assert_string_equal(back.dns, dns);

        /* The one host name of the machine, seen from the other link. */
        assert_int_equal(record_other_hostname(fd, "veth-a\\b", &none, &previous), 0);
        assert_null(none);
        assert_int_equal(record_write(fd, "veth-a\\b", &second), 0);
        assert_int_equal(record_other_hostname(fd, "veth-a\\b", &none, &previous), 0);
        assert_null(none);
        assert_int_equal(record_other_hostname(fd, "eth0", &other, &previous), 0);
        assert_string_equal(other, name);
        assert_string_equal(previous, before);

        assert_int_equal(record_write(fd, "eth0", &empty), 0);
        assert_int_equal(record_write(fd, "eth0", &empty), 0);
        assert_int_equal(record_write(fd, "veth-a\\b", &empty), 0);
        close(fd);
        assert_int_equal(rmdir(folder), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_wish),
                cmocka_unit_test(test_need),
                cmocka_unit_test(test_record),
                cmocka_unit_test(test_files),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

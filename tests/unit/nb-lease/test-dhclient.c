/* SPDX-License-Identifier: Apache-2.0 */
/* Does the parser find the right lease in good, odd and hostile files of dhclient? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "date.h"
#include "dhclient.h"

/* 2026-11-21 10:00:00 UTC, a Saturday. */
#define NOW UINT64_C(1795255200)

typedef struct Text {
        const char *data;
        size_t size, step;
} Text;

static ssize_t text_read(void *userdata, char *data, size_t size) {
        Text *text = userdata;

        if (size > text->size)
                size = text->size;
        if (text->step > 0 && size > text->step)
                size = text->step;
        memcpy(data, text->data, size);
        text->data += size;
        text->size -= size;
        return (ssize_t) size;
}

static void read_text(DhclientLeases *leases, size_t number, const char *data, size_t size, size_t step) {
        Text text = { .data = data, .size = size, .step = step };

        assert_int_equal(dhclient_leases_read(leases, number, text_read, &text), 0);
}

/* The lease of eth0 as lease_format() prints it, "" if there is none. */
static void expect_size(const char *data, size_t size, const char *expected) {
        /* In one piece and byte by byte, so that every token meets the end of a chunk. */
        for (size_t step = 0; step < 2; step++) {
                _cleanup_(dhclient_leases_freep) DhclientLeases *leases = dhclient_leases_new("eth0", NOW);
                _cleanup_(lease_freep) Lease *lease = NULL;
                _cleanup_free_ char *text = NULL;

                assert_non_null(leases);
                read_text(leases, 1, data, size, step);
                if (!*expected) {
                        assert_int_equal(dhclient_leases_current(leases, &lease), -ENODATA);
                        continue;
                }
                assert_int_equal(dhclient_leases_current(leases, &lease), 0);
                assert_int_equal(lease_format(lease, &text), 0);
                assert_string_equal(text, expected);
        }
}

static void expect(const char *data, const char *expected) {
        expect_size(data, strlen(data), expected);
}

#define LEASE(interface, address, expire)                                                                   \
        "lease {\n  interface \"" interface "\";\n  fixed-address " address ";\n  expire " expire ";\n}\n"
#define FUTURE "6 2026/11/21 11:00:00"
#define PAST "6 2026/11/21 09:59:59"
#define IS(address, expire) "SOURCE=dhclient\nADDRESS=" address "\nEXPIRE=" expire "\n"
#define FUTURE_IS "1795258800"

static void test_whole(void **state) {
        expect("default-duid \"\\000\\001\\000\\001*\\377\\\"x\";\n"
               "lease {\n"
               "  interface \"eth0\";\n"
               "  fixed-address 10.0.0.5;\n"
               "  server-name \"boot.example.com\";\n"
               "  option subnet-mask 255.255.255.0;\n"
               "  option routers 10.0.0.1;\n"
               "  option dhcp-lease-time 3600;\n"
               "  option dhcp-message-type 5;\n"
               "  option domain-name-servers 10.0.0.1,10.0.0.2;\n"
               "  option dhcp-server-identifier 10.0.0.1;\n"
               "  option interface-mtu 1460;\n"
               "  option broadcast-address 10.0.0.255;\n"
               "  option host-name \"web1\";\n"
               "  option domain-search \"a.com.\", \"b.com.\";\n"
               "  option domain-name \"example.com\";\n"
               "  option unknown-245 64:66:78:02;\n"
               "  option rfc3442-classless-static-routes 0,10,0,0,1;\n"
               "  some-new-statement { nested { deep 1; } } \n"
               "  renew 6 2026/11/21 10:30:00;\n"
               "  rebind 6 2026/11/21 10:52:30;\n"
               "  expire 6 2026/11/21 11:00:00;\n"
               "}\n",
                        "SOURCE=dhclient\nADDRESS=10.0.0.5\nSUBNETMASK=255.255.255.0\nBROADCAST=10.0.0.255\n"
                        "ROUTER=10.0.0.1\nSERVER=10.0.0.1\nDNS=10.0.0.1 10.0.0.2\nDOMAIN=example.com\n"
                        "SEARCH=a.com b.com\nHOSTNAME=web1\nMTU=1460\nLIFETIME=3600\nRENEW=1795257000\n"
                        "REBIND=1795258350\nEXPIRE=1795258800\n");
}

static void test_choice(void **state) {
        /* Nothing, or nothing of this link. */
        expect("", "");
        expect(LEASE("eth1", "10.0.0.5", FUTURE), "");
        expect(LEASE("eth00", "10.0.0.5", FUTURE), "");
        expect(LEASE("eth0", "10.0.0.5", PAST), "");
        expect(LEASE("eth0", "10.0.0.5", "6 2026/11/21 10:00:00"), "");
        /* Two links in one file. */
        expect(LEASE("eth0", "10.0.0.5", FUTURE) LEASE("eth1", "10.0.1.5", FUTURE),
                        IS("10.0.0.5", FUTURE_IS));
        /* The last one, unless it is expired. */
        expect(LEASE("eth0", "10.0.0.5", FUTURE) LEASE("eth0", "10.0.0.6", FUTURE),
                        IS("10.0.0.6", FUTURE_IS));
        expect(LEASE("eth0", "10.0.0.5", FUTURE) LEASE("eth0", "10.0.0.6", PAST), IS("10.0.0.5", FUTURE_IS));
        /* A later block of the same address replaces the earlier one, also when it ends sooner. */
        expect(LEASE("eth0", "10.0.0.5", FUTURE) LEASE("eth0", "10.0.0.5", PAST), "");
        expect(LEASE("eth0", "10.0.0.5", PAST) LEASE("eth0", "10.0.0.5", FUTURE), IS("10.0.0.5", FUTURE_IS));
        /* Both forms of a date, and none. */
        expect(LEASE("eth0", "10.0.0.5", "epoch 1795258800; # Sat Nov 21 11:00:00 2026\n"),
                        IS("10.0.0.5", FUTURE_IS));
        expect(LEASE("eth0", "10.0.0.5", "never"), IS("10.0.0.5", "never"));
        expect(LEASE("eth0", "10.0.0.5", "tomorrow"), "");
        expect("lease {\n interface \"eth0\";\n fixed-address 10.0.0.5;\n}\n", "");
        /* No link, two links, no address, released. */
        expect("lease {\n fixed-address 10.0.0.5;\n expire never;\n}\n", "");
        expect("lease {\n interface \"eth0\"; interface \"eth1\"; fixed-address 10.0.0.5;\n expire never;\n}\n",
                        "");
        expect("lease {\n interface \"eth0\";\n fixed-address 0.0.0.0;\n expire never;\n}\n", "");
        expect("lease {\n interface \"eth0\"; fixed-address 10.0.0.5; expire never; released;\n}\n", "");
}

#define LEASE6(more)                                                                                          \
        "lease6 {\n  interface \"eth0\";\n  ia-na 5e:fe:ab:cd {\n    starts 1795255000;\n    renew 1000;\n"   \
        "    rebind 2000;\n    iaaddr 2001:db8::10 {\n      starts 1795255000;\n      preferred-life 3000;\n" \
        "      max-life 4000;\n    }\n  }\n" more                                                             \
        "  option dhcp6.client-id 0:1:0:1:2a;\n  option dhcp6.name-servers 2001:db8::1,2001:db8::2;\n"        \
        "  option dhcp6.domain-search \"six.example.\";\n}\n"

static void test_lease6(void **state) {
        expect(LEASE6(""),
                        "SOURCE=dhclient\nADDRESS6=2001:db8::10\nDNS=2001:db8::1 2001:db8::2\nSEARCH=six.example\n"
                        "EXPIRE6=1795259000\n");
        expect(LEASE6("  released;\n"), "");
        expect(LEASE6("  ia-pd 1:2:3:4 {\n    iaprefix 2001:db8:1::/56 {\n      starts 1795255000;\n"
                      "      max-life 300;\n    }\n    iaprefix 2001:db8:2::/56 {\n      starts 1795255000;\n"
                      "      max-life 200;\n    }\n  }\n"),
                        "SOURCE=dhclient\nADDRESS6=2001:db8::10\nPREFIX6=2001:db8:1::/56\n"
                        "DNS=2001:db8::1 2001:db8::2\nSEARCH=six.example\nEXPIRE6=1795255300\n");
        /* Both families are one lease; the last block of each counts. */
        expect(LEASE("eth0", "10.0.0.5", FUTURE) LEASE6(""),
                        "SOURCE=dhclient\nADDRESS=10.0.0.5\nADDRESS6=2001:db8::10\nDNS=2001:db8::1 2001:db8::2\n"
                        "SEARCH=six.example\nEXPIRE=1795258800\nEXPIRE6=1795259000\n");
        expect(LEASE6("") LEASE6("  released;\n") LEASE("eth0", "10.0.0.5", FUTURE),
                        IS("10.0.0.5", FUTURE_IS));
        /* Expired, and for ever. */
        expect("lease6 {\n interface \"eth0\";\n ia-na 1 {\n  iaaddr 2001:db8::10 {\n   starts 1795255000;\n"
               "   max-life 200;\n  }\n }\n}\n",
                        "");
        expect("lease6 {\n interface \"eth0\";\n ia-na 1 {\n  iaaddr 2001:db8::10 {\n   starts 1795255000;\n"
               "   max-life 4294967295;\n  }\n }\n}\n",
                        "SOURCE=dhclient\nADDRESS6=2001:db8::10\nEXPIRE6=never\n");
        /* Items where they do not belong. */
        expect("iaaddr 2001:db8::10 { starts 1795255000; max-life 4000; }\nia-na 1 { iaaddr ::1 { max-life 1; } }\n",
                        "");
}

static void test_damage(void **state) {
        /* Cut in a block, in a string, in a statement; then dhclient went on. */
        expect("lease {\n  interface \"eth0\";\n  fixed-addr" LEASE("eth0", "10.0.0.6", FUTURE), "");
        expect("lease {\n  interface \"eth0\";\n  fixed-addr\n" LEASE("eth0", "10.0.0.6", FUTURE),
                        IS("10.0.0.6", FUTURE_IS));
        expect("lease {\n  interface \"eth0\";\n  option host-name \"x\n" LEASE("eth0", "10.0.0.6", FUTURE),
                        IS("10.0.0.6", FUTURE_IS));
        expect("lease6 {\n  ia-na 1 {\n    iaaddr 2001:db8::1 {\n" LEASE("eth0", "10.0.0.6", FUTURE),
                        IS("10.0.0.6", FUTURE_IS));
        /* The end is missing: what was complete before counts. */
        expect(LEASE("eth0", "10.0.0.5",
                               FUTURE) "lease {\n  interface \"eth0\";\n  fixed-address 10.0.0.6;\n  expire never;\n",
                        IS("10.0.0.5", FUTURE_IS));
        /* Braces that close nothing, statements outside, nesting without end. */
        expect("}}};;; fixed-address 1.2.3.4; interface \"eth0\";\n" LEASE("eth0", "10.0.0.5", FUTURE),
                        IS("10.0.0.5", FUTURE_IS));
        expect("{{{{{{{{{{{{{{{{{{{{ lease { x; } \n" LEASE("eth0", "10.0.0.5", FUTURE),
                        IS("10.0.0.5", FUTURE_IS));
        /* A block in a block of ours is not ours. */
        expect("lease {\n  interface \"eth0\";\n  vendor { fixed-address 10.0.0.9; }\n  fixed-address 10.0.0.5;\n"
               "  expire never;\n}\n",
                        IS("10.0.0.5", "never"));
        /* Zero bytes, as a file system leaves them after a crash. */
        expect_size("\0\0\0\0\nlease {\n interface \"eth0\";\n fixed-address 10.0.0.5;\n expire never;\n}\n\0\0",
                        sizeof("\0\0\0\0\nlease {\n interface \"eth0\";\n fixed-address 10.0.0.5;\n expire never;\n}\n\0\0"),
                        IS("10.0.0.5", "never"));
}

#define OPTION(statement, result)                                                                           \
        expect("lease {\n  interface \"eth0\";\n  fixed-address 10.0.0.5;\n  option " statement             \
               "\n  expire never;\n}\n",                                                                    \
                        "SOURCE=dhclient\nADDRESS=10.0.0.5\n" result "EXPIRE=never\n")

static void test_values(void **state) {
        OPTION("host-name \"web1\\000\";", "HOSTNAME=web1\n");
        OPTION("host-name \"a\\000b\";", "");
        OPTION("host-name \"$(reboot)\";", "");
        OPTION("host-name \"\\167eb\\061\";", "HOSTNAME=web1\n");
        OPTION("host-name \"a;}\\nlease {\";", "");
        OPTION("host-name \"\";", "");
        OPTION("host-name;", "");
        OPTION("domain-name \"a.com b.com\";", "DOMAIN=a.com b.com\n");
        OPTION("domain-name \"a.com\\012DNS=6.6.6.6\";", "");
        OPTION("domain-search \"a.com.\" , \"..\", \"b.com.\";", "SEARCH=a.com b.com\n");
        OPTION("domain-name-servers 10.0.0.1, 300.1.1.1,2001:db8::1;", "DNS=10.0.0.1 2001:db8::1\n");
        OPTION("interface-mtu 1e9;", "");
        OPTION("interface eth1;", "");
        OPTION("subnet-mask 255.0.255.0;", "");
        OPTION("x \"}\"; option host-name \"web1\";", "HOSTNAME=web1\n");
        OPTION("x \"\\\\\"; option host-name \"web1\";", "HOSTNAME=web1\n");
        OPTION("x \"\\\"\"; option host-name \"web1\";", "HOSTNAME=web1\n");
        OPTION("x # \"comment; }\n; option host-name \"web1\";", "HOSTNAME=web1\n");
}

static void test_bounds(void **state) {
        const size_t size = 1U << 20;
        const char odd[] = { 'y', 'y', ' ', ',' };
        _cleanup_free_ char *big = malloc(size + 512);
        size_t n;

        /* A word, a string, a statement and a list of a megabyte. */
        for (int kind = 0; kind < 4; kind++) {
                n = (size_t) sprintf(big,
                                "lease {\n  interface \"eth0\";\n  option domain-name-servers 9.9.9.9;\n  x ");
                if (kind == 1)
                        big[n++] = '"';
                for (; n < size; n++)
                        big[n] = n % 2 == 1 ? odd[kind] : odd[0];
                n += (size_t) sprintf(big + n, "%s;\n  fixed-address 10.0.0.5;\n  expire never;\n}\n",
                                kind == 1 ? "\"" : "");
                expect_size(big, n, "SOURCE=dhclient\nADDRESS=10.0.0.5\nDNS=9.9.9.9\nEXPIRE=never\n");
        }

        /* More leases of other addresses than are kept: the last one counts all the same. */
        n = 0;
        for (unsigned i = 1; i < 255; i++)
                n += (size_t) sprintf(big + n,
                                "lease {\n interface \"eth0\";\n fixed-address 10.0.0.%u;\n expire never;\n}\n",
                                i);
        expect_size(big, n, IS("10.0.0.254", "never"));
}

static void test_files(void **state) {
        static const char one[] = LEASE("eth0", "10.0.0.5", FUTURE) "lease {\n interface \"eth0\";\n";
        static const char two[] =
                        "fixed-address 10.0.0.6;\n expire never;\n}\n" LEASE("eth0", "10.0.0.7", PAST);
        static const char three[] = LEASE("eth0", "10.0.0.8", FUTURE);
        _cleanup_(dhclient_leases_freep) DhclientLeases *leases = dhclient_leases_new("eth0", NOW);
        _cleanup_(lease_freep) Lease *lease = NULL, *next = NULL;
        size_t files[2];

        /* A block does not go on in the next file. */
        read_text(leases, 1, one, strlen(one), 0);
        read_text(leases, 2, two, strlen(two), 0);
        assert_int_equal(dhclient_leases_current(leases, &lease), 0);
        assert_string_equal(lease_get(lease, LEASE_ADDRESS), "10.0.0.5");
        dhclient_leases_files(leases, files);
        assert_int_equal(files[0], 1);
        read_text(leases, 4, three, strlen(three), 0);
        assert_int_equal(dhclient_leases_current(leases, &next), 0);
        assert_string_equal(lease_get(next, LEASE_ADDRESS), "10.0.0.8");
        dhclient_leases_files(leases, files);
        assert_int_equal(files[0], 4);
        assert_int_equal(files[1], 0);
        assert_int_equal(dhclient_leases_blocks(leases), 3);
        assert_true(dhclient_leases_broken(leases) > 0);
}

static ssize_t failing_read(void *userdata, char *data, size_t size) {
        return -EIO;
}

static void test_read_error(void **state) {
        _cleanup_(dhclient_leases_freep) DhclientLeases *leases = dhclient_leases_new("eth0", NOW);

        assert_int_equal(dhclient_leases_read(leases, 1, failing_read, NULL), -EIO);
}

static void test_dates(void **state) {
        static const struct {
                const char *words[4];
                size_t n;
                uint64_t when; /* 0: invalid */
        } cases[] = {
                { { "6", "2026/11/21", "10:00:00" }, 3, NOW },
                { { "4", "1970/01/01", "00:00:01" }, 3, 1 },
                { { "0", "2106/02/07", "06:28:16" }, 3, UINT64_C(4294967296) },
                { { "epoch", "1795255200" }, 2, NOW },
                { { "never" }, 1, DATE_NEVER },
                { { "7", "2026/11/21", "10:00:00" }, 3, 0 },
                { { "6", "2026/13/21", "10:00:00" }, 3, 0 },
                { { "6", "2026/11/32", "10:00:00" }, 3, 0 },
                { { "6", "2026/11/21", "24:00:00" }, 3, 0 },
                { { "6", "2026/11/21", "10:00" }, 3, 0 },
                { { "6", "2026/11/21x", "10:00:00" }, 3, 0 },
                { { "6", "2026/11", "10:00:00" }, 3, 0 },
                { { "6", "1969/12/31", "23:59:59" }, 3, 0 },
                { { "6", "2026/11/21", "10:00:00", "-3600" }, 4, 0 },
                { { "epoch", "-1" }, 2, 0 },
                { { "epoch", "12345678901" }, 2, 0 },
                { { "epoch", "" }, 2, 0 },
                { { "epoch" }, 1, 0 },
                { { "never", "ever" }, 2, 0 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                uint64_t when = 0;
                int r = date_parse(cases[i].words, cases[i].n, &when);

                assert_int_equal(r, cases[i].when == 0 ? -EINVAL : 0);
                assert_int_equal(when, cases[i].when);
        }
        {
                uint64_t when = 0;

                assert_int_equal(date_parse(NULL, 0, &when), -EINVAL);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_whole),
                cmocka_unit_test(test_choice),
                cmocka_unit_test(test_lease6),
                cmocka_unit_test(test_damage),
                cmocka_unit_test(test_values),
                cmocka_unit_test(test_bounds),
                cmocka_unit_test(test_files),
                cmocka_unit_test(test_read_error),
                cmocka_unit_test(test_dates),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

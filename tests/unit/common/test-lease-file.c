/* SPDX-License-Identifier: Apache-2.0 */
/* Are leases kept, checked and compared as they should? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "folder.h"
#include "lease-file.h"
#include "lease-networkd.h"
#include "lease-variables.h"

typedef struct NormalizeCase {
        LeaseValueType type;
        const char *text, *expected; /* NULL: invalid */
        int r;
} NormalizeCase;

static void check_normalize(const NormalizeCase *cases, size_t n) {
        for (size_t i = 0; i < n; i++) {
                _cleanup_free_ char *value = NULL;
                int r = lease_value_normalize(cases[i].type, cases[i].text, &value);

                if (!cases[i].expected) {
                        assert_int_equal(r, -EINVAL);
                        assert_null(value);
                        continue;
                }
                assert_int_equal(r, cases[i].r);
                assert_string_equal(value, cases[i].expected);
        }
}

static void test_addresses(void **state) {
        static const NormalizeCase cases[] = {
                { LEASE_VALUE_IPV4, "10.0.0.5", "10.0.0.5", 0 },
                { LEASE_VALUE_IPV4, "0.0.0.0", NULL, 0 },
                { LEASE_VALUE_IPV4, "224.0.0.1", NULL, 0 },
                { LEASE_VALUE_IPV4, "255.255.255.255", NULL, 0 },
                { LEASE_VALUE_IPV4, "10.0.0", NULL, 0 },
                { LEASE_VALUE_IPV4, "", NULL, 0 },
                { LEASE_VALUE_IPV4_ANY, "255.255.255.255", "255.255.255.255", 0 },
                { LEASE_VALUE_IPV4_MASK, "255.255.254.0", "255.255.254.0", 0 },
                { LEASE_VALUE_IPV4_MASK, "255.0.255.0", NULL, 0 },
                { LEASE_VALUE_IPV4_LIST, "10.0.0.1,10.0.0.2", "10.0.0.1 10.0.0.2", 0 },
                { LEASE_VALUE_IPV4_LIST, " 10.0.0.1 , x, 10.0.0.1", "10.0.0.1", 1 },
                { LEASE_VALUE_IPV4_LIST, " , ", NULL, 0 },
                { LEASE_VALUE_IPV6_LIST, "2001:DB8:0::1", "2001:db8::1", 0 },
                { LEASE_VALUE_IPV6_LIST, "::", NULL, 0 },
                { LEASE_VALUE_IPV6_LIST, "ff02::1", NULL, 0 },
                { LEASE_VALUE_PREFIX_LIST, "2001:db8::/56", "2001:db8::/56", 0 },
                { LEASE_VALUE_PREFIX_LIST, "2001:db8::/129", NULL, 0 },
                { LEASE_VALUE_PREFIX_LIST, "2001:db8::", NULL, 0 },
                { LEASE_VALUE_IP_LIST, "1.1.1.1 fe80::1 $(reboot)", "1.1.1.1 fe80::1", 1 },
        };

        check_normalize(cases, ELEMENTSOF(cases));
}

static void test_names(void **state) {
        static const NormalizeCase cases[] = {
                { LEASE_VALUE_DOMAIN_LIST, "example.com.", "example.com", 0 },
                { LEASE_VALUE_DOMAIN_LIST, "a.com b.com,A.com", "a.com b.com", 1 },
                { LEASE_VALUE_DOMAIN_LIST, "b.a.com a.com", "b.a.com a.com", 0 },
                { LEASE_VALUE_DOMAIN_LIST, "_tcp.lan", "_tcp.lan", 0 },
                { LEASE_VALUE_DOMAIN_LIST, ".", NULL, 0 },
                { LEASE_VALUE_DOMAIN_LIST, "~.", NULL, 0 },
                { LEASE_VALUE_DOMAIN_LIST, "-a.com", NULL, 0 },
                { LEASE_VALUE_DOMAIN_LIST, "a-.com", NULL, 0 },
                { LEASE_VALUE_DOMAIN_LIST, "a..com", NULL, 0 },
                { LEASE_VALUE_DOMAIN_LIST, "10.0.0.1", NULL, 0 },
                { LEASE_VALUE_DOMAIN_LIST, "a;b", NULL, 0 },
                { LEASE_VALUE_HOSTNAME, "web-1.example.com", "web-1.example.com", 0 },
                { LEASE_VALUE_HOSTNAME, "localhost", NULL, 0 },
                { LEASE_VALUE_HOSTNAME, "LocalHost.localdomain", NULL, 0 },
                { LEASE_VALUE_HOSTNAME, "localhost1", "localhost1", 0 },
                { LEASE_VALUE_HOSTNAME, "a_b", NULL, 0 },
                { LEASE_VALUE_HOSTNAME, "a b", NULL, 0 },
                { LEASE_VALUE_HOSTNAME, "1.2.3.4", NULL, 0 },
                { LEASE_VALUE_HOSTNAME, "", NULL, 0 },
        };

        check_normalize(cases, ELEMENTSOF(cases));
}

static void test_other_values(void **state) {
        static const NormalizeCase cases[] = {
                { LEASE_VALUE_NUMBER, "1460", "1460", 0 },
                { LEASE_VALUE_NUMBER, "4294967296", NULL, 0 },
                { LEASE_VALUE_NUMBER, "-1", NULL, 0 },
                { LEASE_VALUE_TIME, "never", "never", 0 },
                { LEASE_VALUE_TIME, "1790000000", "1790000000", 0 },
                { LEASE_VALUE_TIME, "1790000000000000000", NULL, 0 },
                { LEASE_VALUE_WORD, "dhclient", "dhclient", 0 },
                { LEASE_VALUE_WORD, "dh client", NULL, 0 },
        };

        check_normalize(cases, ELEMENTSOF(cases));
}

static void test_limits(void **state) {
        _cleanup_free_ char *many = calloc(1, 16 * 300), *long_value = calloc(1, LEASE_VALUE_MAX + 2),
                            *value = NULL;
        char label[66] = "";
        size_t n = 0, words = 1;

        for (unsigned i = 0; i < 250; i++)
                n += (size_t) sprintf(many + n, "10.0.0.%u ", i + 1);
        assert_int_equal(lease_value_normalize(LEASE_VALUE_IPV4_LIST, many, &value), 1);
        for (const char *p = value; *p; p++)
                words += *p == ' ';
        assert_int_equal(words, LEASE_ITEMS_MAX);

        memset(long_value, 'a', LEASE_VALUE_MAX + 1);
        free(TAKE_PTR(value));
        assert_int_equal(lease_value_normalize(LEASE_VALUE_DOMAIN_LIST, long_value, &value), -EINVAL);

        memset(label, 'a', 64);
        assert_false(domain_name_is_valid(label));
        label[63] = '\0';
        assert_true(domain_name_is_valid(label));
}

static Lease *lease_of(const char *text) {
        Lease *lease;

        assert_int_equal(lease_parse(text, &lease, NULL), 0);
        return lease;
}

static void test_compare(void **state) {
        static const char base[] = "ADDRESS=10.0.0.5\nDNS=1.1.1.1\nEXPIRE=100\n";
        static const struct {
                const char *before, *now;
                LeaseChange change;
        } cases[] = {
                { NULL, NULL, LEASE_CHANGE_NONE },
                { NULL, base, LEASE_CHANGE_BOUND },
                { base, NULL, LEASE_CHANGE_LOST },
                { base, base, LEASE_CHANGE_NONE },
                { base, "ADDRESS=10.0.0.5\nDNS=1.1.1.1\nEXPIRE=200\n", LEASE_CHANGE_RENEWED },
                { base, "ADDRESS=10.0.0.5\nDNS=1.1.1.1\nEXPIRE=100\nUPDATED=7\n", LEASE_CHANGE_NONE },
                { base, "ADDRESS=10.0.0.6\nDNS=1.1.1.1\nEXPIRE=200\n", LEASE_CHANGE_CHANGED },
                { base, "ADDRESS=10.0.0.5\nDNS=1.1.1.2\nEXPIRE=100\n", LEASE_CHANGE_CHANGED },
                { base, "ADDRESS=10.0.0.5\nEXPIRE=100\n", LEASE_CHANGE_CHANGED },
                { base, "ADDRESS=10.0.0.5\nDNS=1.1.1.1\nEXPIRE=100\nHOSTNAME=a\n", LEASE_CHANGE_CHANGED },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(lease_freep) Lease *before = cases[i].before ? lease_of(cases[i].before) : NULL;
                _cleanup_(lease_freep) Lease *now = cases[i].now ? lease_of(cases[i].now) : NULL;

                assert_int_equal(lease_compare(before, now), cases[i].change);
        }
}

static void test_parse(void **state) {
        _cleanup_(lease_freep) Lease *lease = NULL;
        _cleanup_free_ char *text = NULL;
        Lease *none = NULL;
        size_t dropped;

        assert_int_equal(lease_parse("ADDRESS=10.0.0.5\n"
                                     "ADDRESS=10.0.0.6\n"    /* twice */
                                     "DNS=1.1.1.1 x\n"       /* in part */
                                     "HOSTNAME=a\x1b[31mb\n" /* control characters */
                                     "DOMAIN=~.\n"           /* would take all of DNS */
                                     "NOBODY=knows\n"
                                     "no equal sign\n"
                                     "EXPIRE=never\n",
                                         &lease, &dropped),
                        0);
        assert_int_equal(dropped, 6);
        assert_int_equal(lease_next_expiry(lease), UINT64_MAX);
        assert_int_equal(lease_format(lease, &text), 0);
        assert_string_equal(text, "ADDRESS=10.0.0.5\nDNS=1.1.1.1\nEXPIRE=never\n");

        assert_int_equal(lease_parse("", &none, NULL), -ENODATA);
        assert_int_equal(lease_parse("DNS=1.1.1.1\n", &none, NULL), -ENODATA);
        assert_null(none);
}

static void test_expiry(void **state) {
        _cleanup_(lease_freep) Lease *lease =
                        lease_of("ADDRESS=10.0.0.5\nADDRESS6=2001:db8::1\nEXPIRE=300\nEXPIRE6=200\n");

        assert_int_equal(lease_next_expiry(lease), 200);
        assert_int_equal(lease_get_number(lease, LEASE_EXPIRE, 0), 300);
        assert_int_equal(lease_get_number(lease, LEASE_RENEW, 7), 7);
}

static void test_files(void **state) {
        _cleanup_(lease_freep) Lease *lease = lease_of("ADDRESS=10.0.0.5\nEXPIRE=100\n"), *back = NULL;
        const char *folder = ((Folder *) *state)->path;
        char path[64], target[64];
        Lease *none = NULL;

        snprintf(path, sizeof(path), "%s/br-lan", folder);
        snprintf(target, sizeof(target), "%s/eth0", folder);

        assert_int_equal(lease_read(folder, "br-lan", &none), -ENOENT);
        assert_int_equal(lease_write(folder, "br-lan", lease), 1);
        assert_int_equal(lease_write(folder, "br-lan", lease), 0);
        assert_int_equal(lease_read(folder, "br-lan", &back), 0);
        assert_int_equal(lease_compare(lease, back), LEASE_CHANGE_NONE);

        /* What the less trusted owner of the folder could put there. */
        assert_int_equal(symlink(path, target), 0);
        assert_int_equal(lease_read(folder, "eth0", &none), -ELOOP);
        assert_int_equal(unlink(target), 0);
        assert_int_equal(mkfifo(target, 0600), 0);
        assert_int_equal(lease_read(folder, "eth0", &none), -ENODATA);
        assert_int_equal(unlink(target), 0);
        assert_int_equal(mkdir(target, 0700), 0);
        assert_int_equal(lease_read(folder, "eth0", &none), -ENODATA);
        assert_int_equal(rmdir(target), 0);
        close(open(target, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        assert_int_equal(truncate(target, LEASE_FILE_MAX + 1), 0);
        assert_int_equal(lease_read(folder, "eth0", &none), -EFBIG);
        assert_int_equal(truncate(target, 100), 0);
        assert_int_equal(lease_read(folder, "eth0", &none), -ENODATA);
        assert_int_equal(unlink(target), 0);
        assert_int_equal(lease_read(folder, "../eth0", &none), -EINVAL);

        assert_int_equal(lease_write(folder, "br-lan", NULL), 1);
        assert_int_equal(lease_write(folder, "br-lan", NULL), 0);
}

/* Both layouts as the two versions of networkd write them. */
static void test_networkd(void **state) {
        static const char old[] = "# This is private data. Do not parse.\n"
                                  "ADDRESS=10.9.0.5\nNETMASK=255.255.255.0\nROUTER=10.9.0.1\n"
                                  "SERVER_ADDRESS=10.9.0.1\nT1=60\nT2=105\nLIFETIME=120\n"
                                  "DNS=10.9.0.1 10.9.0.2\nDOMAINNAME=example.org\nCLIENTID=ff00\n";
        static const char new[] = "# This is private data. Do not parse.\n"
                                  "ADDRESS=10.9.0.5\nNETMASK=255.255.255.0\nROUTER=10.9.0.1\n"
                                  "SERVER_ADDRESS=10.9.0.1\nT1=1min\nT2=1min 45s\nLIFETIME=2min\n"
                                  "DNS=10.9.0.1 10.9.0.2\nDOMAINNAME=example.org\nCLIENTID=ff00\n";
        _cleanup_(lease_freep) Lease *a = NULL, *b = NULL, *c = NULL;
        _cleanup_free_ char *text = NULL;

        assert_int_equal(lease_parse_networkd(old, 5000000, &a), 0);
        assert_int_equal(lease_parse_networkd(new, 6000000, &b), 0);
        assert_int_equal(lease_compare(a, b), LEASE_CHANGE_NONE);
        assert_string_equal(lease_get(b, LEASE_T2), "105");
        assert_string_equal(lease_get(b, LEASE_UPDATED), "6000000");
        assert_string_equal(lease_get(b, LEASE_SOURCE), "networkd");
        assert_true(lease_next_expiry(b) > UINT32_MAX);
        assert_int_equal(lease_text(a, &text), 0);
        assert_string_equal(text,
                        "ADDRESS=10.9.0.5 NETMASK=255.255.255.0 ROUTER=10.9.0.1 SERVER_ADDRESS=10.9.0.1 T1=60 "
                        "T2=105 LIFETIME=120 DNS=10.9.0.1 10.9.0.2 DOMAINNAME=example.org CLIENTID=ff00");

        assert_int_equal(lease_parse_networkd("ADDRESS=10.9.0.5\nT1=1h 5\nT2=x\nLIFETIME=infinity\n", 1, &c),
                        0);
        assert_int_equal(lease_get_number(c, LEASE_T1, 0), 3605);
        assert_null(lease_get(c, LEASE_T2));
}

static bool has(const LeaseVariables *v, const char *assignment) {
        for (size_t i = 0; i < v->n; i++)
                if (streq(v->list[i], assignment))
                        return true;
        return false;
}

static void test_variables(void **state) {
        _cleanup_(lease_freep) Lease *lease = lease_of(
                        "SOURCE=dhclient\nADDRESS=10.0.0.5\nSUBNETMASK=255.255.255.0\nROUTER=10.0.0.1\n"
                        "DNS=1.1.1.1 2001:db8::1\nDOMAIN=example.com\nSEARCH=example.com b.com\n");
        _cleanup_(lease_freep) Lease *before = lease_of("ADDRESS=10.0.0.4\n");
        LeaseVariables v;

        assert_int_equal(lease_variables(lease, before, LEASE_CHANGE_CHANGED, &v), 0);
        assert_true(has(&v,
                        "DHCP_LEASE=ADDRESS=10.0.0.5,ROUTER=10.0.0.1,SUBNETMASK=255.255.255.0,"
                        "DNS=1.1.1.1,2001:db8::1,DOMAIN=example.com,b.com"));
        assert_true(has(&v, "DNS=1.1.1.1 2001:db8::1"));
        assert_true(has(&v, "DOMAIN=example.com b.com"));
        assert_true(has(&v, "LEASE_EVENT=changed"));
        assert_true(has(&v, "LEASE_SOURCE=dhclient"));
        assert_true(has(&v, "LEASE_PREVIOUS_ADDRESS=10.0.0.4"));
        assert_null(v.list[v.n]);
        lease_variables_done(&v);

        assert_int_equal(lease_variables(NULL, before, LEASE_CHANGE_LOST, &v), 0);
        assert_true(has(&v, "LEASE_EVENT=lost"));
        assert_true(has(&v, "LEASE_PREVIOUS_ADDRESS=10.0.0.4"));
        assert_int_equal(v.n, 2);
        lease_variables_done(&v);

        assert_int_equal(lease_variables(before, before, LEASE_CHANGE_RENEWED, &v), 0);
        assert_true(has(&v, "DHCP_LEASE=ADDRESS=10.0.0.4,ROUTER=,SUBNETMASK=,DNS=,DOMAIN="));
        lease_variables_done(&v);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_addresses),
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_other_values),
                cmocka_unit_test(test_limits),
                cmocka_unit_test(test_compare),
                cmocka_unit_test(test_parse),
                cmocka_unit_test(test_expiry),
                cmocka_unit_test_setup_teardown(test_files, folder_setup, folder_teardown),
                cmocka_unit_test(test_networkd),
                cmocka_unit_test(test_variables),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

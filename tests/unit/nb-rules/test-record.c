/* SPDX-License-Identifier: Apache-2.0 */
/* Records, what they protect, and the settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "claims.h"
#include "settings.h"

static void test_records_come_back(void **state) {
        static const char text[] = "LINK=br-lan\nSET=3 10002 201\nSET=2147483647 4294967295 2\n";
        static const char warned[] = "LINK=br-lan\nLEFT-OUT=4294967295\nSET=3 10002 201\n";
        char again[RECORD_TEXT_MAX];
        Record record;

        assert_int_equal(record_parse(text, &record), 0);
        assert_string_equal(record.link, "br-lan");
        assert_int_equal(record.n_claims, 2);
        assert_int_equal(record.claims[1].table, UINT32_MAX);
        record_format(&record, again);
        assert_string_equal(text, again);
        assert_int_equal(record.left_out, 0);

        assert_int_equal(record_parse(warned, &record), 0);
        assert_int_equal(record.left_out, UINT32_MAX);
        assert_int_equal(record.n_claims, 1);
        record_format(&record, again);
        assert_string_equal(warned, again);
}

static void test_bad_records(void **state) {
        static const char *const cases[] = {
                "",
                "LINK=eth1",
                "LINK=eth1\n",
                "LINK=\nSET=3 10002 201\n",
                "LINK=a b\nSET=3 10002 201\n",
                "LINK=..\nSET=3 10002 201\n",
                "LINK=0123456789abcdef\nSET=3 10002 201\n",
                "LINK=eth1\nSET=3 10002 201",
                "LINK=eth1\nSET=3 10002 256\n",
                "LINK=eth1\nSET=0 10002 201\n",
                "LINK=eth1\nSET=3 254 201\n",
                "LINK=eth1\nSET=3 255 2\n",
                "LINK=eth1\nSET=3 0 201\n",
                "LINK=eth1\nSET=3 4294967296 201\n",
                "LINK=eth1\nSET=2147483648 1 201\n",
                "LINK=eth1\nSET=-3 10002 201\n",
                "LINK=eth1\nSET=3  10002 201\n",
                "LINK=eth1\nSET=3 10002 201\nX=1\n",
                "LINK=eth1\nLEFT-OUT=1\n",
                "LINK=eth1\nLEFT-OUT=0\nSET=3 10002 201\n",
                "LINK=eth1\nLEFT-OUT=4294967296\nSET=3 10002 201\n",
                "LINK=eth1\nSET=3 10002 201\nLEFT-OUT=1\n",
        };
        Record record;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                assert_int_equal(record_parse(cases[i], &record), -EBADMSG);
}

/* The network of the cases: eth1 is 3, eth2 is 4, all others are gone. */
static int lookup(const char *link, void *userdata) {
        return streq(link, "eth1") ? 3 : streq(link, "eth2") ? 4 : 0;
}

static void test_claims(void **state) {
        static const struct {
                const char *records[3];
                const char *link;
                Claim wish;
                const char *expected;
        } cases[] = {
                { { NULL }, "eth1", { 3, 10002, 201 }, "10002/201 " },
                { { "LINK=eth1\nSET=3 10002 201\n" }, "eth1", { 3, 10002, 201 }, "10002/201 " },
                /* A new base, a new protocol. */
                { { "LINK=eth1\nSET=3 500 99\n" }, "eth1", { 3, 10002, 201 }, "10002/201 500/99 " },
                { { "LINK=eth1\nSET=3 10002 99\n" }, "eth1", { 3, 10002, 201 }, "10002/201 10002/99 " },
                /* Gone: what the record says. */
                { { "LINK=gone\nSET=3 10002 201\n" }, "gone", {}, "10002/201 " },
                { { NULL }, "gone", {}, "" },
                /* Its index is another link's now, which has its set there. */
                { { "LINK=gone\nSET=3 10002 201\n", "LINK=eth1\nSET=3 10002 201\n" }, "gone", {}, "" },
                { { "LINK=gone\nSET=3 10002 201\n", "LINK=eth1\nSET=7 10002 201\n" }, "gone", {},
                                "10002/201 " },
                { { "LINK=gone\nSET=3 10002 201\n", "LINK=eth1\nSET=3 500 201\nSET=3 10002 201\n" }, "gone",
                                {}, "10002/201 " },
                /* A table that another link used under another protocol is no stranger's. */
                { { "LINK=gone\nSET=3 10002 99\n" }, "eth1", { 3, 10002, 201 }, "10002/201 10002/99 " },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char got[256] = "";
                Array records = {};
                Claims claims;

                for (size_t j = 0; j < ELEMENTSOF(cases[i].records) && cases[i].records[j]; j++)
                        assert_int_equal(record_parse(cases[i].records[j],
                                                         array_add(&records, sizeof(Record))),
                                        0);
                claims_make(&records, cases[i].link, cases[i].wish.table ? &cases[i].wish : NULL, lookup,
                                NULL, &claims);
                for (size_t j = 0; j < claims.n; j++)
                        sprintf(got + strlen(got), "%u/%u ", claims.claims[j].table,
                                        claims.claims[j].protocol);
                assert_string_equal(got, cases[i].expected);
                assert_int_equal(claims.wish, cases[i].wish.table != 0);
                array_done(&records);
        }
}

static void test_settings(void **state) {
        static const struct {
                const char *base, *protocol;
                int r;
                uint32_t table_base;
                uint8_t number;
        } cases[] = {
                { NULL, NULL, 0, 9999, 201 },
                { "0", "kernel", 0, 0, 2 },
                { "4294967295", "255", 0, UINT32_MAX, 255 },
                { "4294967296", NULL, -EINVAL, 0, 0 },
                { "", NULL, -EINVAL, 0, 0 },
                { "-1", NULL, -EINVAL, 0, 0 },
                { " 1", NULL, -EINVAL, 0, 0 },
                { NULL, "300", 0, 9999, 201 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                Settings settings = {};

                assert_int_equal(settings_parse(cases[i].base, cases[i].protocol, &settings), cases[i].r);
                assert_int_equal(settings.table_base, cases[i].table_base);
                assert_int_equal(settings.protocol, cases[i].number);
        }
}

static void test_unit_environment(void **state) {
        static const char text[] = "A=1 NB_ROUTE_TABLE_BASE=500 XNB_RULE_PROTOCOL=1 NB_RULE_PROTOCOL=99\n";
        static const struct {
                const char *name, *value;
        } cases[] = {
                { "A", "1" },
                { "NB_ROUTE_TABLE_BASE", "500" },
                { "NB_RULE_PROTOCOL", "99" },
                { "NB_RULE", NULL },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *value = NULL;

                assert_int_equal(settings_find_variable(text, cases[i].name, &value), 0);
                if (cases[i].value)
                        assert_string_equal(value, cases[i].value);
                else
                        assert_null(value);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_records_come_back),
                cmocka_unit_test(test_bad_records),
                cmocka_unit_test(test_claims),
                cmocka_unit_test(test_settings),
                cmocka_unit_test(test_unit_environment),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

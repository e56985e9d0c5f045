/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>

#include "unit-name.h"

#include <cmocka.h>

static void test_events(void **state) {
        for (EventType e = 0; e < _EVENT_TYPE_MAX; e++) {
                EventType again;

                assert_int_equal(event_from_name(event_name(e), &again), 0);
                assert_int_equal(again, e);
                assert_non_null(event_info(e)->directories[0]);
                assert_null(event_info(e)->directories[ELEMENTSOF(event_info(e)->directories) - 1]);
        }
        assert_true(event_is_level(EVENT_TYPE_ROUTABLE));
        assert_true(event_is_level(EVENT_TYPE_LINGER));
        assert_false(event_is_level(EVENT_TYPE_LEASE));
        assert_false(event_is_level(EVENT_TYPE_MANAGER));
        assert_int_equal(event_from_name("Routable", &(EventType){ 0 }), -EINVAL);
        assert_int_equal(event_from_name("", &(EventType){ 0 }), -EINVAL);
}

/* Every byte, alone and fifteen times, in every kind of unit. */
static void test_all_bytes(void **state) {
        for (unsigned byte = 1; byte <= 255; byte++)
                for (size_t n = 1; n <= 16; n += n == 1 ? 14 : 1) {
                        char link[17] = "", unit[UNIT_NAME_LENGTH_MAX];
                        bool valid = n < IF_NAMESIZE && !strchr("/: \t\n\v\f\r", (int) byte) &&
                                        !(n == 1 && byte == '.');
                        UnitName name;

                        memset(link, (int) byte, n);
                        assert_int_equal(link_name_is_valid(link), valid);
                        for (UnitKind kind = 0; kind < _UNIT_KIND_MAX; kind++) {
                                int r = unit_name_format(kind, EVENT_TYPE_DEGRADED_CARRIER, link, unit);

                                assert_int_equal(r, valid ? 0 : -EINVAL);
                                if (!valid)
                                        continue;
                                for (const char *p = unit; *p; p++)
                                        assert_true(*p > ' ' && *p < 0x7f);
                                assert_int_equal(unit_name_parse(unit, &name), 0);
                                assert_int_equal(name.kind, kind);
                                assert_string_equal(name.link, link);
                                if (kind == UNIT_RUN)
                                        assert_int_equal(name.event, EVENT_TYPE_DEGRADED_CARRIER);
                        }
                }
}

static void test_spelling(void **state) {
        static const struct {
                EventType event;
                const char *link, *instance;
        } cases[] = {
                { EVENT_TYPE_ROUTABLE, "eth0", "routable:eth0" },
                { EVENT_TYPE_NO_CARRIER, "br-lan", "no-carrier:br-lan" },
                { EVENT_TYPE_ROUTABLE, "eth0.100@x_y", "routable:eth0.100@x_y" },
                { EVENT_TYPE_ROUTABLE, "a\\x2d", "routable:a\\x5cx2d" },
                { EVENT_TYPE_ROUTABLE, "\xc3\xa9", "routable:\\xc3\\xa9" },
                { EVENT_TYPE_ROUTABLE, "%i$X'\"", "routable:\\x25i\\x24X\\x27\\x22" },
                { EVENT_TYPE_LEASE, "...", "lease:..." },
                { EVENT_TYPE_MANAGER, "", "manager" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char instance[INSTANCE_MAX], link[IF_NAMESIZE];
                EventType event;

                assert_int_equal(instance_format(cases[i].event, cases[i].link, instance), 0);
                assert_string_equal(instance, cases[i].instance);
                assert_int_equal(instance_parse(instance, &event, link), 0);
                assert_int_equal(event, cases[i].event);
                assert_string_equal(link, cases[i].link);
        }
}

static void test_hostile(void **state) {
        static const char *const units[] = {
                "",
                "nb-run@.service",
                "nb-run@routable:.service",
                "nb-run@routable.service",
                "nb-run@:eth0.service",
                "nb-run@routable:eth0",
                "nb-run@routable:eth0.path",
                "nb-run@routable:eth0.service ",
                " nb-run@routable:eth0.service",
                "nb-run@Routable:eth0.service",
                "nb-run@unknown:eth0.service",
                "nb-run@routable:..service",
                "nb-run@routable:...service",
                "nb-run@routable:a/b.service",
                "nb-run@routable:a:b.service",
                "nb-run@routable:a b.service",
                "nb-run@routable:a\nb.service",
                "nb-run@routable:\\x2f.service",
                "nb-run@routable:\\x3a.service",
                "nb-run@routable:\\x20.service",
                "nb-run@routable:\\x00.service",
                "nb-run@routable:\\x61.service",
                "nb-run@routable:\\xC3.service",
                "nb-run@routable:\\xc.service",
                "nb-run@routable:\\x.service",
                "nb-run@routable:\\.service",
                "nb-run@routable:a\\",
                "nb-run@routable:\xc3.service",
                "nb-run@routable:0123456789abcdef.service",
                "nb-run@manager:eth0.service",
                "nb-run@manager:.service",
                "nb-rules@.service",
                "nb-rules@a:b.service",
                "nb-rules@..service",
                "nb-rules@eth0.path",
                "nb-rules@\\x61.service",
                "nb-lease@eth0.socket",
                "nb-start.service",
                "ssh.service",
                "nb-resolve@eth0.service",
        };
        char longest[4096];
        UnitName name;

        for (size_t i = 0; i < ELEMENTSOF(units); i++)
                if (unit_name_parse(units[i], &name) != -EINVAL)
                        fail_msg("accepted '%s'", units[i]);
        memset(longest, 'a', sizeof(longest) - 1);
        longest[sizeof(longest) - 1] = '\0';
        assert_int_equal(unit_name_parse(longest, &name), -EINVAL);
        memcpy(longest, "nb-run@routable:", 16);
        memcpy(longest + sizeof(longest) - 9, ".service", 9);
        assert_int_equal(unit_name_parse(longest, &name), -EINVAL);
        /* A link may be called eth0.service. */
        assert_int_equal(unit_name_parse("nb-run@routable:eth0.service.service", &name), 0);
        assert_string_equal(name.link, "eth0.service");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_events),
                cmocka_unit_test(test_all_bytes),
                cmocka_unit_test(test_spelling),
                cmocka_unit_test(test_hostile),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

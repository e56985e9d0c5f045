/* SPDX-License-Identifier: Apache-2.0 */
/* Operational states from the kernel, what networkd describes, and the configuration. */
#include <setjmp.h>
#include <stdarg.h>

#include <cjson/cJSON.h>
#include <linux/if.h>

#include "config.h"
#include "describe.h"
#include "operstate.h"

#include <cmocka.h>

#define UP (IFF_UP | IFF_LOWER_UP | IFF_RUNNING)

static void test_operstate(void **state) {
        static const struct {
                LinkFacts facts;
                EventType expected[3]; /* without an address, with a link-local one, with both */
        } cases[] = {
                { { .flags = 0, .operstate = IF_OPER_DOWN },
                                { EVENT_TYPE_OFF, EVENT_TYPE_OFF, EVENT_TYPE_OFF } },
                { { .flags = IFF_UP, .operstate = IF_OPER_DOWN },
                                { EVENT_TYPE_NO_CARRIER, EVENT_TYPE_NO_CARRIER, EVENT_TYPE_NO_CARRIER } },
                { { .flags = IFF_UP, .operstate = IF_OPER_LOWERLAYERDOWN },
                                { EVENT_TYPE_NO_CARRIER, EVENT_TYPE_NO_CARRIER, EVENT_TYPE_NO_CARRIER } },
                { { .flags = IFF_UP, .operstate = IF_OPER_DORMANT },
                                { EVENT_TYPE_DORMANT, EVENT_TYPE_DORMANT, EVENT_TYPE_DORMANT } },
                { { .flags = UP, .operstate = IF_OPER_UP },
                                { EVENT_TYPE_CARRIER, EVENT_TYPE_DEGRADED, EVENT_TYPE_ROUTABLE } },
                { { .flags = UP, .operstate = IF_OPER_UP, .port_without_carrier = true },
                                { EVENT_TYPE_DEGRADED_CARRIER, EVENT_TYPE_DEGRADED, EVENT_TYPE_ROUTABLE } },
                { { .flags = UP, .operstate = IF_OPER_UP, .master = 3 },
                                { EVENT_TYPE_ENSLAVED, EVENT_TYPE_ENSLAVED, EVENT_TYPE_ROUTABLE } },
                /* Drivers without operational states. */
                { { .flags = UP, .operstate = IF_OPER_UNKNOWN },
                                { EVENT_TYPE_CARRIER, EVENT_TYPE_DEGRADED, EVENT_TYPE_ROUTABLE } },
                { { .flags = IFF_UP, .operstate = IF_OPER_UNKNOWN },
                                { EVENT_TYPE_NO_CARRIER, EVENT_TYPE_NO_CARRIER, EVENT_TYPE_NO_CARRIER } },
                { { .flags = UP | IFF_DORMANT, .operstate = IF_OPER_UNKNOWN },
                                { EVENT_TYPE_NO_CARRIER, EVENT_TYPE_NO_CARRIER, EVENT_TYPE_NO_CARRIER } },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                for (size_t j = 0; j < 3; j++) {
                        LinkFacts facts = cases[i].facts;

                        facts.has_link_local = j >= 1;
                        facts.has_global = j >= 2;
                        if (operstate_from_facts(&facts) != cases[i].expected[j])
                                fail_msg("case %zu/%zu: %s", i, j, event_name(operstate_from_facts(&facts)));
                }
}

static void test_describe(void **state) {
        static const struct {
                const char *from, *to; /* NULL: -EBADMSG */
        } cases[] = {
                { "", NULL },
                { "[]", NULL },
                { "{", NULL },
                { "{}", "{}" },
                { "{\"AdministrativeState\":\"configured\",\"Unknown\":1}",
                                "{\"SetupState\":\"configured\"}" },
                { "{\"AddressState\":7,\"Driver\":\"veth\"}", "{\"Driver\":\"veth\"}" },
                { "{\"DNS\":[{\"Address\":[192,0,2,1]},{\"Address\":[32,1,13,184,0,0,0,0,0,0,0,0,0,0,0,1]}]}",
                                "{\"DNS\":[\"192.0.2.1\",\"2001:db8::1\"]}" },
                { "{\"DNS\":[{\"Address\":[192,0,2]},{\"Address\":[192,0,2,256]},{\"Address\":\"x\"},{},7]}",
                                "{\"DNS\":[]}" },
                { "{\"DNS\":{}}", "{}" },
                { "{\"NTP\":[{\"Server\":\"ntp.example\"},{\"Address\":[10,0,0,1]}]}",
                                "{\"NTP\":[\"ntp.example\",\"10.0.0.1\"]}" },
                { "{\"RouteDomains\":[{\"Domain\":\"b\"}],\"SearchDomains\":[{\"Domain\":\"a\"}]}",
                                "{\"Domains\":[\"a\",\"b\"]}" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char *text = NULL;

                assert_int_equal(describe_convert(cases[i].from, &text), cases[i].to ? 0 : -EBADMSG);
                if (cases[i].to)
                        assert_string_equal(text, cases[i].to);
                free(text);
        }
}

static size_t n_allocated;

static void *count_allocation(size_t size) {
        n_allocated += size;
        return malloc(size);
}

/* networkd describes each route too, with some 370 bytes. */
static void test_describe_many_routes(void **state) {
        static const char begin[] = "{\"Routes\":[", route[] = "{\"Family\":2,\"Destination\":[10,0,0,1]},",
                          end[] = "{}],\"Driver\":\"veth\"}";
        const size_t n = 10000;
        cJSON_Hooks hooks = { count_allocation, free };
        char *json = malloc(sizeof(begin) + n * strlen(route) + sizeof(end)), *p, *text;

        assert_non_null(json);
        p = stpcpy(json, begin);
        for (size_t i = 0; i < n; i++)
                p = stpcpy(p, route);
        strcpy(p, end);

        n_allocated = 0;
        cJSON_InitHooks(&hooks);
        assert_int_equal(describe_convert(json, &text), 0);
        cJSON_InitHooks(NULL);
        assert_string_equal(text, "{\"Driver\":\"veth\"}");
        assert_in_range(n_allocated, 1, 4096);
        free(text);
        free(json);
}

static void check_sources(const char *value, bool networkd, bool dhclient, bool kernel) {
        char assignment[128], *list[] = { assignment, NULL };
        Config config;

        snprintf(assignment, sizeof(assignment), "NB_GENERATOR=%s", value);
        assert_int_equal(config_load(config_lookup_list, list, &config), 0);
        assert_int_equal(config.networkd, networkd);
        assert_int_equal(config.dhclient, dhclient);
        assert_int_equal(config.kernel, kernel);
        config_clear(&config);
}

static void test_config(void **state) {
        char *list[] = { (char *) "NB_LINKS=eth*", (char *) "NB_LINKSX=no",
                (char *) "NB_ROUTING_POLICY_RULES=eth1", (char *) "NB_RULE_PROTOCOL=kernel",
                (char *) "NB_EMIT_JSON=no", (char *) "NB_CONFIG_ERRORS=2",
                (char *) "NB_CONFIG_MESSAGES=a\nb", (char *) "NB_LOG_LEVEL=debug", NULL };
        char *bad[] = { (char *) "NB_RULE_PROTOCOL=300", NULL };
        Config config;

        assert_int_equal(config_load(config_lookup_list, NULL, &config), 0);
        assert_true(config.networkd);
        assert_true(config.emit_json);
        assert_int_equal(config.rule_protocol, 201);
        assert_null(config.error_messages);
        assert_true(config_watches(&config, "eth0"));
        assert_false(config_watches(&config, "lo"));
        assert_false(config_keeps_rules(&config, "eth0"));
        config_clear(&config);

        assert_int_equal(config_load(config_lookup_list, list, &config), 0);
        assert_true(config_watches(&config, "eth0"));
        assert_false(config_watches(&config, "wlan0"));
        assert_true(config_keeps_rules(&config, "eth1"));
        assert_false(config_keeps_rules(&config, "eth10"));
        assert_int_equal(config.rule_protocol, 2);
        assert_false(config.emit_json);
        assert_int_equal(config.errors, 2);
        assert_string_equal(config.error_messages, "a\nb");
        assert_string_equal(config.log_level, "debug");
        config_clear(&config);

        assert_int_equal(config_load(config_lookup_list, bad, &config), 0);
        assert_int_equal(config.rule_protocol, 201);
        config_clear(&config);

        check_sources("", true, false, false);
        check_sources("dhclient", false, true, false);
        check_sources("kernel dhclient", false, true, true);
        check_sources("systemd-networkd kernel", true, false, false);
        check_sources("systemd-networkdx kernels", false, false, false);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_operstate),
                cmocka_unit_test(test_describe),
                cmocka_unit_test(test_describe_many_routes),
                cmocka_unit_test(test_config),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

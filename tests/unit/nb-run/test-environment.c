/* SPDX-License-Identifier: Apache-2.0 */
/* What does a script find in its environment, and what not? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "prepare.h"

static void test_set(void **state) {
        _cleanup_environment_ Environment e = {};
        _cleanup_free_ char *large = calloc(1, ENVIRONMENT_VALUE_MAX + 2);

        assert_non_null(large);
        assert_int_equal(environment_set(&e, "A", "1"), 0);
        assert_int_equal(environment_set(&e, "AB", "2"), 0);
        assert_int_equal(environment_set(&e, "A", "a\nb\x1b[0m\x7f\xff"), 0);
        assert_int_equal(environment_default(&e, "A", "no"), 0);
        assert_int_equal(environment_set_number(&e, "N", -5), 0);
        assert_int_equal(e.n, 3);
        assert_string_equal(e.list[0], "A=ab[0m\xff");
        assert_string_equal(e.list[1], "AB=2");
        assert_string_equal(e.list[2], "N=-5");
        assert_null(e.list[3]);
        assert_null(environment_get(&e, "B"));

        memset(large, 'x', ENVIRONMENT_VALUE_MAX);
        assert_int_equal(environment_set(&e, "L", large), 0);
        large[ENVIRONMENT_VALUE_MAX] = 'x';
        assert_int_equal(environment_set(&e, "M", large), -E2BIG);
        assert_null(environment_get(&e, "M"));
}

static void test_unset(void **state) {
        _cleanup_environment_ Environment e = {};

        environment_unset(&e, "A");
        assert_int_equal(environment_set(&e, "A", "1"), 0);
        assert_int_equal(environment_set(&e, "AB", "2"), 0);
        assert_int_equal(environment_set(&e, "B", "3"), 0);
        environment_unset(&e, "A");
        assert_int_equal(e.n, 2);
        assert_null(environment_get(&e, "A"));
        assert_string_equal(environment_get(&e, "AB"), "2");
        assert_string_equal(environment_get(&e, "B"), "3");
        assert_null(e.list[2]);
        environment_unset(&e, "B");
        environment_unset(&e, "AB");
        assert_int_equal(e.n, 0);
        assert_null(e.list[0]);
}

static void test_inherit_from_a_shell(void **state) {
        const char *const from[] = { "HOME=/root", "PATH=/bin", "LANG=C", "LANGUAGE=x", "NB_TIMEOUT=1",
                "LD_PRELOAD=x.so", "SYSTEMD_EXEC_PID=1", NULL };
        _cleanup_environment_ Environment e = {};

        assert_int_equal(environment_inherit(&e, from), 0);
        assert_int_equal(e.n, 2);
        assert_string_equal(environment_get(&e, "PATH"), "/bin");
        assert_string_equal(environment_get(&e, "LANG"), "C");
}

static void test_inherit_from_systemd(void **state) {
        char pid[32];
        const char *const from[] = { pid, "LANG=C", "INVOCATION_ID=x", "MINE=y", "NB_TIMEOUT=1",
                "JOURNAL_STREAM=1:2", "NOTIFY_SOCKET=/x", "LISTEN_FDS=1", NULL };
        _cleanup_environment_ Environment e = {};

        snprintf(pid, sizeof(pid), "SYSTEMD_EXEC_PID=%i", getpid());
        assert_int_equal(environment_inherit(&e, from), 0);
        assert_int_equal(e.n, 4);
        assert_string_equal(environment_get(&e, "INVOCATION_ID"), "x");
        assert_string_equal(environment_get(&e, "MINE"), "y");
        assert_non_null(environment_get(&e, "PATH"));
}

static void parse(EventType event, const char *data, size_t size, EventFile *ret) {
        char *copy = calloc(1, size + 1);

        assert_non_null(copy);
        memcpy(copy, data, size);
        event_file_parse(copy, size, event, ret);
}

/* data is a literal; the NUL at its end does not count. */
#define PARSE(event, data, file) parse((event), (data), sizeof(data) - 1, (file))

static void test_event_file(void **state) {
        _cleanup_event_file_ EventFile file = {};

        PARSE(EVENT_TYPE_ROUTABLE,
                        "LINKINDEX=3\0PREVIOUS_STATE=degraded\0PATH=/evil\0LD_PRELOAD=x\0LINKINDEX=x\0nonsense\0\0"
                        "OperationalState=off\0NB_NETWORKD={}",
                        &file);
        assert_int_equal(file.n, 3);
        assert_int_equal(file.dropped, 6);
        assert_string_equal(event_file_get(&file, "LINKINDEX"), "3");
        assert_string_equal(event_file_get(&file, "PREVIOUS_STATE"), "degraded");
        assert_string_equal(event_file_get(&file, "NB_NETWORKD"), "{}");
        assert_null(event_file_get(&file, "LINK"));
}

static void test_empty_event_file(void **state) {
        _cleanup_event_file_ EventFile file = {};

        PARSE(EVENT_TYPE_ROUTABLE, "", &file);
        assert_int_equal(file.n, 0);
        assert_int_equal(file.dropped, 0);
}

static void build(EventType event, const EventFile *file, const Snapshot *snapshot, Environment *e) {
        const LogFields fields = {};
        const EventContext context = { .event = event,
                .link = event == EVENT_TYPE_MANAGER ? "" : "eth0",
                .file = file,
                .snapshot = snapshot,
                .essid = "",
                .fields = &fields };

        assert_int_equal(script_environment_add(e, &context), 0);
}

static void assert_variable(const Environment *e, const char *name, const char *value) {
        const char *actual = environment_get(e, name);

        if (!actual)
                fail_msg("%s is not set", name);
        assert_string_equal(actual, value);
}

static void test_state(void **state) {
        _cleanup_environment_ Environment e = {};
        _cleanup_event_file_ EventFile file = {};
        const Snapshot nothing = {};

        PARSE(EVENT_TYPE_ROUTABLE,
                        "LINKINDEX=3\0PREVIOUS_STATE=degraded\0AdministrativeState=configured\0NB_NETWORKD={}",
                        &file);
        build(EVENT_TYPE_ROUTABLE, &file, &nothing, &e);
        assert_variable(&e, "EVENT", "routable");
        assert_variable(&e, "LINK", "eth0");
        assert_variable(&e, "IFACE", "eth0");
        assert_variable(&e, "LINKINDEX", "3");
        assert_variable(&e, "LINKIFINDEX", "3");
        assert_variable(&e, "OperationalState", "routable");
        assert_variable(&e, "AdministrativeState", "configured");
        assert_variable(&e, "STATE", "routable");
        assert_variable(&e, "PREVIOUS_STATE", "degraded");
        assert_variable(&e, "ADDR", "");
        assert_variable(&e, "IP_ADDRS", "");
        assert_variable(&e, "IP6_ADDRS", "");
        assert_variable(&e, "ESSID", "");
        assert_null(environment_get(&e, "NB_NETWORKD"));
        assert_null(environment_get(&e, "JSON"));
        assert_null(environment_get(&e, "DHCP_LEASE"));
}

static void test_edge(void **state) {
        _cleanup_environment_ Environment e = {};
        _cleanup_event_file_ EventFile file = {};
        Snapshot s = { .ifindex = 7, .first = "192.0.2.1" };

        buffer_puts(&s.ipv4, "192.0.2.1 192.0.2.2");
        PARSE(EVENT_TYPE_LEASE,
                        "OperationalState=degraded\0LEASE_EVENT=bound\0DHCP_LEASE=A=$(touch /tmp/x)\0DNS=192.0.2.3",
                        &file);
        build(EVENT_TYPE_LEASE, &file, &s, &e);
        assert_variable(&e, "LINKINDEX", "7");
        assert_variable(&e, "STATE", "");
        assert_variable(&e, "OperationalState", "degraded");
        assert_variable(&e, "AdministrativeState", "");
        assert_variable(&e, "DHCP_LEASE", "A=$(touch /tmp/x)");
        assert_variable(&e, "IP_ADDRS", "192.0.2.1 192.0.2.2");
        assert_variable(&e, "ADDR", "192.0.2.1");

        assert_int_equal(script_environment_set_routable(&e), 0);
        assert_variable(&e, "OperationalState", "routable");
        assert_variable(&e, "STATE", "routable");
        assert_variable(&e, "EVENT", "lease");
        snapshot_done(&s);
}

static void test_manager(void **state) {
        _cleanup_environment_ Environment e = {};
        _cleanup_event_file_ EventFile file = {};
        const Snapshot nothing = {};

        PARSE(EVENT_TYPE_MANAGER, "OperationalState=routable\0OnlineState=online", &file);
        build(EVENT_TYPE_MANAGER, &file, &nothing, &e);
        assert_int_equal(e.n, 3);
        assert_variable(&e, "EVENT", "manager");
        assert_variable(&e, "OnlineState", "online");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_set),
                cmocka_unit_test(test_unset),
                cmocka_unit_test(test_inherit_from_a_shell),
                cmocka_unit_test(test_inherit_from_systemd),
                cmocka_unit_test(test_event_file),
                cmocka_unit_test(test_empty_event_file),
                cmocka_unit_test(test_state),
                cmocka_unit_test(test_edge),
                cmocka_unit_test(test_manager),
        };

        return cmocka_run_group_tests_name("environment", tests, NULL, NULL);
}

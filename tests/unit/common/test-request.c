/* SPDX-License-Identifier: Apache-2.0 */
/* Which requests and answers are understood, and which variables may an event have? */
#include <setjmp.h>
#include <stdarg.h>

#include "request.h"
#include "variable.h"

#include <cmocka.h>

typedef struct VariableCase {
        EventType event;
        const char *assignment;
} VariableCase;

static void check_variables(const VariableCase *cases, size_t n, int result) {
        for (size_t i = 0; i < n; i++)
                if (variable_check(cases[i].event, cases[i].assignment, NULL) != result)
                        fail_msg("%s of %s", cases[i].assignment, event_name(cases[i].event));
}

static void test_good_variables(void **state) {
        static const VariableCase cases[] = {
                { EVENT_TYPE_ROUTABLE, "LINKINDEX=1" },
                { EVENT_TYPE_ROUTABLE, "LINKINDEX=2147483647" },
                { EVENT_TYPE_ROUTABLE, "AdministrativeState=configured" },
                { EVENT_TYPE_CONFIGURED, "OperationalState=no-carrier" },
                { EVENT_TYPE_ROUTABLE, "PREVIOUS_STATE=off" },
                { EVENT_TYPE_LINK_RENAMED, "PREVIOUS_NAME=eth0" },
                { EVENT_TYPE_ADDRESSES, "ADDRESSES=192.0.2.1/24 2001:db8::1/64" },
                { EVENT_TYPE_ADDRESSES, "ADDRESSES=" },
                { EVENT_TYPE_LEASE, "LEASE_ADDRESS=192.0.2.1" },
                { EVENT_TYPE_MANAGER, "OnlineState=online" },
                { EVENT_TYPE_ROUTABLE, "NB_NETWORKD={}" },
                { EVENT_TYPE_ROUTABLE, "NB_NETWORKD_ASKED=123" },
        };

        check_variables(cases, ELEMENTSOF(cases), 0);
}

static void test_bad_variables(void **state) {
        static const VariableCase cases[] = {
                { EVENT_TYPE_ROUTABLE, "LINKINDEX=2147483648" },
                { EVENT_TYPE_ROUTABLE, "LINKINDEX=0" },
                { EVENT_TYPE_ROUTABLE, "LINKINDEX=-1" },
                { EVENT_TYPE_ROUTABLE, "LINKINDEX=1x" },
                { EVENT_TYPE_ROUTABLE, "LINKINDEX=" },
                { EVENT_TYPE_ROUTABLE, "LINKINDEX" },
                { EVENT_TYPE_ROUTABLE, "" },
                { EVENT_TYPE_ROUTABLE, "=x" },
                { EVENT_TYPE_ROUTABLE, "PATH=/tmp" },
                { EVENT_TYPE_ROUTABLE, "LINK=eth1" },
                { EVENT_TYPE_ROUTABLE, "OperationalState=off" },
                { EVENT_TYPE_CONFIGURED, "AdministrativeState=configured" },
                { EVENT_TYPE_CONFIGURED, "OperationalState=a b" },
                { EVENT_TYPE_CONFIGURED, "OperationalState=" },
                { EVENT_TYPE_ADDRESSES, "PREVIOUS_STATE=off" },
                { EVENT_TYPE_LINK_RENAMED, "PREVIOUS_NAME=a/b" },
                { EVENT_TYPE_ROUTABLE, "PREVIOUS_NAME=eth0" },
                { EVENT_TYPE_ADDRESSES, "ADDRESSES=a\nb" },
                { EVENT_TYPE_ADDRESSES, "ADDRESSES=\x7f" },
                { EVENT_TYPE_LEASE, "LEASE_=x" },
                { EVENT_TYPE_LEASE, "LEASE_a=x" },
                { EVENT_TYPE_LEASE, "LEASE_A B=x" },
                { EVENT_TYPE_ROUTABLE, "LEASE_ADDRESS=x" },
                { EVENT_TYPE_MANAGER, "LINKINDEX=1" },
                { EVENT_TYPE_MANAGER, "NB_NETWORKD={}" },
                { EVENT_TYPE_ROUTABLE, "NB_NETWORKD_ASKED=../x" },
                { EVENT_TYPE_MANAGER, "NB_NETWORKD_ASKED=123" },
                { EVENT_TYPE_ROUTABLE, "NB_REFUSE=x" },
        };

        check_variables(cases, ELEMENTSOF(cases), -EINVAL);
}

static void test_large_variable(void **state) {
        char *large = malloc(VARIABLE_VALUE_MAX + 16);

        assert_non_null(large);
        memset(large, 'a', VARIABLE_VALUE_MAX + 16);
        memcpy(large, "DNS=", 4);
        large[4 + VARIABLE_VALUE_MAX] = '\0';
        assert_int_equal(variable_check(EVENT_TYPE_LEASE, large, NULL), 0);
        large[4 + VARIABLE_VALUE_MAX] = 'a';
        large[5 + VARIABLE_VALUE_MAX] = '\0';
        assert_int_equal(variable_check(EVENT_TYPE_LEASE, large, NULL), -E2BIG);
        free(large);
}

#define MESSAGE(text)                                                                                       \
        { text, sizeof(text) }

static void test_refused(void **state) {
        static const struct {
                struct {
                        const char *data;
                        size_t size;
                } message;
                uint64_t id;
                const char *reason;
        } cases[] = {
                { { "", 0 }, 0, "unterminated text" },
                { { "1\0start", 7 }, 0, "unterminated text" },
                { MESSAGE(""), 0, "no request number" },
                { MESSAGE("-1\0start\0nb-run@manager.service"), 0, "no request number" },
                { MESSAGE(" 1\0start\0nb-run@manager.service"), 0, "no request number" },
                { MESSAGE("99999999999999999999\0start"), 0, "no request number" },
                { MESSAGE("7"), 7, "unknown verb" },
                { MESSAGE("7\0enable\0nb-run@manager.service"), 7, "unknown verb" },
                { MESSAGE("7\0start"), 7, "not a unit of network-broker" },
                { MESSAGE("7\0start\0ssh.service"), 7, "not a unit of network-broker" },
                { MESSAGE("7\0reload\0nb-run@manager.service"), 7, "not a verb for this unit" },
                { MESSAGE("7\0restart\0nb-lease@eth0.path"), 7, "not a verb for this unit" },
                { MESSAGE("7\0stop\0nb-run@routable:eth0.service\0LINKINDEX=2"), 7,
                                "variables where none belong" },
                { MESSAGE("7\0start\0nb-rules@eth0.service\0LINKINDEX=2"), 7,
                                "variables where none belong" },
                { MESSAGE("7\0start\0nb-run@routable:eth0.service\0PATH=x"), 7,
                                "a variable that the event does not have, or a bad value" },
                { MESSAGE("7\0start\0nb-run@routable:eth0.service\0"), 7,
                                "a variable that the event does not have, or a bad value" },
                { MESSAGE("7\0start\0nb-run@routable:eth0.service\0LINKINDEX=2\0LINKINDEX=3"), 7,
                                "a variable twice" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                const char *reason = NULL;
                Request request;

                assert_int_equal(request_parse(cases[i].message.data, cases[i].message.size, &request,
                                                 &reason),
                                -EINVAL);
                assert_string_equal(reason, cases[i].reason);
                assert_int_equal(request.id, cases[i].id);
        }
}

static void test_too_many(void **state) {
        char data[8192], *variables[REQUEST_VARIABLES_MAX + 1];
        const char *reason = NULL;
        Request request;
        int n;

        for (size_t i = 0; i < ELEMENTSOF(variables); i++)
                assert_true(asprintf(&variables[i], "LEASE_%zu=x", i) > 0);
        n = request_format(data, sizeof(data), 1, VERB_START, "nb-run@lease:eth0.service",
                        (const char *const *) variables, REQUEST_VARIABLES_MAX);
        assert_true(n > 0);
        assert_int_equal(request_parse(data, (size_t) n, &request, &reason), 0);
        assert_int_equal(request.n_variables, REQUEST_VARIABLES_MAX);
        assert_string_equal(request.variables[63], "LEASE_63=x");
        n = request_format(data, sizeof(data), 1, VERB_START, "nb-run@lease:eth0.service",
                        (const char *const *) variables, REQUEST_VARIABLES_MAX + 1);
        assert_int_equal(request_parse(data, (size_t) n, &request, &reason), -EINVAL);
        assert_string_equal(reason, "too many variables");
        for (size_t i = 0; i < ELEMENTSOF(variables); i++)
                free(variables[i]);
}

static void test_round_trip(void **state) {
        const char *variables[] = { "LINKINDEX=2", "PREVIOUS_STATE=off" }, *reason = NULL;
        char data[256];
        Request request;
        int n;

        n = request_format(data, sizeof(data), UINT64_MAX, VERB_START, "nb-run@routable:eth0.service",
                        variables, 2);
        assert_true(n > 0);
        assert_int_equal(request_parse(data, (size_t) n, &request, &reason), 0);
        assert_null(reason);
        assert_true(request.id == UINT64_MAX);
        assert_int_equal(request.verb, VERB_START);
        assert_string_equal(request.unit.link, "eth0");
        assert_int_equal(request.n_variables, 2);
        assert_string_equal(request.variables[1], "PREVIOUS_STATE=off");
        for (size_t size = 0; size < (size_t) n; size++)
                assert_int_equal(request_format(data, size, UINT64_MAX, VERB_START,
                                                 "nb-run@routable:eth0.service", variables, 2),
                                -EMSGSIZE);
}

static void test_answers(void **state) {
        Answer answer, again;
        char data[ANSWER_MAX];
        int n;

        for (AnswerKind kind = 0; kind < _ANSWER_KIND_MAX; kind++) {
                answer = (Answer){ .id = 42, .kind = kind, .detail = "done" };
                n = answer_format(data, sizeof(data), &answer);
                assert_true(n > 0);
                assert_int_equal(answer_parse(data, (size_t) n, &again), 0);
                assert_int_equal(again.id, 42);
                assert_int_equal(again.kind, kind);
                assert_string_equal(again.detail, "done");
                for (size_t size = 0; size < (size_t) n; size++)
                        assert_int_equal(answer_parse(data, size, &again), -EBADMSG);
        }
        assert_int_equal(answer_parse("1\0what\0x", 9, &again), -EBADMSG);
        memset(data, 'x', sizeof(data));
        memcpy(data, "1\0result", 9);
        data[9 + sizeof(answer.detail)] = '\0';
        assert_int_equal(answer_parse(data, 10 + sizeof(answer.detail), &again), -EBADMSG);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_good_variables),
                cmocka_unit_test(test_bad_variables),
                cmocka_unit_test(test_large_variable),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_too_many),
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_answers),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

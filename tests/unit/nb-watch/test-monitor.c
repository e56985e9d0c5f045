/* SPDX-License-Identifier: Apache-2.0 */
/* Is each event one line of JSON, whatever its names are, and is it noticed when that line gets nowhere? */
#include <setjmp.h>
#include <stdarg.h>

#include <fcntl.h>
#include <stdio_ext.h>
#include <sys/mman.h>

#include "log.h"
#include "monitor.h"
#include "variables.h"

#include <cmocka.h>

/* An event of a link, printed to fd. */
static int print(int fd, const char *name, EventType event, const char *variable) {
        const Monitor monitor = { .json = true };
        int r, out = dup(STDOUT_FILENO);
        Entry *entry = NULL;
        Lanes lanes;

        assert_int_equal(lanes_init(&lanes), 0);
        assert_int_equal(lanes_push(&lanes, 2, name, ENTRY_EVENT, event, NULL, &entry, NULL), 0);
        if (variable)
                assert_true(variables_add(&entry->variables, "PREVIOUS_NAME", "%s", variable) >= 0);

        assert_true(out >= 0 && dup2(fd, STDOUT_FILENO) >= 0);
        r = monitor_print(&monitor, entry);
        __fpurge(stdout);
        clearerr(stdout);
        assert_true(dup2(out, STDOUT_FILENO) >= 0 && close(out) == 0);
        lanes_done(&lanes);
        return r;
}

static void test_json(void **state) {
        static const struct {
                const char *name;
                EventType event;
                const char *variable, *text;
        } cases[] = {
                { "eth0", EVENT_TYPE_ROUTABLE, NULL, "{\"LINK\":\"eth0\",\"EVENT\":\"routable\"}\n" },
                { "", EVENT_TYPE_MANAGER, NULL, "{\"EVENT\":\"manager\"}\n" },
                { "a\"b\\\x01\xc3\xa9", EVENT_TYPE_OFF, NULL,
                                "{\"LINK\":\"a\\\"b\\\\\\u0001\xc3\xa9\",\"EVENT\":\"off\"}\n" },
                { "\xff\xfe$(id)", EVENT_TYPE_OFF, NULL,
                                "{\"LINK\":\"\xef\xbf\xbd\xef\xbf\xbd$(id)\",\"EVENT\":\"off\"}\n" },
                { "b", EVENT_TYPE_LINK_RENAMED, "a\xc3",
                                "{\"LINK\":\"b\",\"EVENT\":\"link-renamed\",\"PREVIOUS_NAME\":\"a\xef\xbf\xbd\"}\n" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                int fd = memfd_create("output", MFD_CLOEXEC);
                char text[256] = "";

                assert_true(fd >= 0);
                assert_int_equal(print(fd, cases[i].name, cases[i].event, cases[i].variable), 0);
                assert_true(pread(fd, text, sizeof(text) - 1, 0) > 0);
                assert_string_equal(text, cases[i].text);
                assert_int_equal(close(fd), 0);
        }
}

static void test_nowhere_to_print(void **state) {
        int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

        assert_true(fd >= 0);
        assert_int_equal(log_set_level("fatal"), 0);
        assert_int_equal(print(fd, "eth0", EVENT_TYPE_ROUTABLE, NULL), -ENOSPC);
        assert_int_equal(close(fd), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_json),
                cmocka_unit_test(test_nowhere_to_print),
        };

        return cmocka_run_group_tests_name("monitor", tests, NULL, NULL);
}

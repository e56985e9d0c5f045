/* SPDX-License-Identifier: Apache-2.0 */
/* Which requests make the file of a unit come and go? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <fcntl.h>

#include "event-files.h"
#include "file-util.h"

#include <cmocka.h>

#include "../common/folder.h"

#define ROUTABLE "nb-run@routable:eth0.service"

typedef int (*EventFiles)(int dir_fd, const Request *request);

/* As one that comes over the socket. */
static void call(EventFiles function, const Folder *f, Verb verb, const char *unit, const char *variable) {
        const char *reason = NULL;
        Request request;
        char data[1024];
        int n;

        n = request_format(data, sizeof(data), 1, verb, unit, &variable, variable ? 1 : 0);
        assert_true(n > 0);
        assert_return_code(request_parse(data, (size_t) n, &request, &reason), 0);
        assert_return_code(function(f->fd, &request), 0);
}

static void follow(const Folder *f, Verb verb, const char *unit, const char *variable) {
        call(event_files_follow, f, verb, unit, variable);
}

static void check(const Folder *f, const char *expected) {
        _cleanup_free_ char *data = NULL;
        size_t size = 0;
        int r;

        r = file_read_untrusted(f->fd, "routable:eth0", 1024, &data, &size);
        if (!expected) {
                assert_int_equal(r, -ENOENT);
                return;
        }
        assert_return_code(r, 0);
        assert_string_equal(data, expected);
        assert_int_equal(size, *expected ? strlen(expected) + 1 : 0);
}

static void test_follow(void **state) {
        static const Verb ends[] = { VERB_STOP, VERB_RESET_FAILED };
        const Folder *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(ends); i++) {
                follow(f, VERB_START, ROUTABLE, "LINKINDEX=2");
                check(f, "LINKINDEX=2");
                follow(f, VERB_START, ROUTABLE, NULL);
                check(f, "");
                follow(f, ends[i], "nb-run@routable:eth1.service", NULL);
                follow(f, ends[i], "nb-rules@eth0.service", NULL);
                check(f, "");
                follow(f, ends[i], ROUTABLE, NULL);
                check(f, NULL);
                follow(f, ends[i], ROUTABLE, NULL);
        }
        follow(f, VERB_START, "nb-rules@eth0.service", NULL);
}

static void test_forget(void **state) {
        const Folder *f = *state;

        follow(f, VERB_START, ROUTABLE, "LINKINDEX=2");
        call(event_files_forget, f, VERB_START, "nb-run@routable:eth1.service", NULL);
        call(event_files_forget, f, VERB_START, "nb-rules@eth0.service", NULL);
        call(event_files_forget, f, VERB_STOP, ROUTABLE, NULL);
        check(f, "LINKINDEX=2");
        call(event_files_forget, f, VERB_START, ROUTABLE, "LINKINDEX=2");
        check(f, NULL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_follow, folder_setup, folder_teardown),
                cmocka_unit_test_setup_teardown(test_forget, folder_setup, folder_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

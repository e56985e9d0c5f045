/* SPDX-License-Identifier: Apache-2.0 */
/* Are options found wherever they stand, and none else? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <fcntl.h>
#include <getopt.h>
#include <stdio_ext.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "log.h"
#include "options.h"

/* What it prints goes to text. */
static int parse(const char *line, bool given[static 2], char *argv[static 8], char text[static 64]) {
        const Option options[] = { { "dry-run", 'n', &given[0] }, { "json", 0, &given[1] }, {} };
        int argc = 1, r, out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO), fd;
        static char copy[128];
        ssize_t n;

        given[0] = given[1] = false;
        snprintf(copy, sizeof(copy), "%s", line);
        argv[0] = (char *) "nb-test";
        for (char *p, *word = strtok_r(copy, " ", &p); word; word = strtok_r(NULL, " ", &p))
                argv[argc++] = word;
        argv[argc] = NULL;

        fd = memfd_create("output", MFD_CLOEXEC);
        assert_true(dup2(fd, STDOUT_FILENO) >= 0 && dup2(fd, STDERR_FILENO) >= 0);
        optind = 0; /* anew */
        r = options_parse(argc, argv, "nb-test", "the help", options);
        fflush(stdout);
        assert_true(dup2(out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0);
        n = pread(fd, text, 63, 0);
        assert_true(n >= 0);
        text[n] = '\0';
        assert_true(close(fd) == 0 && close(out) == 0 && close(err) == 0);
        return r;
}

static void test_cases(void **state) {
        static const struct {
                const char *line;
                int r;
                bool dry_run, json;
                const char *argument, *text;
        } cases[] = {
                { "", 1, false, false, NULL, "" },
                { "eth0", 1, false, false, "eth0", "" },
                { "-n eth0", 2, true, false, "eth0", "" },
                { "eth0 --dry-run --json", 3, true, true, "eth0", "" },
                { "--js", 2, false, true, NULL, "" },
                { "-- -n", 2, false, false, "-n", "" },
                { "--help", 0, false, false, NULL, "the help\n" },
                { "-h eth0", 0, false, false, NULL, "the help\n" },
                { "--version", 0, false, false, NULL, "nb-test " VERSION "\n" },
                { "--unknown", -EINVAL, false, false, NULL, "nb-test: unrecognized option '--unknown'\n" },
                { "-x", -EINVAL, false, false, NULL, "nb-test: invalid option -- 'x'\n" },
                { "--json=1", -EINVAL, false, false, NULL,
                                "nb-test: option '--json' doesn't allow an argument\n" },
        };
        char *argv[8], text[64];
        bool given[2];

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                int r = parse(cases[i].line, given, argv, text);

                assert_int_equal(r, cases[i].r);
                assert_string_equal(text, cases[i].text);
                if (r <= 0)
                        continue;
                assert_int_equal(given[0], cases[i].dry_run);
                assert_int_equal(given[1], cases[i].json);
                if (cases[i].argument)
                        assert_string_equal(argv[r], cases[i].argument);
                else
                        assert_null(argv[r]);
        }
}

static void test_nowhere_to_print(void **state) {
        const char *const options[] = { "--help", "--version" };

        assert_int_equal(log_set_level("fatal"), 0);
        for (size_t i = 0; i < ELEMENTSOF(options); i++) {
                char *argv[] = { (char *) "nb-test", (char *) options[i], NULL };
                int r, out = dup(STDOUT_FILENO), full = open("/dev/full", O_WRONLY | O_CLOEXEC);

                assert_true(out >= 0 && full >= 0 && dup2(full, STDOUT_FILENO) >= 0);
                optind = 0;
                r = options_parse(2, argv, "nb-test", "the help", &(const Option){});
                __fpurge(stdout);
                clearerr(stdout);
                assert_true(dup2(out, STDOUT_FILENO) >= 0 && close(full) == 0 && close(out) == 0);
                assert_int_equal(r, -ENOSPC);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_cases),
                cmocka_unit_test(test_nowhere_to_print),
        };

        return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>

#include <fcntl.h>

#include "log.h"

#include <cmocka.h>

static char output[65536];

/* What one record is on stderr. */
#define CAPTURE(...)                                                                                        \
        ({                                                                                                  \
                int _saved = begin(), _r = log_message(__VA_ARGS__);                                        \
                end(_saved);                                                                                \
                _r;                                                                                         \
        })

static FILE *file;

static int begin(void) {
        int saved = dup(STDERR_FILENO);

        file = tmpfile();
        assert_non_null(file);
        assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
        return saved;
}

static void end(int saved) {
        size_t n;

        (void) fflush(stderr);
        (void) dup2(saved, STDERR_FILENO);
        close(saved);
        rewind(file);
        n = fread(output, 1, sizeof(output) - 1, file);
        output[n] = '\0';
        fclose(file);
}

static void test_text(void **state) {
        assert_int_equal(log_set_format("text"), 0);
        assert_int_equal(CAPTURE(LOG_INFO, 0, NULL, "%s: %i.", "eth0", 7), 0);
        assert_string_equal(output, "eth0: 7.\n");
        errno = EBUSY;
        assert_int_equal(CAPTURE(LOG_ERR, ENOENT, NULL, "No: %m"), -ENOENT);
        assert_string_equal(output, "No: No such file or directory\n");
        assert_int_equal(errno, EBUSY);
        assert_int_equal(CAPTURE(LOG_ERR, -ENOENT, NULL, "%m"), -ENOENT);
}

static void test_levels(void **state) {
        assert_int_equal(log_set_level("loud"), -EINVAL);
        assert_int_equal(log_set_level("warn"), 0);
        assert_int_equal(CAPTURE(LOG_INFO, EIO, NULL, "x"), -EIO);
        assert_string_equal(output, "");
        (void) CAPTURE(LOG_WARNING, 0, NULL, "x");
        assert_string_equal(output, "x\n");
        assert_int_equal(log_set_level("fatal"), 0);
        assert_false(log_enabled(LOG_ERR));
        assert_true(log_enabled(LOG_CRIT));
        assert_int_equal(log_set_level("debug"), 0);
        assert_true(log_enabled(LOG_DEBUG));
}

static void test_json(void **state) {
        LogFields fields = { .link = "a\"b", .event = "routable", .ifindex = 2 };
        char large[8192];

        assert_int_equal(log_set_format("xml"), -EINVAL);
        assert_int_equal(log_set_format("json"), 0);
        (void) CAPTURE(LOG_WARNING, 0, &fields, "a\\\n\x01\x7f\xc3\xa9");
        assert_string_equal(output,
                        "{\"level\":\"warn\",\"message\":\"a\\\\\\u000a\\u0001\\u007f\xc3\xa9\","
                        "\"link\":\"a\\\"b\",\"event\":\"routable\",\"ifindex\":2}\n");
        fields.link = "\xff";
        fields.script = "n\xc3";
        (void) CAPTURE(LOG_WARNING, 0, &fields, "%s/\xed\xa0", fields.script);
        assert_string_equal(output,
                        "{\"level\":\"warn\",\"message\":\"n\xef\xbf\xbd/\xef\xbf\xbd\xef\xbf\xbd\","
                        "\"link\":\"\xef\xbf\xbd\",\"event\":\"routable\",\"script\":\"n\xef\xbf\xbd\","
                        "\"ifindex\":2}\n");
        /* What is cut is the message, never the object. */
        memset(large, '\n', sizeof(large) - 1);
        large[sizeof(large) - 1] = '\0';
        (void) CAPTURE(LOG_WARNING, 0, &fields, "%s", large);
        assert_non_null(strstr(output, "\\u000a\",\"link\":"));
        assert_string_equal(output + strlen(output) - 14, ",\"ifindex\":2}\n");
        assert_int_equal(log_set_format("text"), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_text),
                cmocka_unit_test(test_levels),
                cmocka_unit_test(test_json),
        };

        log_setup("test", LOG_TARGET_STDERR);
        return cmocka_run_group_tests(tests, NULL, NULL);
}

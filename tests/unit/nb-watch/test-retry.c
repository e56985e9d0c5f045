/* SPDX-License-Identifier: Apache-2.0 */
/* When is the next try, and what if there can be none? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <fcntl.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "retry.h"
#include "time-util.h"

#define MSEC UINT64_C(1000)

static void count(void *userdata) {
        unsigned *n = userdata;

        (*n)++;
}

typedef void (*Arm)(Retry *retry, sd_event *event, RetryHandler handler, void *userdata);

/* The next try is this much later than the call, however long the call took. It is not waited for. */
static void assert_delay(Retry *retry, sd_event *event, Arm arm, uint64_t msec) {
        uint64_t before = now_usec(), usec;

        arm(retry, event, count, NULL);
        assert_non_null(retry->source);
        assert_int_equal(sd_event_source_get_time(retry->source, &usec), 0);
        assert_in_range(usec, before + msec * MSEC, now_usec() + msec * MSEC);
        retry->source = sd_event_source_disable_unref(retry->source);
}

static void test_delays(void **state) {
        static const uint64_t later[] = { 100, 500, 2000, 10000, 10000 };
        sd_event *event = NULL;
        Retry retry = {};

        assert_return_code(sd_event_new(&event), 0);
        for (size_t i = 0; i < ELEMENTSOF(later); i++)
                assert_delay(&retry, event, retry_later, later[i]);
        retry_reset(&retry);
        assert_delay(&retry, event, retry_later, 100);

        retry_reset(&retry);
        assert_delay(&retry, event, retry_soon, 0);
        for (size_t i = 0; i < ELEMENTSOF(later); i++)
                assert_delay(&retry, event, retry_soon, later[i]);
        sd_event_unref(event);
}

static void test_called_once(void **state) {
        sd_event *event = NULL;
        unsigned n = 0;
        Retry retry = {};

        assert_return_code(sd_event_new(&event), 0);
        retry_soon(&retry, event, count, &n);
        retry_soon(&retry, event, count, &n);
        assert_int_equal(retry.n_failed, 1);
        assert_int_equal(sd_event_run(event, UINT64_MAX), 1);
        assert_int_equal(n, 1);
        assert_null(retry.source);
        sd_event_unref(event);
}

/* Its time is over when that of one which was armed after it is. */
static void test_one_that_is_not_wanted_any_more(void **state) {
        unsigned n = 0, n_other = 0;
        sd_event *event = NULL;
        Retry retry = {}, other = {};

        assert_return_code(sd_event_new(&event), 0);
        retry_later(&retry, event, count, &n);
        retry_reset(&retry);
        retry_later(&other, event, count, &n_other);
        assert_int_equal(sd_event_run(event, UINT64_MAX), 1);
        assert_int_equal(n_other, 1);
        assert_int_equal(sd_event_run(event, 0), 0);
        assert_int_equal(n, 0);
        sd_event_unref(event);
}

/* A try that never comes would leave a link waiting for ever. */
static void test_no_timer_ends_the_loop(void **state) {
        struct rlimit before, none;
        sd_event *event = NULL;
        Retry retry = {};
        int code = 0, fd;

        assert_return_code(sd_event_new(&event), 0);
        assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        none = (struct rlimit){ .rlim_cur = (rlim_t) fd, .rlim_max = before.rlim_max };
        assert_int_equal(close(fd), 0);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
        retry_later(&retry, event, count, NULL);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        assert_int_equal(sd_event_get_exit_code(event, &code), 0);
        assert_int_equal(code, -EMFILE);
        retry_reset(&retry);
        sd_event_unref(event);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_delays),
                cmocka_unit_test(test_called_once),
                cmocka_unit_test(test_one_that_is_not_wanted_any_more),
                cmocka_unit_test(test_no_timer_ends_the_loop),
        };

        return cmocka_run_group_tests_name("retry", tests, NULL, NULL);
}

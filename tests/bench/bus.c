/* SPDX-License-Identifier: Apache-2.0 */
/* When does what happen on the bus? For the benchmark; each time is of the monotonic clock, in nanoseconds.
 *
 *   bus monitor            until it is killed, one line "TIME OBJECT PROPERTY VALUE" for each state of a link that
 *                          networkd's signals bring, and "TIME ping - SENT" for each signal of `bus ping`
 *   bus ping N             sends N signals, one every 20 ms
 *   bus start N USEC       starts bench-floor@I.service for I from 0, each after USEC of quiet, one after another;
 *                          prints "I CALLED ENDED": the call of StartUnit, the end of its job
 *   bus together N         the same, all at once, without waiting
 *   bus restart N          starts bench-level@x.service, then stops and starts it N times; lines as above */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <time.h>

#include "macros.h"

#define SYSTEMD "org.freedesktop.systemd1"
#define PING "org.example.Bench"

typedef struct Jobs {
        sd_bus *bus;
        uint64_t *called; /* n of them */
        size_t n, n_left;
        int error; /* of a call that was refused */
} Jobs;

static uint64_t now_nsec(void) {
        struct timespec ts;

        (void) clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t) ts.tv_sec * 1000000000U + (uint64_t) ts.tv_nsec;
}

static void quiet(uint64_t usec) {
        struct timespec ts = { .tv_sec = (time_t) (usec / 1000000),
                .tv_nsec = (long) (usec % 1000000) * 1000 };

        (void) nanosleep(&ts, NULL);
}

/* Until all jobs have ended, or a call was refused; without jobs for ever. */
static int run_until(sd_bus *bus, const Jobs *jobs) {
        int r;

        for (;;) {
                r = sd_bus_process(bus, NULL);
                if (r < 0)
                        return r;
                if (jobs && (jobs->error < 0 || jobs->n_left == 0))
                        return jobs->error;
                if (r == 0) {
                        r = sd_bus_wait(bus, UINT64_MAX);
                        if (r < 0 && r != -EINTR)
                                return r;
                }
        }
}

/* monitor, ping */

static int on_changed(sd_bus_message *m, _unused_ void *userdata, _unused_ sd_bus_error *error) {
        uint64_t now = now_nsec();
        const char *interface, *name, *value;

        if (sd_bus_message_read(m, "s", &interface) < 0 ||
                        !startswith(interface, "org.freedesktop.network1.Link"))
                return 0;
        if (sd_bus_message_enter_container(m, 'a', "{sv}") < 0)
                return 0;
        while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
                if (sd_bus_message_read(m, "s", &name) < 0)
                        return 0;
                if (streq(name, "OperationalState") || streq(name, "AdministrativeState")) {
                        if (sd_bus_message_read(m, "v", "s", &value) < 0)
                                return 0;
                        printf("%" PRIu64 " %s %s %s\n", now, sd_bus_message_get_path(m), name, value);
                } else if (sd_bus_message_skip(m, "v") < 0)
                        return 0;
                (void) sd_bus_message_exit_container(m);
        }
        return 0;
}

static int on_ping(sd_bus_message *m, _unused_ void *userdata, _unused_ sd_bus_error *error) {
        uint64_t now = now_nsec(), sent;

        if (sd_bus_message_read(m, "t", &sent) >= 0)
                printf("%" PRIu64 " ping - %" PRIu64 "\n", now, sent);
        return 0;
}

static int monitor(sd_bus *bus) {
        int r;

        r = sd_bus_match_signal(bus, NULL, "org.freedesktop.network1", NULL,
                        "org.freedesktop.DBus.Properties", "PropertiesChanged", on_changed, NULL);
        if (r >= 0)
                r = sd_bus_match_signal(bus, NULL, NULL, NULL, PING, "Ping", on_ping, NULL);
        if (r < 0)
                return r;
        (void) setvbuf(stdout, NULL, _IOLBF, 0);
        printf("0 ready - -\n");
        return run_until(bus, NULL);
}

static int ping(sd_bus *bus, unsigned long n) {
        int r = 0;

        for (; n > 0 && r >= 0; n--) {
                quiet(20000);
                r = sd_bus_emit_signal(bus, "/", PING, "Ping", "t", now_nsec());
                if (r >= 0)
                        r = sd_bus_flush(bus);
        }
        return r;
}

/* start, together, restart */

static int on_removed(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        const char *path, *unit, *result;
        uint64_t now = now_nsec();
        Jobs *jobs = userdata;
        unsigned long i = 0;
        uint32_t id;

        if (sd_bus_message_read(m, "uoss", &id, &path, &unit, &result) < 0 || !startswith(unit, "bench-"))
                return 0;
        if (startswith(unit, "bench-floor@"))
                i = strtoul(unit + strlen("bench-floor@"), NULL, 10);
        /* Of somebody else. */
        if (i >= jobs->n)
                return 0;
        printf("%lu %" PRIu64 " %" PRIu64 "\n", i, jobs->called[i], now);
        jobs->n_left--;
        return 0;
}

/* Without a job no signal would ever end the wait. */
static int on_called(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        const sd_bus_error *e = sd_bus_message_get_error(m);
        Jobs *jobs = userdata;

        if (e) {
                fprintf(stderr, "bus: systemd refused a call: %s: %s\n", e->name,
                                e->message ?: "no message");
                jobs->error = -sd_bus_error_get_errno(e);
        }
        return 0;
}

static int call(Jobs *jobs, const char *method, const char *unit) {
        /* The bus lets one connection wait for 128 answers; what is behind them goes without. */
        sd_bus_message_handler_t handler = jobs->n_left < 100 ? on_called : NULL;

        jobs->n_left++;
        return sd_bus_call_method_async(jobs->bus, NULL, SYSTEMD, "/org/freedesktop/systemd1",
                        SYSTEMD ".Manager", method, handler, jobs, "ss", unit, "replace");
}

static int start_floor(Jobs *jobs, unsigned long i) {
        char unit[64];
        int r;

        (void) snprintf(unit, sizeof(unit), "bench-floor@%lu.service", i);
        jobs->called[i] = now_nsec();
        r = call(jobs, "StartUnit", unit);
        return r < 0 ? r : sd_bus_flush(jobs->bus);
}

static int start(Jobs *jobs, unsigned long n, uint64_t usec, bool together) {
        int r = 0;

        for (unsigned long i = 0; i < n && r >= 0; i++) {
                quiet(usec);
                r = start_floor(jobs, i);
                if (r >= 0 && !together)
                        r = run_until(jobs->bus, jobs);
        }
        return r < 0 ? r : run_until(jobs->bus, jobs);
}

/* The end that counts is that of the second job. */
static int restart(Jobs *jobs, unsigned long n) {
        static const char *const methods[] = { "StartUnit", "StopUnit" };
        int r = 0;

        for (unsigned long i = 0; i < 2 * n + 1 && r >= 0; i++) {
                if (i % 2 == 1)
                        jobs->called[0] = now_nsec();
                r = call(jobs, methods[i % 2], "bench-level@x.service");
                if (r >= 0)
                        r = run_until(jobs->bus, jobs);
        }
        return r;
}

static int with_jobs(sd_bus *bus, const char *verb, unsigned long n, uint64_t usec) {
        _cleanup_free_ uint64_t *called = NULL;
        Jobs jobs = { .bus = bus, .n = n + 1 };
        int r;

        jobs.called = called = calloc(jobs.n, sizeof(*called));
        if (!called)
                return -ENOMEM;
        r = sd_bus_match_signal(bus, NULL, SYSTEMD, "/org/freedesktop/systemd1", SYSTEMD ".Manager",
                        "JobRemoved", on_removed, &jobs);
        if (r >= 0)
                r = sd_bus_call_method(bus, SYSTEMD, "/org/freedesktop/systemd1", SYSTEMD ".Manager",
                                "Subscribe", NULL, NULL, NULL);
        if (r < 0)
                return r;
        return streq(verb, "restart") ? restart(&jobs, n) : start(&jobs, n, usec, streq(verb, "together"));
}

int main(int argc, char *argv[]) {
        const char *verb = argc > 1 ? argv[1] : "";
        unsigned long n = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
        sd_bus *bus = NULL;
        int r;

        r = sd_bus_open_system(&bus);
        if (r >= 0) {
                if (streq(verb, "monitor"))
                        r = monitor(bus);
                else if (streq(verb, "ping"))
                        r = ping(bus, n);
                else
                        r = with_jobs(bus, verb, n, argc > 3 ? strtoul(argv[3], NULL, 10) : 0);
        }
        sd_bus_flush_close_unref(bus);
        if (r < 0) {
                fprintf(stderr, "bus %s: %s\n", verb, strerror(-r));
                return EXIT_FAILURE;
        }
        return EXIT_SUCCESS;
}

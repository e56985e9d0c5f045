/* SPDX-License-Identifier: Apache-2.0 */
/* What became of one unit? See unit-query.h. */
#include "unit-query.h"

#include "bus-names.h"
#include "job-removed.h"
#include "properties.h"

/* A signal that never comes must not hold a link for ever. */
#define CHECK_USEC (30U * 1000U * 1000U)

struct UnitQueries {
        sd_bus *bus;
        JobRemoved *removals;
        UnitQuery *first;
};

struct UnitQuery {
        UnitQueries *queries;
        char unit[UNIT_NAME_LENGTH_MAX];
        char *path;
        bool wait;
        bool watched;
        sd_bus_slot *call;
        sd_event_source *timer;
        UnitQueryHandler handler;
        void *userdata;
        UnitQuery *previous, *next;
};

void unit_state_set(UnitState *state, const char *active_state) {
        state->failed = streq(active_state, "failed");
        state->active = !state->failed && !streq(active_state, "inactive");
}

static int unit_query_ask(UnitQuery *q);

static void unit_query_finish(UnitQuery *q, int r, const UnitState *state) {
        UnitQueryHandler handler = q->handler;
        void *userdata = q->userdata;

        unit_query_free(q);
        handler(r, state, userdata);
}

static int read_unit_property(sd_bus_message *m, void *userdata) {
        const char *name, *text;
        UnitState *state = userdata;
        uint32_t job;
        int r;

        r = sd_bus_message_read(m, "s", &name);
        if (r < 0)
                return r;
        if (streq(name, "ActiveState")) {
                r = sd_bus_message_read(m, "v", "s", &text);
                if (r >= 0)
                        unit_state_set(state, text);
        } else if (streq(name, "InactiveExitTimestampMonotonic"))
                r = sd_bus_message_read(m, "v", "t", &state->left_inactive_usec);
        else if (streq(name, "InactiveEnterTimestampMonotonic"))
                r = sd_bus_message_read(m, "v", "t", &state->entered_inactive_usec);
        else if (streq(name, "Job")) {
                r = sd_bus_message_read(m, "v", "(uo)", &job, NULL);
                if (r >= 0)
                        state->job = job > 0;
        } else
                r = sd_bus_message_skip(m, "v");
        return r;
}

static int on_unit(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        UnitQuery *q = userdata;
        UnitState state = {};
        int r;

        q->call = sd_bus_slot_unref(q->call);
        r = -sd_bus_message_get_errno(m);
        if (r == 0)
                r = read_properties(m, read_unit_property, &state);
        if (r >= 0 && q->wait && state.job)
                return 0; /* on_job_removed() or the timer asks again */
        (void) unit_name_parse(q->unit, &state.unit);
        unit_query_finish(q, r < 0 ? r : 0, &state);
        return 0;
}

static int on_check(sd_event_source *source, uint64_t usec, void *userdata) {
        UnitQuery *q = userdata;
        int r;

        (void) sd_event_source_set_time(source, usec + CHECK_USEC);
        (void) sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
        r = unit_query_ask(q);
        if (r < 0)
                unit_query_finish(q, r, NULL);
        return 0;
}

static int unit_query_ask(UnitQuery *q) {
        q->call = sd_bus_slot_unref(q->call);
        return sd_bus_call_method_async(q->queries->bus, &q->call, SYSTEMD_NAME, q->path, DBUS_PROPERTIES,
                        "GetAll", on_unit, q, "s", SYSTEMD_UNIT);
}

static int unit_query_watch(UnitQuery *q) {
        int r;

        r = job_removed_watch(q->queries->removals);
        if (r < 0)
                return r;
        q->watched = true;
        return sd_event_add_time_relative(sd_bus_get_event(q->queries->bus), &q->timer, CLOCK_MONOTONIC,
                        CHECK_USEC, CHECK_USEC / 4, on_check, q);
}

/* All that wait, or those that wait for one unit. */
static void ask_again(UnitQueries *queries, const char *unit) {
        int r;

        for (UnitQuery *q = queries->first, *next; q; q = next) {
                next = q->next;
                if (!q->wait || (unit && !streq(unit, q->unit)))
                        continue;
                r = unit_query_ask(q);
                if (r < 0)
                        unit_query_finish(q, r, NULL);
        }
}

void unit_queries_ask_again(UnitQueries *queries) {
        ask_again(queries, NULL);
}

static void on_removed(
                _unused_ const char *path, const char *unit, _unused_ const char *result, void *userdata) {
        ask_again(userdata, unit);
}

int unit_query_new(UnitQueries *queries, const char *unit, bool wait, UnitQueryHandler handler,
                void *userdata, UnitQuery **ret) {
        UnitQuery *q;
        int r;

        q = calloc(1, sizeof(*q));
        if (!q)
                return -ENOMEM;
        q->queries = queries;
        q->wait = wait;
        q->handler = handler;
        q->userdata = userdata;
        snprintf(q->unit, sizeof(q->unit), "%s", unit);
        q->next = queries->first;
        if (q->next)
                q->next->previous = q;
        queries->first = q;
        r = sd_bus_path_encode(SYSTEMD_PATH "/unit", unit, &q->path);
        if (r >= 0 && wait)
                r = unit_query_watch(q);
        if (r >= 0)
                r = unit_query_ask(q);
        if (r < 0) {
                unit_query_free(q);
                return r;
        }

        *ret = q;
        return 0;
}

void unit_query_free(UnitQuery *q) {
        if (!q)
                return;
        if (q->previous)
                q->previous->next = q->next;
        else
                q->queries->first = q->next;
        if (q->next)
                q->next->previous = q->previous;
        sd_bus_slot_unref(q->call);
        if (q->watched)
                job_removed_unwatch(q->queries->removals);
        sd_event_source_disable_unref(q->timer);
        free(q->path);
        free(q);
}

int unit_queries_new(sd_bus *bus, BusOwner *systemd, UnitQueries **ret) {
        UnitQueries *queries;
        int r;

        queries = calloc(1, sizeof(*queries));
        if (!queries)
                return -ENOMEM;
        queries->bus = sd_bus_ref(bus);
        r = job_removed_new(bus, systemd, on_removed, queries, &queries->removals);
        if (r < 0) {
                unit_queries_free(queries);
                return r;
        }

        *ret = queries;
        return 0;
}

void unit_queries_free(UnitQueries *queries) {
        if (!queries)
                return;
        while (queries->first)
                unit_query_finish(queries->first, -ENOTCONN, NULL);
        job_removed_free(queries->removals);
        sd_bus_unref(queries->bus);
        free(queries);
}

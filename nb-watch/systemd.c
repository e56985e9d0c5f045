/* SPDX-License-Identifier: Apache-2.0 */
/* What does PID 1 say? See systemd.h. */
#include "systemd.h"

#include "bus-names.h"
#include "job-removed.h"
#include "log.h"

/* A signal that never comes must not hold a link for ever. */
#define CHECK_USEC (30U * 1000U * 1000U)

struct Systemd {
        sd_bus *bus;
        BusOwner *owner;
        sd_bus_slot *reloading;
        SystemdHandlers handlers;
        void *userdata;
        UnitQuery *queries;
        JobRemoved *removals;
};

/* One call with a handler of its kind. */
typedef struct Question {
        union {
                UnitListHandler list;
                UnitNumberHandler number;
                UnitListPropertyHandler strings;
        };
        void *userdata;
} Question;

struct UnitQuery {
        Systemd *systemd;
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

static void unit_query_finish(UnitQuery *q, int r, const UnitState *state);

static int on_reloading(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        Systemd *s = userdata;
        int active, r;

        if (!bus_owner_sent(s->owner, m))
                return 0;
        r = sd_bus_message_read(m, "b", &active);
        if (r < 0)
                return 0;
        s->handlers.reloading(active, s->userdata);
        return 0;
}

static void on_owner(_unused_ BusOwner *o, const char *owner, void *userdata) {
        Systemd *s = userdata;

        if (!owner)
                return;
        /* A re-executed PID 1 keeps subscriptions; asking once more does no harm. */
        (void) sd_bus_call_method_async(s->bus, NULL, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
                        "Subscribe", NULL, NULL, NULL);
        s->handlers.available(s->userdata);
}

static void state_set(UnitState *state, const char *active_state) {
        state->failed = streq(active_state, "failed");
        state->active = !state->failed && !streq(active_state, "inactive");
}

static int read_units(sd_bus_message *m, UnitState **ret, size_t *ret_n) {
        _cleanup_free_ UnitState *units = NULL;
        size_t n = 0, allocated = 0;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "(ssssssouso)");
        if (r < 0)
                return r;
        for (;;) {
                const char *name, *active;
                UnitState state = {};
                uint32_t job;

                r = sd_bus_message_read(m, "(ssssssouso)", &name, NULL, NULL, &active, NULL, NULL, NULL,
                                &job, NULL, NULL);
                if (r < 0)
                        return r;
                if (r == 0)
                        break;
                if (unit_name_parse(name, &state.unit) < 0)
                        continue;
                state.job = job > 0;
                state_set(&state, active);
                if (n == allocated) {
                        UnitState *more;

                        allocated = allocated > 0 ? 2 * allocated : 16;
                        more = reallocarray(units, allocated, sizeof(UnitState));
                        if (!more)
                                return -ENOMEM;
                        (void) TAKE_PTR(units);
                        units = more;
                }
                units[n++] = state;
        }

        *ret = TAKE_PTR(units);
        *ret_n = n;
        return 0;
}

static int on_units(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        _cleanup_free_ Question *q = userdata;
        _cleanup_free_ UnitState *units = NULL;
        size_t n = 0;
        int r;

        r = -sd_bus_message_get_errno(m);
        if (r == 0)
                r = read_units(m, &units, &n);
        q->list(r, units, n, q->userdata);
        return 0;
}

static int question_new(void *userdata, Question **ret) {
        Question *q;

        q = calloc(1, sizeof(*q));
        if (!q)
                return -ENOMEM;
        q->userdata = userdata;
        *ret = q;
        return 0;
}

int systemd_list_units(Systemd *s, UnitListHandler handler, void *userdata) {
        _cleanup_free_ Question *q = NULL;
        int r;

        r = question_new(userdata, &q);
        if (r < 0)
                return r;
        q->list = handler;
        r = sd_bus_call_method_async(s->bus, NULL, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
                        "ListUnitsByPatterns", on_units, q, "asas", 0, 2, "nb-run@*.service",
                        "nb-rules@*.service");
        if (r < 0)
                return r;
        (void) TAKE_PTR(q);
        return 0;
}

static int on_number(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        _cleanup_free_ Question *q = userdata;
        uint64_t value = 0;
        int r;

        r = -sd_bus_message_get_errno(m);
        if (r == 0)
                r = sd_bus_message_read(m, "v", "t", &value);
        q->number(r < 0 ? r : 0, value, q->userdata);
        return 0;
}

static int get_property(Systemd *s, const char *unit, const char *interface, const char *property,
                sd_bus_message_handler_t callback, Question *q) {
        _cleanup_free_ char *path = NULL;
        int r;

        r = sd_bus_path_encode(SYSTEMD_PATH "/unit", unit, &path);
        if (r < 0)
                return r;
        return sd_bus_call_method_async(s->bus, NULL, SYSTEMD_NAME, path, DBUS_PROPERTIES, "Get", callback,
                        q, "ss", interface, property);
}

int systemd_get_number(Systemd *s, const char *unit, const char *property, UnitNumberHandler handler,
                void *userdata) {
        _cleanup_free_ Question *q = NULL;
        int r;

        r = question_new(userdata, &q);
        if (r < 0)
                return r;
        q->number = handler;
        r = get_property(s, unit, SYSTEMD_UNIT, property, on_number, q);
        if (r < 0)
                return r;
        (void) TAKE_PTR(q);
        return 0;
}

static int on_environment(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        _cleanup_free_ Question *q = userdata;
        char **values = NULL;
        int r;

        r = -sd_bus_message_get_errno(m);
        if (r == 0)
                r = sd_bus_message_enter_container(m, 'v', "as");
        if (r >= 0)
                r = sd_bus_message_read_strv(m, &values);
        q->strings(r < 0 ? r : 0, values, q->userdata);
        strv_free(values);
        return 0;
}

int systemd_get_environment(Systemd *s, const char *unit, UnitListPropertyHandler handler, void *userdata) {
        _cleanup_free_ Question *q = NULL;
        int r;

        r = question_new(userdata, &q);
        if (r < 0)
                return r;
        q->strings = handler;
        r = get_property(s, unit, SYSTEMD_NAME ".Service", "Environment", on_environment, q);
        if (r < 0)
                return r;
        (void) TAKE_PTR(q);
        return 0;
}

static int unit_query_ask(UnitQuery *q);

static void unit_query_finish(UnitQuery *q, int r, const UnitState *state) {
        UnitQueryHandler handler = q->handler;
        void *userdata = q->userdata;

        unit_query_free(q);
        handler(r, state, userdata);
}

static int read_unit_property(sd_bus_message *m, UnitState *state) {
        const char *name, *text;
        uint32_t job;
        int r;

        r = sd_bus_message_read(m, "s", &name);
        if (r < 0)
                return r;
        if (streq(name, "ActiveState")) {
                r = sd_bus_message_read(m, "v", "s", &text);
                if (r >= 0)
                        state_set(state, text);
        } else if (streq(name, "InactiveExitTimestampMonotonic"))
                r = sd_bus_message_read(m, "v", "t", &state->left_inactive_usec);
        else if (streq(name, "Job")) {
                r = sd_bus_message_read(m, "v", "(uo)", &job, NULL);
                if (r >= 0)
                        state->job = job > 0;
        } else
                r = sd_bus_message_skip(m, "v");
        return r;
}

static int read_unit(sd_bus_message *m, UnitState *state) {
        int r;

        r = sd_bus_message_enter_container(m, 'a', "{sv}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                r = read_unit_property(m, state);
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        return r;
}

static int on_unit(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        UnitQuery *q = userdata;
        UnitState state = {};
        int r;

        q->call = sd_bus_slot_unref(q->call);
        r = -sd_bus_message_get_errno(m);
        if (r == 0)
                r = read_unit(m, &state);
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
        return sd_bus_call_method_async(q->systemd->bus, &q->call, SYSTEMD_NAME, q->path, DBUS_PROPERTIES,
                        "GetAll", on_unit, q, "s", SYSTEMD_UNIT);
}

static int unit_query_watch(UnitQuery *q) {
        int r;

        r = job_removed_watch(q->systemd->removals, q->unit);
        if (r < 0)
                return r;
        q->watched = true;
        return sd_event_add_time_relative(sd_bus_get_event(q->systemd->bus), &q->timer, CLOCK_MONOTONIC,
                        CHECK_USEC, CHECK_USEC / 4, on_check, q);
}

static void on_removed(
                _unused_ const char *path, const char *unit, _unused_ const char *result, void *userdata) {
        Systemd *s = userdata;
        int r;

        for (UnitQuery *q = s->queries, *next; q; q = next) {
                next = q->next;
                if (!q->wait || !streq(unit, q->unit))
                        continue;
                r = unit_query_ask(q);
                if (r < 0)
                        unit_query_finish(q, r, NULL);
        }
}

int systemd_query_unit(Systemd *s, const char *unit, bool wait, UnitQueryHandler handler, void *userdata,
                UnitQuery **ret) {
        UnitQuery *q;
        int r;

        q = calloc(1, sizeof(*q));
        if (!q)
                return -ENOMEM;
        q->systemd = s;
        q->wait = wait;
        q->handler = handler;
        q->userdata = userdata;
        snprintf(q->unit, sizeof(q->unit), "%s", unit);
        q->next = s->queries;
        if (q->next)
                q->next->previous = q;
        s->queries = q;
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
                q->systemd->queries = q->next;
        if (q->next)
                q->next->previous = q->previous;
        sd_bus_slot_unref(q->call);
        if (q->watched)
                job_removed_unwatch(q->systemd->removals, q->unit);
        sd_event_source_disable_unref(q->timer);
        free(q->path);
        free(q);
}

int systemd_new(sd_bus *bus, const SystemdHandlers *handlers, void *userdata, Systemd **ret) {
        _cleanup_(systemd_freep) Systemd *s = NULL;
        int r;

        s = calloc(1, sizeof(*s));
        if (!s)
                return -ENOMEM;
        s->bus = sd_bus_ref(bus);
        s->handlers = *handlers;
        s->userdata = userdata;

        r = sd_bus_match_signal_async(bus, &s->reloading, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
                        "Reloading", on_reloading, NULL, s);
        if (r < 0)
                return r;
        r = bus_owner_new(bus, SYSTEMD_NAME, on_owner, s, &s->owner);
        if (r < 0)
                return r;
        r = job_removed_new(bus, s->owner, on_removed, s, &s->removals);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(s);
        return 0;
}

void systemd_free(Systemd *s) {
        if (!s)
                return;
        while (s->queries)
                unit_query_finish(s->queries, -ENOTCONN, NULL);
        sd_bus_slot_unref(s->reloading);
        job_removed_free(s->removals);
        bus_owner_free(s->owner);
        sd_bus_unref(s->bus);
        free(s);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What does PID 1 say? See systemd.h. */
#include "systemd.h"

#include <stdarg.h>

#include "bus-names.h"
#include "log.h"

struct Systemd {
        sd_bus *bus;
        BusOwner *owner;
        sd_bus_slot *reloading;
        SystemdHandlers handlers;
        void *userdata;
        UnitQueries *queries;
};

/* One call with the handler of its kind. */
typedef struct Question {
        UnitListHandler list;
        EnvironmentHandler environment;
        void *userdata;
} Question;

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
        unit_queries_ask_again(s->queries);
        s->handlers.available(s->userdata);
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
                unit_state_set(&state, active);
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

static int question_ask(Systemd *s, Question question, sd_bus_message_handler_t callback, const char *path,
                const char *interface, const char *method, const char *types, ...) {
        Question *copy;
        va_list ap;
        int r;

        copy = malloc(sizeof(*copy));
        if (!copy)
                return -ENOMEM;
        *copy = question;
        va_start(ap, types);
        r = sd_bus_call_method_asyncv(
                        s->bus, NULL, SYSTEMD_NAME, path, interface, method, callback, copy, types, ap);
        va_end(ap);
        if (r < 0)
                free(copy);
        return r;
}

int systemd_list_units(Systemd *s, UnitListHandler handler, void *userdata) {
        return question_ask(s, (Question){ .list = handler, .userdata = userdata }, on_units, SYSTEMD_PATH,
                        SYSTEMD_MANAGER, "ListUnitsByPatterns", "asas", 0, 2, "nb-run@*.service",
                        "nb-rules@*.service");
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
        q->environment(r < 0 ? r : 0, values, q->userdata);
        strv_free(values);
        return 0;
}

int systemd_get_environment(Systemd *s, const char *unit, EnvironmentHandler handler, void *userdata) {
        _cleanup_free_ char *path = NULL;
        int r;

        r = sd_bus_path_encode(SYSTEMD_PATH "/unit", unit, &path);
        if (r < 0)
                return r;
        return question_ask(s, (Question){ .environment = handler, .userdata = userdata }, on_environment,
                        path, DBUS_PROPERTIES, "Get", "ss", SYSTEMD_NAME ".Service", "Environment");
}

int systemd_query_unit(Systemd *s, const char *unit, bool wait, UnitQueryHandler handler, void *userdata,
                UnitQuery **ret) {
        return unit_query_new(s->queries, unit, wait, handler, userdata, ret);
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
        r = unit_queries_new(bus, s->owner, &s->queries);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(s);
        return 0;
}

void systemd_free(Systemd *s) {
        if (!s)
                return;
        unit_queries_free(s->queries);
        sd_bus_slot_unref(s->reloading);
        bus_owner_free(s->owner);
        sd_bus_unref(s->bus);
        free(s);
}

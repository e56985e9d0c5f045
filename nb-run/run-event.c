/* SPDX-License-Identifier: Apache-2.0 */
/* Which scripts run for an event, and what do they get to know? See run-event.h. */
#include "run-event.h"

#include "generators.h"

void plan_done(Plan *plan) {
        trust_close(&plan->trust);
        event_file_done(&plan->file);
        for (size_t i = 0; i < plan->n_parts; i++)
                scripts_done(&plan->parts[i].scripts);
        environment_done(&plan->environment);
        prepared_done(&plan->prepared);
        *plan = (Plan) PLAN_INITIALIZER;
}

static int read_event_file(EventType event, const char *instance, const LogFields *fields, EventFile *ret) {
        int r;

        r = event_file_read(EVENT_FILE_FOLDER, instance, event, ret);
        /* Started by hand. */
        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return log_message(LOG_ERR, r, fields, "%s/%s: cannot be read: %m", EVENT_FILE_FOLDER,
                                instance);
        if (ret->dropped > 0)
                (void) log_message(LOG_WARNING, 0, fields,
                                "%s/%s: %zu unknown or invalid variables are left out", EVENT_FILE_FOLDER,
                                instance, ret->dropped);
        return 0;
}

static int part_add(Plan *plan, EventType event, const LogFields *fields) {
        Part *part = &plan->parts[plan->n_parts];
        int r;

        part->event = event;
        r = scripts_find(&plan->trust, event, &part->scripts);
        if (r < 0)
                return log_message(
                                LOG_ERR, r, fields, "Cannot find the scripts of %s: %m", event_name(event));
        plan->n_parts++;
        return 0;
}

/* With dhclient nobody else says that the link has become routable. */
static bool lease_makes_routable(EventType event, const EventFile *file) {
        const char *change = event_file_get(file, "LEASE_EVENT");

        return event == EVENT_TYPE_LEASE && generators_include(getenv("NB_GENERATOR"), GENERATOR_DHCLIENT) &&
                        change &&
                        (streq(change, "bound") || streq(change, "renewed") || streq(change, "changed"));
}

static bool runs_something(const Plan *plan) {
        for (size_t i = 0; i < plan->n_parts; i++)
                for (size_t k = 0; k < plan->parts[i].scripts.n; k++)
                        if (plan->parts[i].scripts.items[k].verdict == SCRIPT_RUN)
                                return true;
        return false;
}

static int plan_environment(Plan *plan, Runner *runner, const char *instance, const char *const *inherited) {
        const char *emit = getenv("NB_EMIT_JSON");
        const PrepareRequest request = { .event = runner->event,
                .link = strempty(runner->fields.link),
                .instance = instance,
                .file = &plan->file,
                .emit_json = !emit || !streq(emit, "no"),
                .generator = getenv("NB_GENERATOR"),
                .fields = &runner->fields };
        int r;

        r = environment_inherit(&plan->environment, inherited);
        if (r >= 0)
                r = prepare_environment(&request, &plan->environment, &plan->prepared);
        return r < 0 ? log_message(LOG_ERR, r, &runner->fields, "Cannot make the environment: %m") : 0;
}

int plan_make(Runner *runner, const char *instance, const char *const *inherited, bool force_environment,
                Plan *ret) {
        _cleanup_plan_ Plan plan = PLAN_INITIALIZER;
        int r;

        r = read_event_file(runner->event, instance, &runner->fields, &plan.file);
        if (r < 0)
                return r;
        r = trust_open("/", 0, &plan.trust);
        if (r < 0)
                return log_message(LOG_ERR, r, &runner->fields, "Cannot open /: %m");
        r = part_add(&plan, runner->event, &runner->fields);
        if (r >= 0 && lease_makes_routable(runner->event, &plan.file))
                r = part_add(&plan, EVENT_TYPE_ROUTABLE, &runner->fields);
        if (r >= 0 && (force_environment || runs_something(&plan)))
                r = plan_environment(&plan, runner, instance, inherited);
        if (r < 0)
                return r;

        *ret = plan;
        plan = (Plan) PLAN_INITIALIZER;
        return 0;
}

int plan_run(Plan *plan, Runner *runner) {
        int r = 0;

        for (size_t i = 0; i < plan->n_parts && !runner->interrupted; i++) {
                if (plan->parts[i].event != runner->event)
                        r = script_environment_set_routable(&plan->environment);
                if (r >= 0)
                        r = runner_run(runner, &plan->trust, &plan->parts[i].scripts, &plan->environment);
                if (r < 0)
                        return log_message(LOG_ERR, r, &runner->fields, "Cannot run the scripts: %m");
        }
        return 0;
}

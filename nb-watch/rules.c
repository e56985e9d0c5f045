/* SPDX-License-Identifier: Apache-2.0 */
/* When are the policy rules of a link brought up to date? nb-rules@.service does it; here is when it is asked.
 *
 * The sync is an entry in the link's lane, before the run whose script wants to find the rules. It is over when the
 * unit is (TimeoutStartSec= bounds it), and whether it failed or not, the scripts run. */
#include "rules.h"
#include "log.h"
#include "work.h"

static bool should_keep(const Work *work) {
        const Entry *entry = work->entry;
        const Link *link = links_find(&work->watch->links, entry->ifindex);

        return entry->kind == ENTRY_RULES && link && streq(link->name, entry->name->name) &&
                        config_keeps_rules(&work->watch->config, link->name);
}

void work_rules(Work *work) {
        Name *name = work->entry->name;

        work->phase = WORK_RULES;
        if (name->rules == RULES_STOPPED && should_keep(work))
                work_finish(work);
        else if (name->rules == RULES_ACTIVE)
                work_call(work, should_keep(work) ? VERB_RELOAD : VERB_STOP, UNIT_RULES, work->entry->event);
        else if (should_keep(work)) {
                /* The generator's wants may have started it, before there was anything to sync. */
                (void) unit_name_format(UNIT_RULES, work->entry->event, name->name, work->unit);
                work->verb = VERB_START;
                work_settle(work);
        } else
                work_finish(work);
}

void work_rules_state(Work *work, const UnitState *state) {
        Name *name = work->entry->name;
        Watch *w = work->watch;

        if (work->verb == VERB_STOP && !state->active)
                work_called(work, CALL_DONE, "done");
        else if (work->verb == VERB_RELOAD && !state->active && !state->failed) {
                name->rules = RULES_STOPPED;
                work_finish(work);
                deliver_ready(w);
        } else
                work_call(work,
                                work->verb == VERB_STOP         ? VERB_STOP
                                                : state->active ? VERB_RELOAD
                                                                : VERB_START,
                                UNIT_RULES, work->entry->event);
}

void work_rules_called(Work *work, CallResult result, const char *detail) {
        Name *name = work->entry->name;

        if (work->verb == VERB_STOP)
                name->rules = RULES_UNKNOWN;
        else if (result == CALL_DONE)
                name->rules = RULES_ACTIVE;
        else {
                name->rules = RULES_UNKNOWN;
                log_warning("%s ended with '%s'; scripts of %s run all the same.", work->unit, detail,
                                name->name);
        }
        work_finish(work);
}

void rules_touch(Watch *w, const Link *link) {
        if (w->monitor || !config_keeps_rules(&w->config, link->name))
                return;
        if (lanes_find_mergeable(&w->lanes, link->ifindex, link->name, ENTRY_RULES, EVENT_TYPE_ROUTES))
                return;
        (void) watch_push(w, link->ifindex, link->name, ENTRY_RULES, EVENT_TYPE_ROUTES, NULL);
}

static bool rules_are_active(Watch *w, const char *name) {
        const Name *n = lanes_find_name(&w->lanes, name);

        return n && n->rules == RULES_ACTIVE;
}

void rules_drop(Watch *w, const Link *link, const char *name) {
        if (!w->monitor && rules_are_active(w, name))
                (void) watch_push(w, link->ifindex, name, ENTRY_RULES, EVENT_TYPE_ROUTES, NULL);
}

static void on_healed(CallResult result, const char *detail, void *userdata) {
        Watch *w = userdata;

        w->n_healing--;
        if (result != CALL_DONE)
                log_warning("Putting rules back ended with '%s'.", detail);
        /* Something was removed meanwhile: by nb-rules itself, or by somebody else. Look once more. */
        if (w->n_healing == 0 && w->heal_again) {
                w->heal_again = false;
                rules_heal(w);
        }
}

static int heal_reload(Watch *w, const Link *link) {
        char unit[UNIT_NAME_LENGTH_MAX];
        int r;

        r = unit_name_format(UNIT_RULES, EVENT_TYPE_ROUTES, link->name, unit);
        if (r < 0)
                return r;
        w->n_healing++;
        r = starter_call(w->starter, VERB_RELOAD, unit, NULL, true, on_healed, w);
        if (r < 0)
                w->n_healing--;
        return r;
}

static void heal_link(Link *link, void *userdata) {
        Watch *w = userdata;
        int r;

        if (!config_keeps_rules(&w->config, link->name) || !rules_are_active(w, link->name))
                return;
        r = heal_reload(w, link);
        if (r < 0)
                log_error_errno(r, "Failed to put the rules of %s back: %m", link->name);
}

void rules_heal(Watch *w) {
        if (w->monitor)
                return;
        if (w->n_healing > 0) {
                w->heal_again = true;
                return;
        }
        links_foreach(&w->links, heal_link, w);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* When are the policy rules of a link brought up to date? nb-rules@.service does it; here is when it is asked.
 *
 * The sync is an entry in the link's lane, before the run whose script wants to find the rules. It is over when the
 * unit is (TimeoutStartSec= bounds it), and whether it failed or not, the scripts run. One that failed is tried again
 * as an entry of its own. Packets do not wait for scripts: while one of the link runs, the sync overtakes it, and the
 * entry finds that there is nothing left to do. */
#include "rules.h"
#include "deliver.h"
#include "log.h"
#include "rules-urgent.h"
#include "settle.h"
#include "work.h"

/* What failed so often, as where the table has somebody else's routes, does until something changes; and that is an
 * event. */
#define TRIES_MAX 6U

static bool should_keep(const Work *work) {
        const Entry *entry = work->entry;
        const Link *link = links_find(&work->watch->links, entry->ifindex);

        return entry->kind == ENTRY_RULES && link && streq(link->name, entry->name->name) &&
                        config_keeps_rules(&work->watch->config, link->name);
}

static void rules_sync(Work *work, Verb verb) {
        work->entry->name->rules_old = false;
        work_call(work, verb, UNIT_RULES, work->entry->event);
}

static void rules_stop(Work *work, bool is_urgent) {
        RulesState state = work->entry->name->rules;

        if (state == RULES_UNKNOWN || state == RULES_STOPPED)
                work_finish(work);
        else if (is_urgent) {
                /* A stop in the middle would leave it failed. */
                work->verb = VERB_STOP;
                work_settle(work);
        } else
                work_call(work, VERB_STOP, UNIT_RULES, work->entry->event);
}

void rules_deliver(Work *work) {
        Name *name = work->entry->name;
        bool is_urgent;

        work->phase = WORK_RULES;
        (void) unit_name_format(UNIT_RULES, work->entry->event, name->name, work->unit);
        is_urgent = rules_are_urgent(work->watch, work->unit);
        if (!should_keep(work))
                rules_stop(work, is_urgent);
        else if (name->rules != RULES_ACTIVE || is_urgent) {
                /* The generator's wants may have started it, before there was anything to sync; one that was active is
                 * not started: whoever stopped it may start it again. One that is under way is waited for. */
                work->verb = name->rules == RULES_UNKNOWN || name->rules == RULES_STARTED ? VERB_START
                                                                                          : VERB_RELOAD;
                work_settle(work);
        } else if (name->rules_old)
                rules_sync(work, VERB_RELOAD);
        else
                work_finish(work);
}

static void forget_failures(Work *work) {
        Link *link = links_find(&work->watch->links, work->entry->ifindex);

        if (link && streq(link->name, work->entry->name->name))
                retry_reset(&link->rules_retry);
}

static void rules_settled(Work *work, RulesState state) {
        Watch *w = work->watch;

        work->entry->name->rules = state;
        forget_failures(work);
        work_finish(work);
        deliver_ready(w);
}

void rules_found(Work *work, const UnitState *state) {
        if (work->verb == VERB_STOP) {
                if (state->active)
                        work_call(work, VERB_STOP, UNIT_RULES, work->entry->event);
                else
                        work_called(work, CALL_DONE, "done");
        } else if (work->verb == VERB_RELOAD && !state->active && !state->failed)
                rules_settled(work, RULES_STOPPED);
        else if (state->active && !work->entry->name->rules_old)
                rules_settled(work, RULES_ACTIVE);
        else
                rules_sync(work, state->active ? VERB_RELOAD : VERB_START);
}

static void on_retry(void *userdata) {
        Link *link = userdata;

        rules_touch(link->watch, link);
        deliver_ready(link->watch);
}

static void rules_failed(Work *work, const char *detail) {
        Name *name = work->entry->name;
        Watch *w = work->watch;
        Link *link = should_keep(work) ? links_find(&w->links, work->entry->ifindex) : NULL;
        bool first = !link || link->rules_retry.n_failed == 0;

        /* It may have been stopped before it could be reloaded. */
        name->rules = work->verb == VERB_RELOAD || streq(detail, "canceled") ? RULES_DOUBTFUL
                                                                             : RULES_UNKNOWN;
        /* Canceled by somebody's stop. */
        if (first)
                log_message(streq(detail, "canceled") ? LOG_INFO : LOG_WARNING, 0, NULL,
                                "%s ended with '%s'%s; scripts of %s run all the same.", work->unit, detail,
                                link ? ", trying again" : "", name->name);
        if (link && link->rules_retry.n_failed < TRIES_MAX) {
                link->watch = w;
                retry_later(&link->rules_retry, w->event, on_retry, link);
        } else if (link) {
                log_warning("%s: %u tries failed, the next is when something of %s changes.", work->unit,
                                TRIES_MAX, name->name);
                retry_reset(&link->rules_retry);
        }
}

void rules_called(Work *work, CallResult result, const char *detail) {
        Name *name = work->entry->name;

        if (work->verb == VERB_STOP)
                name->rules = RULES_UNKNOWN;
        else if (result == CALL_DONE) {
                name->rules = RULES_ACTIVE;
                forget_failures(work);
        } else
                rules_failed(work, detail);
        work_finish(work);
}

/* It was active the last time, and if it is not now, a request for it does no harm. */
bool rules_are_kept(Watch *w, const char *name) {
        const Name *n = lanes_find_name(&w->lanes, name);

        return n && n->rules != RULES_UNKNOWN && n->rules != RULES_STOPPED;
}

void rules_drop(Watch *w, const Link *link, const char *name) {
        if (!w->monitor && rules_are_kept(w, name))
                (void) watch_push(w, link->ifindex, name, ENTRY_RULES, EVENT_TYPE_ROUTES, NULL);
}

void rules_push(Watch *w, const Link *link) {
        Entry *entry;

        entry = lanes_find_mergeable(&w->lanes, link->ifindex, link->name, ENTRY_RULES, EVENT_TYPE_ROUTES);
        if (!entry)
                entry = watch_push(w, link->ifindex, link->name, ENTRY_RULES, EVENT_TYPE_ROUTES, NULL);
        if (entry)
                entry->name->rules_old = true;
}

void rules_touch(Watch *w, const Link *link) {
        if (w->monitor || !config_keeps_rules(&w->config, link->name))
                return;
        rules_push(w, link);
        rules_overtake(w, link);
}

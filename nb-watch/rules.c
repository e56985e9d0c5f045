/* SPDX-License-Identifier: Apache-2.0 */
/* When are the policy rules of a link brought up to date? nb-rules@.service does it; here is when it is asked.
 *
 * The sync is an entry in the link's lane, before the run whose script wants to find the rules. It is over when the
 * unit is (TimeoutStartSec= bounds it), and whether it failed or not, the scripts run. One that failed is tried again
 * as an entry of its own. */
#include "rules.h"
#include "deliver.h"
#include "log.h"
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

void rules_deliver(Work *work) {
        Name *name = work->entry->name;

        work->phase = WORK_RULES;
        if (!should_keep(work)) {
                if (name->rules == RULES_ACTIVE || name->rules == RULES_DOUBTFUL)
                        work_call(work, VERB_STOP, UNIT_RULES, work->entry->event);
                else
                        work_finish(work);
        } else if (name->rules == RULES_ACTIVE)
                work_call(work, VERB_RELOAD, UNIT_RULES, work->entry->event);
        else {
                /* The generator's wants may have started it, before there was anything to sync; one that was active
                 * is not started: whoever stopped it may start it again. */
                (void) unit_name_format(UNIT_RULES, work->entry->event, name->name, work->unit);
                work->verb = name->rules == RULES_UNKNOWN ? VERB_START : VERB_RELOAD;
                work_settle(work);
        }
}

static void forget_failures(Work *work) {
        Link *link = links_find(&work->watch->links, work->entry->ifindex);

        if (link && streq(link->name, work->entry->name->name))
                retry_reset(&link->rules_retry);
}

void rules_found(Work *work, const UnitState *state) {
        Name *name = work->entry->name;
        Watch *w = work->watch;

        if (work->verb == VERB_STOP && !state->active)
                work_called(work, CALL_DONE, "done");
        else if (work->verb == VERB_RELOAD && !state->active && !state->failed) {
                name->rules = RULES_STOPPED;
                forget_failures(work);
                work_finish(work);
                deliver_ready(w);
        } else
                work_call(work,
                                work->verb == VERB_STOP         ? VERB_STOP
                                                : state->active ? VERB_RELOAD
                                                                : VERB_START,
                                UNIT_RULES, work->entry->event);
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

void rules_touch(Watch *w, const Link *link) {
        if (w->monitor || !config_keeps_rules(&w->config, link->name))
                return;
        if (lanes_find_mergeable(&w->lanes, link->ifindex, link->name, ENTRY_RULES, EVENT_TYPE_ROUTES))
                return;
        (void) watch_push(w, link->ifindex, link->name, ENTRY_RULES, EVENT_TYPE_ROUTES, NULL);
}

/* It was active the last time, and if it is not now, a request for it does no harm. */
static bool rules_are_kept(Watch *w, const char *name) {
        const Name *n = lanes_find_name(&w->lanes, name);

        return n && (n->rules == RULES_ACTIVE || n->rules == RULES_DOUBTFUL);
}

void rules_drop(Watch *w, const Link *link, const char *name) {
        if (!w->monitor && rules_are_kept(w, name))
                (void) watch_push(w, link->ifindex, name, ENTRY_RULES, EVENT_TYPE_ROUTES, NULL);
}

static void touch_link(Link *link, void *userdata) {
        rules_touch(userdata, link);
}

/* The rules of one link, on their way back. */
struct Healing {
        Watch *watch;
        char unit[UNIT_NAME_LENGTH_MAX];
        Healing *next;
};

static void healing_free(Healing *healing) {
        for (Healing **p = &healing->watch->healings; *p; p = &(*p)->next)
                if (*p == healing) {
                        *p = healing->next;
                        break;
                }
        free(healing);
}

void rules_abandon(Watch *w) {
        while (w->healings)
                healing_free(w->healings);
}

static void on_healed(CallResult result, const char *detail, void *userdata) {
        Healing *healing = userdata;
        Watch *w = healing->watch;

        if (result != CALL_DONE) {
                log_warning("Putting rules back: %s ended with '%s', trying again.", healing->unit, detail);
                w->heal_failed = true;
        }
        healing_free(healing);
        if (w->healings)
                return;
        /* As entries, which are tried again until they succeed. */
        if (w->heal_failed) {
                w->heal_failed = false;
                links_foreach(&w->links, touch_link, w);
        }
        /* Something was removed meanwhile: by nb-rules itself, or by somebody else. Look once more. */
        if (w->heal_again) {
                w->heal_again = false;
                rules_heal(w);
        }
        deliver_ready(w);
}

static int heal_reload(Watch *w, const Link *link) {
        Healing *healing;
        int r;

        healing = calloc(1, sizeof(*healing));
        if (!healing)
                return -ENOMEM;
        *healing = (Healing){ .watch = w, .next = w->healings };
        w->healings = healing;
        r = unit_name_format(UNIT_RULES, EVENT_TYPE_ROUTES, link->name, healing->unit);
        if (r >= 0)
                r = starter_call(w->starter, VERB_RELOAD, healing->unit, NULL, true, on_healed, healing);
        if (r < 0)
                healing_free(healing);
        return r;
}

static void heal_link(Link *link, void *userdata) {
        Watch *w = userdata;
        int r;

        if (!config_keeps_rules(&w->config, link->name))
                return;
        if (!rules_are_kept(w, link->name)) {
                rules_touch(w, link);
                return;
        }
        r = heal_reload(w, link);
        if (r < 0)
                log_error_errno(r, "Failed to put the rules of %s back: %m", link->name);
}

void rules_heal(Watch *w) {
        if (w->monitor)
                return;
        if (w->healings) {
                w->heal_again = true;
                return;
        }
        links_foreach(&w->links, heal_link, w);
}

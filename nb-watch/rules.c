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
#include "settle.h"
#include "work.h"

/* What failed so often, as where the table has somebody else's routes, does until something changes; and that is an
 * event. */
#define TRIES_MAX 6U

/* A sync of the rules of one link outside its lane. */
struct Healing {
        Watch *watch;
        int ifindex;
        bool beside; /* a script, not because a rule was removed */
        char unit[UNIT_NAME_LENGTH_MAX];
        Healing *next;
};

/* The unit, in whatever way; or any, because a rule was removed. */
static bool is_healing(const Watch *w, const char *unit) {
        for (const Healing *healing = w->healings; healing; healing = healing->next)
                if (unit ? streq(healing->unit, unit) : !healing->beside)
                        return true;
        return false;
}

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
                return;
        }
        (void) unit_name_format(UNIT_RULES, work->entry->event, name->name, work->unit);
        if (name->rules == RULES_ACTIVE && !name->rules_old && !is_healing(work->watch, work->unit)) {
                work_finish(work);
                return;
        }
        name->rules_old = false;
        if (name->rules == RULES_ACTIVE)
                work_call(work, VERB_RELOAD, UNIT_RULES, work->entry->event);
        else {
                /* The generator's wants may have started it, before there was anything to sync; one that was active
                 * is not started: whoever stopped it may start it again. */
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

static void healing_unlink(Healing *healing) {
        for (Healing **p = &healing->watch->healings; *p; p = &(*p)->next)
                if (*p == healing) {
                        *p = healing->next;
                        break;
                }
}

void rules_abandon(Watch *w) {
        while (w->healings) {
                Healing *healing = w->healings;

                healing_unlink(healing);
                free(healing);
        }
}

/* The entry of the link whose sync waits for a script, NULL if there is none. An old name's rules are taken away first. */
static Entry *overtaken_entry(Watch *w, const Link *link) {
        Entry *head = lanes_head(&w->lanes, link->ifindex), *found = NULL;

        if (!head || !head->running || head->kind == ENTRY_RULES)
                return NULL;
        for (Entry *e = head; e; e = e->lane_next)
                if (e->kind == ENTRY_LEAVE || e->kind == ENTRY_FORGET)
                        return NULL;
                else if (e->kind == ENTRY_RULES && streq(e->name->name, link->name))
                        found = e;
        return found;
}

static int heal_call(Watch *w, const Link *link, Verb verb, bool beside);

void rules_overtake(Watch *w, const Link *link) {
        Entry *entry = overtaken_entry(w, link);
        bool is_kept = entry && entry->name->rules != RULES_UNKNOWN;

        if (!entry || !entry->name->rules_old || entry->name->rules == RULES_STOPPED ||
                        !config_keeps_rules(&w->config, link->name))
                return;
        /* A start may find the unit active, and then syncs nothing. */
        if (heal_call(w, link, is_kept ? VERB_RELOAD : VERB_START, true) >= 0 && is_kept)
                entry->name->rules_old = false;
}

void rules_touch(Watch *w, const Link *link) {
        Entry *entry;

        if (w->monitor || !config_keeps_rules(&w->config, link->name))
                return;
        entry = lanes_find_mergeable(&w->lanes, link->ifindex, link->name, ENTRY_RULES, EVENT_TYPE_ROUTES);
        if (!entry)
                entry = watch_push(w, link->ifindex, link->name, ENTRY_RULES, EVENT_TYPE_ROUTES, NULL);
        if (!entry)
                return;
        entry->name->rules_old = true;
        rules_overtake(w, link);
}

/* Of a failure the entry hears when its turn comes. */
static void on_overtaken(const Healing *healing, CallResult result) {
        Watch *w = healing->watch;
        Link *link = links_find(&w->links, healing->ifindex);
        Entry *entry = link ? overtaken_entry(w, link) : NULL;

        if (!entry)
                return;
        if (result != CALL_DONE) {
                entry->name->rules_old = true;
                return;
        }
        entry->name->rules = RULES_ACTIVE;
        rules_overtake(w, link);
}

static void on_healed(CallResult result, const char *detail, void *userdata) {
        _cleanup_free_ Healing *healing = userdata;
        Watch *w = healing->watch;

        healing_unlink(healing);
        if (healing->beside) {
                on_overtaken(healing, result);
                return;
        }
        if (result != CALL_DONE) {
                log_warning("Putting rules back: %s ended with '%s', trying again.", healing->unit, detail);
                w->heal_failed = true;
        }
        if (is_healing(w, NULL))
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

/* Beside a script not twice at once: the first one's end looks whether another is due. */
static int heal_call(Watch *w, const Link *link, Verb verb, bool beside) {
        Healing *healing;
        int r;

        healing = calloc(1, sizeof(*healing));
        if (!healing)
                return -ENOMEM;
        *healing = (Healing){ .watch = w, .ifindex = link->ifindex, .beside = beside };
        r = unit_name_format(UNIT_RULES, EVENT_TYPE_ROUTES, link->name, healing->unit);
        if (r >= 0 && beside && is_healing(w, healing->unit))
                r = -EALREADY;
        healing->next = w->healings;
        w->healings = healing;
        if (r >= 0)
                r = starter_call(w->starter, verb, healing->unit, NULL, true, on_healed, healing);
        if (r < 0) {
                healing_unlink(healing);
                free(healing);
        }
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
        r = heal_call(w, link, VERB_RELOAD, false);
        if (r < 0)
                log_error_errno(r, "Failed to put the rules of %s back: %m", link->name);
}

void rules_heal(Watch *w) {
        if (w->monitor)
                return;
        if (is_healing(w, NULL)) {
                w->heal_again = true;
                return;
        }
        links_foreach(&w->links, heal_link, w);
}

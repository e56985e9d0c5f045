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
        char name[IF_NAMESIZE];
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

static void sync_call(Work *work, Verb verb) {
        work->entry->name->rules_old = false;
        work_call(work, verb, UNIT_RULES, work->entry->event);
}

static void rules_stop(Work *work, bool is_healed) {
        RulesState state = work->entry->name->rules;

        if (state == RULES_UNKNOWN || state == RULES_STOPPED)
                work_finish(work);
        else if (is_healed) {
                /* A stop in the middle would leave it failed. */
                work->verb = VERB_STOP;
                work_settle(work);
        } else
                work_call(work, VERB_STOP, UNIT_RULES, work->entry->event);
}

void rules_deliver(Work *work) {
        Name *name = work->entry->name;
        bool is_healed;

        work->phase = WORK_RULES;
        (void) unit_name_format(UNIT_RULES, work->entry->event, name->name, work->unit);
        is_healed = is_healing(work->watch, work->unit);
        if (!should_keep(work))
                rules_stop(work, is_healed);
        else if (name->rules != RULES_ACTIVE || is_healed) {
                /* The generator's wants may have started it, before there was anything to sync; one that was active is
                 * not started: whoever stopped it may start it again. One that is under way is waited for. */
                work->verb = name->rules == RULES_UNKNOWN || name->rules == RULES_STARTED ? VERB_START
                                                                                          : VERB_RELOAD;
                work_settle(work);
        } else if (name->rules_old)
                sync_call(work, VERB_RELOAD);
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
                sync_call(work, state->active ? VERB_RELOAD : VERB_START);
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

        return n && n->rules != RULES_UNKNOWN && n->rules != RULES_STOPPED;
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
        const Work *work = head ? head->work : NULL;

        if (!work || work->phase != WORK_START)
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
        Name *name = entry ? entry->name : NULL;

        if (!name || !name->rules_old || !config_keeps_rules(&w->config, link->name))
                return;
        if (name->rules == RULES_UNKNOWN) {
                /* It may find the unit active, and then syncs nothing: that is not done with it. */
                name->rules = RULES_STARTED;
                if (heal_call(w, link, VERB_START, true) < 0)
                        name->rules = RULES_UNKNOWN;
        } else if (name->rules == RULES_ACTIVE || name->rules == RULES_DOUBTFUL) {
                name->rules_old = false;
                if (heal_call(w, link, VERB_RELOAD, true) < 0)
                        name->rules_old = true;
        }
}

static void rules_push(Watch *w, const Link *link) {
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

static void on_overtaken(const Healing *healing, CallResult result) {
        Watch *w = healing->watch;
        Link *link = links_find(&w->links, healing->ifindex);
        Name *name = lanes_find_name(&w->lanes, healing->name);

        if (name && name->rules == RULES_STARTED && result == CALL_DONE)
                name->rules = RULES_ACTIVE;
        if (!link || !streq(link->name, healing->name) || !config_keeps_rules(&w->config, link->name))
                return;
        if (result == CALL_DONE) {
                rules_overtake(w, link);
                return;
        }
        /* It is tried again in its turn. */
        rules_push(w, link);
        deliver_ready(w);
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
        snprintf(healing->name, sizeof(healing->name), "%s", link->name);
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

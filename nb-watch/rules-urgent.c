/* SPDX-License-Identifier: Apache-2.0 */
/* Which policy rules cannot wait until it is the link's turn? See rules-urgent.h. */
#include "rules-urgent.h"
#include "deliver.h"
#include "log.h"
#include "rules.h"
#include "work.h"

struct UrgentSync {
        Watch *watch;
        int ifindex;
        char name[IF_NAMESIZE];
        bool beside; /* a script, not because a rule was removed */
        char unit[UNIT_NAME_LENGTH_MAX];
        UrgentSync *next;
};

bool rules_are_urgent(const Watch *w, const char *unit) {
        for (const UrgentSync *sync = w->urgent_syncs; sync; sync = sync->next)
                if (streq(sync->unit, unit))
                        return true;
        return false;
}

static bool is_healing(const Watch *w) {
        for (const UrgentSync *sync = w->urgent_syncs; sync; sync = sync->next)
                if (!sync->beside)
                        return true;
        return false;
}

static void sync_unlink(UrgentSync *sync) {
        for (UrgentSync **p = &sync->watch->urgent_syncs; *p; p = &(*p)->next)
                if (*p == sync) {
                        *p = sync->next;
                        break;
                }
}

void rules_abandon(Watch *w) {
        while (w->urgent_syncs) {
                UrgentSync *sync = w->urgent_syncs;

                sync_unlink(sync);
                free(sync);
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

static int sync_call(Watch *w, const Link *link, Verb verb, bool beside);

void rules_overtake(Watch *w, const Link *link) {
        Entry *entry = overtaken_entry(w, link);
        Name *name = entry ? entry->name : NULL;

        if (!name || !name->rules_old || !config_keeps_rules(&w->config, link->name))
                return;
        if (name->rules == RULES_UNKNOWN) {
                /* It may find the unit active, and then syncs nothing: that is not done with it. */
                name->rules = RULES_STARTED;
                if (sync_call(w, link, VERB_START, true) < 0)
                        name->rules = RULES_UNKNOWN;
        } else if (name->rules == RULES_ACTIVE || name->rules == RULES_DOUBTFUL) {
                name->rules_old = false;
                if (sync_call(w, link, VERB_RELOAD, true) < 0)
                        name->rules_old = true;
        }
}

static void touch_link(Link *link, void *userdata) {
        rules_touch(userdata, link);
}

/* The link, if it has the name still. */
static Link *sync_link(const UrgentSync *sync) {
        Link *link = links_find(&sync->watch->links, sync->ifindex);

        return link && streq(link->name, sync->name) ? link : NULL;
}

static void on_overtaken(CallResult result, _unused_ const char *detail, void *userdata) {
        _cleanup_free_ UrgentSync *sync = userdata;
        Watch *w = sync->watch;
        Link *link = sync_link(sync);
        Name *name = lanes_find_name(&w->lanes, sync->name);

        sync_unlink(sync);
        if (name && name->rules == RULES_STARTED && result == CALL_DONE)
                name->rules = RULES_ACTIVE;
        if (!link || !config_keeps_rules(&w->config, link->name))
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
        _cleanup_free_ UrgentSync *sync = userdata;
        Watch *w = sync->watch;
        Link *link = sync_link(sync);

        sync_unlink(sync);
        if (result != CALL_DONE) {
                log_warning("Putting rules back: %s ended with '%s', trying again.", sync->unit, detail);
                w->heal_failed = true;
        } else if (link)
                rules_overtake(w, link);
        if (is_healing(w))
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
static int sync_call(Watch *w, const Link *link, Verb verb, bool beside) {
        UrgentSync *sync;
        int r;

        sync = calloc(1, sizeof(*sync));
        if (!sync)
                return -ENOMEM;
        *sync = (UrgentSync){ .watch = w, .ifindex = link->ifindex, .beside = beside };
        snprintf(sync->name, sizeof(sync->name), "%s", link->name);
        r = unit_name_format(UNIT_RULES, EVENT_TYPE_ROUTES, link->name, sync->unit);
        if (r >= 0 && beside && rules_are_urgent(w, sync->unit))
                r = -EALREADY;
        sync->next = w->urgent_syncs;
        w->urgent_syncs = sync;
        if (r >= 0)
                r = starter_call(w->starter, verb, sync->unit, NULL, true, beside ? on_overtaken : on_healed,
                                sync);
        if (r < 0) {
                sync_unlink(sync);
                free(sync);
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
        r = sync_call(w, link, VERB_RELOAD, false);
        if (r < 0)
                log_error_errno(r, "Failed to put the rules of %s back: %m", link->name);
}

void rules_heal(Watch *w) {
        if (w->monitor)
                return;
        if (is_healing(w)) {
                w->heal_again = true;
                return;
        }
        links_foreach(&w->links, heal_link, w);
}

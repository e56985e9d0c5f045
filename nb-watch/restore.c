/* SPDX-License-Identifier: Apache-2.0 */
/* What did an earlier nb-watch deliver, and what had it begun?
 *
 * The network says what is, PID 1 which units there are, and the files in state/ what PID 1 cannot know. A file that
 * says that a unit was asked for, without a record that it was delivered, is an open intent: it ran if the unit has
 * begun to run since. */
#include "restore.h"
#include "leases.h"
#include "log.h"
#include "state-mark.h"
#include "watch.h"

struct Restore {
        Watch *watch;
        State state;
        uint64_t started_usec; /* the earlier nb-watch */
        UnitState *units;
        size_t n_units;
        size_t mark;     /* the one under way */
        bool disallowed; /* its file is removed: a request that is still on its way cannot run any more */
        UnitQuery *query;
};

static void restore_marks(Restore *restore);

void restore_free(Restore *restore) {
        if (!restore)
                return;
        restore->watch->restore = NULL;
        unit_query_free(restore->query);
        state_clear(&restore->state);
        free(restore->units);
        free(restore);
}

/* Without PID 1 nobody knows what was delivered; the next start asks again. */
static void restore_fail(Restore *restore, int error) {
        Watch *w = restore->watch;

        restore_free(restore);
        (void) sd_event_exit(w->event,
                        log_error_errno(error,
                                        "Failed to find out from systemd what was delivered before: %m"));
}

static const UnitState *find_unit(const Restore *restore, EventType event, const char *link) {
        for (size_t i = 0; i < restore->n_units; i++) {
                const UnitState *u = &restore->units[i];

                if (u->unit.kind == UNIT_RUN && u->unit.event == event && streq(u->unit.link, link))
                        return u;
        }
        return NULL;
}

static const EventMark *find_mark(const Restore *restore, EventType event, const char *link) {
        for (size_t i = 0; i < restore->state.n_marks; i++) {
                const EventMark *mark = &restore->state.marks[i];

                if (mark->event == event && streq(mark->link, link))
                        return mark;
        }
        return NULL;
}

/* A state in which there was nothing to run is in no record: its file alone says that it was delivered. A name that the
 * link has left may be another's by now, and so may the file. */
static void restore_without_unit(const Restore *restore, Record *record) {
        if (record->left)
                return;
        for (size_t i = 0; i < restore->state.n_marks; i++) {
                const EventMark *mark = &restore->state.marks[i];

                if (mark->asked_usec == 0 && streq(mark->link, record->name))
                        record_enter(record, mark->event, false);
        }
}

/* Active or failed is delivered; so is a state in which there was nothing to run. Not one whose file is gone: to leave it
 * was begun, its unit is about to stop or was stopped. */
static int delivered_state(const Restore *restore, int state, bool started, const char *link) {
        const UnitState *u;

        if (state < 0 || !find_mark(restore, (EventType) state, link))
                return -1;
        if (!started)
                return state;
        u = find_unit(restore, (EventType) state, link);
        return u && (u->active || u->failed || u->job) ? state : -1;
}

static void restore_units(Restore *restore) {
        for (size_t i = 0; i < restore->n_units; i++) {
                const UnitState *u = &restore->units[i];
                Name *name = lanes_name(&restore->watch->lanes, u->unit.link);

                if (!name)
                        continue;
                if (u->unit.kind == UNIT_RULES && u->active)
                        name->rules = RULES_ACTIVE;
                else if (u->unit.kind == UNIT_RUN && (u->active || u->job))
                        name->active |= event_bit(u->unit.event);
                else if (u->unit.kind == UNIT_RUN && u->failed)
                        name->failed |= event_bit(u->unit.event);
        }
}

static int restore_record(Restore *restore, Record *record) {
        Link *link;
        int r;

        r = links_add(&restore->watch->links, record->ifindex, record->name, &link);
        if (r < 0)
                return r;
        restore_without_unit(restore, record);
        link->told = true;
        link->told_left = record->left;
        snprintf(link->told_name, sizeof(link->told_name), "%s", record->name);
        link->told_operational = delivered_state(
                        restore, record->operational, record->operational_started, record->name);
        link->told_setup = delivered_state(restore, record->setup, record->setup_started, record->name);
        r = address_set_copy(&link->told_addresses, &record->addresses);
        if (r < 0)
                return r;
        link->delivered = *record;
        link->delivered.has_files = true;
        link->delivered.addresses = link->delivered.addresses_next = (AddressSet){};
        link->delivered.lease = link->delivered.lease_next = NULL;
        if (record->lease && record->lease[0])
                leases_restore(restore->watch->leases, link, record->lease);
        return 0;
}

static void restore_done(Restore *restore) {
        Watch *w = restore->watch;

        /* Units of links that neither a record nor the kernel knows. */
        for (size_t i = 0; i < restore->n_units; i++) {
                const UnitState *u = &restore->units[i];

                if (u->unit.kind == UNIT_RUN && u->unit.link[0] && !links_find_name(&w->links, u->unit.link))
                        (void) watch_push(w, 0, u->unit.link, ENTRY_FORGET, EVENT_TYPE_LINK_REMOVED, NULL);
        }
        restore_free(restore);
        watch_restored(w);
}

static const Record *find_record(const Restore *restore, int ifindex) {
        for (size_t i = 0; i < restore->state.n_records; i++)
                if (restore->state.records[i].ifindex == ifindex)
                        return &restore->state.records[i];
        return NULL;
}

static void link_restore_told(Link *link) {
        link->told = true;
        snprintf(link->told_name, sizeof(link->told_name), "%s", link->name);
}

/* What the run carried is what was told. */
static int restore_told(Restore *restore, const EventMark *mark, Link *link) {
        const Record *record = find_record(restore, mark->ifindex);
        EventKind kind = event_info(mark->event)->kind;
        int state_fd = restore->watch->state_fd, r = 0;

        if (kind == EVENT_OPERATIONAL)
                link->told_operational = (int) mark->event;
        else if (kind == EVENT_SETUP)
                link->told_setup = (int) mark->event;
        else if (mark->event == EVENT_TYPE_LINK_RENAMED) {
                snprintf(link->name, sizeof(link->name), "%s", mark->link);
                snprintf(link->told_name, sizeof(link->told_name), "%s", mark->link);
                link->told_operational = link->told_setup = -1;
                link->told_left = false;
        } else if (mark->event == EVENT_TYPE_ADDRESSES && record && record->has_next) {
                r = address_set_copy(&link->told_addresses, &record->addresses_next);
                if (r >= 0)
                        r = state_addresses_commit(state_fd, mark->ifindex);
        } else if (mark->event == EVENT_TYPE_LEASE && record && record->lease_next) {
                leases_restore(restore->watch->leases, link, record->lease_next);
                r = state_lease_commit(state_fd, mark->ifindex);
        }
        return r;
}

/* It ran, or runs: as if its call had just been made. */
static void restore_begun(Restore *restore, const EventMark *mark, const UnitState *state) {
        Watch *w = restore->watch;
        Link *link = links_find(&w->links, mark->ifindex);
        Entry *entry;
        int r;

        /* Its first event: there is no record yet. */
        if (!link && mark->event == EVENT_TYPE_LINK_ADDED &&
                        links_add(&w->links, mark->ifindex, mark->link, &link) >= 0)
                link_restore_told(link);
        if (link) {
                r = restore_told(restore, mark, link);
                if (r < 0)
                        log_warning_errno(r, "Failed to restore what was told of %s: %m", mark->link);
        }

        entry = watch_push(w, mark->ifindex, mark->link, ENTRY_EVENT, mark->event, NULL);
        if (entry) {
                entry->settle = true;
                entry->asked_usec = mark->asked_usec;
        }
        /* What was told last of it; what follows is the end of its units. */
        if (link && mark->event == EVENT_TYPE_LINK_REMOVED) {
                (void) watch_push(w, mark->ifindex, mark->link, ENTRY_FORGET, EVENT_TYPE_LINK_REMOVED, NULL);
                links_remove(&w->links, link);
        }
        log_info("%s of %s was begun before a restart%s.", event_name(mark->event), mark->link,
                        state->job ? " and still runs" : "");
}

/* What was asked for did not run, and will not. */
static void restore_undone(Restore *restore, const EventMark *mark) {
        Watch *w = restore->watch;
        Link *link = links_find(&w->links, mark->ifindex);
        Name *name = lanes_find_name(&w->lanes, mark->link);

        if (name)
                name->files &= ~event_bit(mark->event);
        /* It is what was delivered, and was to be entered once more. */
        if (link && link->told_operational == (int) mark->event)
                link->told_operational = -1;
        if (link && link->told_setup == (int) mark->event)
                link->told_setup = -1;
}

/* The state that was recorded last, and no older one of the same name. */
static bool mark_is_recorded(const Restore *restore, const EventMark *mark) {
        const Record *record = find_record(restore, mark->ifindex);

        return record && streq(record->name, mark->link) &&
                        (record->operational == (int) mark->event || record->setup == (int) mark->event);
}

static int ask_mark(Restore *restore, const EventMark *mark);

/* The file is removed before the answer counts: what the earlier nb-watch asked for may still be on its way. */
static int settle_mark(Restore *restore, const EventMark *mark, const UnitState *state) {
        Watch *w = restore->watch;
        bool ran = state->left_inactive_usec >= mark->asked_usec;
        int r;

        if (!state->job && !ran) {
                if (!restore->disallowed) {
                        r = state_mark_remove(w->state_fd, mark->event, mark->link);
                        if (r < 0)
                                return r;
                        restore->disallowed = true;
                        return ask_mark(restore, mark);
                }
                restore_undone(restore, mark);
        } else {
                r = restore->disallowed ? state_mark_write(w->state_fd, mark) : 0;
                if (r < 0)
                        return r;
                if (state->job || !mark_is_recorded(restore, mark))
                        restore_begun(restore, mark, state);
        }
        restore->disallowed = false;
        restore->mark++;
        restore_marks(restore);
        return 0;
}

static void on_mark(int r, const UnitState *state, void *userdata) {
        Restore *restore = userdata;

        restore->query = NULL;
        if (r >= 0)
                r = settle_mark(restore, &restore->state.marks[restore->mark], state);
        if (r < 0)
                restore_fail(restore, r);
}

static int ask_mark(Restore *restore, const EventMark *mark) {
        char unit[UNIT_NAME_LENGTH_MAX];
        int r;

        r = unit_name_format(UNIT_RUN, mark->event, mark->link, unit);
        if (r < 0)
                return r;
        return systemd_query_unit(restore->watch->systemd, unit, false, on_mark, restore, &restore->query);
}

/* Whether it is an intent that is not known to have been carried out. */
static bool mark_is_open(const Restore *restore, const EventMark *mark) {
        const UnitState *u;

        if (mark->asked_usec == 0)
                return false;
        if (!event_is_level(mark->event) || !mark_is_recorded(restore, mark))
                return true;
        /* The record may be of an earlier time in the same state: the unit tells. */
        u = find_unit(restore, mark->event, mark->link);
        return !u || !u->active || u->job;
}

static void restore_marks(Restore *restore) {
        int r;

        for (; restore->mark < restore->state.n_marks; restore->mark++) {
                const EventMark *mark = &restore->state.marks[restore->mark];

                if (!mark_is_open(restore, mark))
                        continue;
                r = ask_mark(restore, mark);
                if (r < 0)
                        restore_fail(restore, r);
                return;
        }
        restore_done(restore);
}

static void on_units(int r, const UnitState *units, size_t n, void *userdata) {
        Restore *restore = userdata;
        Watch *w = restore->watch;

        if (r >= 0 && n > 0) {
                restore->units = reallocarray(NULL, n, sizeof(UnitState));
                if (restore->units) {
                        memcpy(restore->units, units, n * sizeof(UnitState));
                        restore->n_units = n;
                } else
                        r = -ENOMEM;
        }
        if (r < 0) {
                restore_fail(restore, r);
                return;
        }

        restore_units(restore);
        for (size_t i = 0; i < restore->state.n_records; i++) {
                r = restore_record(restore, &restore->state.records[i]);
                if (r < 0)
                        log_error_errno(r, "Failed to restore what was delivered for %s: %m",
                                        restore->state.records[i].name);
        }
        for (size_t i = 0; i < restore->state.n_marks; i++) {
                const EventMark *mark = &restore->state.marks[i];
                Name *name = lanes_name(&w->lanes, mark->link);

                if (name)
                        name->files |= event_bit(mark->event);
        }
        restore_marks(restore);
}

static void on_target(int r, const UnitState *target, void *userdata) {
        Restore *restore = userdata;
        Watch *w = restore->watch;

        restore->query = NULL;
        if (r < 0) {
                restore_fail(restore, r);
                return;
        }

        /* Stopping the target ended everything; what is, is delivered anew. */
        w->first = restore->started_usec == 0 || target->entered_inactive_usec > restore->started_usec;
        if (w->first) {
                state_clear(&restore->state);
                r = state_wipe(w->state_fd);
                if (r < 0)
                        log_error_errno(r, "Failed to clear the state: %m");
        }
        r = state_broker_write(w->state_fd, now_usec());
        if (r < 0)
                log_error_errno(r, "Failed to write the state: %m");

        r = systemd_list_units(w->systemd, on_units, restore);
        if (r < 0)
                on_units(r, NULL, 0, restore);
}

int restore_begin(Watch *w) {
        Restore *restore;
        int r;

        restore = calloc(1, sizeof(*restore));
        if (!restore)
                return -ENOMEM;
        restore->watch = w;
        w->restore = restore;

        r = state_load(w->state_fd, &restore->state);
        if (r >= 0)
                r = state_broker_read(w->state_fd, &restore->started_usec);
        if (r < 0)
                log_error_errno(r, "Failed to read what was delivered before: %m");

        r = systemd_query_unit(
                        w->systemd, "network-broker.target", false, on_target, restore, &restore->query);
        if (r < 0)
                restore_free(restore);
        return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* How is one entry delivered?
 *
 * A state: the units of the states that the link leaves are stopped, then the unit of the new one is started; never
 * both at once. An edge: its unit is started, and stopped as soon as its job has ended. What is in the way is found
 * out when the entry's turn comes, not before. A file in state/ allows the unit to run (ConditionPathExists=) and is
 * there exactly while it may. */
#include "work.h"
#include "answer.h"
#include "deliver.h"
#include "log.h"
#include "marks.h"
#include "networkd.h"
#include "record.h"
#include "routes.h"
#include "rules-urgent.h"
#include "rules.h"
#include "settle.h"
#include "state-mark.h"
#include "status.h"
#include "unit-active.h"

static void work_next(Work *work);

/* The events of a kind. */
static uint32_t kind_mask(EventKind kind) {
        uint32_t mask = 0;

        for (EventType e = 0; e < _EVENT_TYPE_MAX; e++)
                if (event_info(e)->kind == kind)
                        mask |= event_bit(e);
        return mask;
}

static LogFields entry_fields(const Entry *entry, const char *unit) {
        return (LogFields){
                .link = entry->name->name[0] ? entry->name->name : NULL,
                .event = event_name(entry->event),
                .unit = unit,
                .ifindex = entry->ifindex,
        };
}

static void on_called(CallResult result, const char *detail, void *userdata) {
        Work *work = userdata;

        if (result == CALL_UNKNOWN || result == CALL_SHUTDOWN) {
                log_info("%s of %s: %s, asking systemd.", verb_name(work->verb), work->unit, detail);
                /* PID 1 does not know of a reload whether it was done. */
                if (work->phase == WORK_RULES)
                        work->entry->name->rules_old = true;
                work_settle(work);
        } else if (result == CALL_FAILED && work->phase == WORK_START && streq(detail, "canceled"))
                work_outlast(work);
        else
                work_called(work, result, detail);
}

void work_call(Work *work, Verb verb, UnitKind kind, EventType event) {
        Entry *entry = work->entry;
        char **variables = NULL;
        int r, q;

        work->verb = verb;
        r = unit_name_format(kind, event, entry->name->name, work->unit);
        if (r >= 0 && verb == VERB_START && kind == UNIT_RUN) {
                variables = entry->variables;
                entry->asked_usec = now_usec();
                q = answer_write_mark(work);
                if (q < 0)
                        log_error_errno(q, "Failed to write the state of %s, going on: %m", work->unit);
                else
                        entry->name->files |= event_bit(event);
        }
        if (r >= 0)
                r = starter_call(work->watch->starter, verb, work->unit, variables, false, on_called, work);
        if (r < 0)
                on_called(r == -ENOMEM ? CALL_UNKNOWN : CALL_REFUSED, strerror(-r), work);
}

/* The events whose units end when this entry's turn comes. */
static uint32_t entry_leaves(const Entry *entry) {
        if (entry->kind == ENTRY_LEAVE)
                return kind_mask(EVENT_OPERATIONAL) | kind_mask(EVENT_SETUP);
        if (entry->kind == ENTRY_FORGET)
                return UINT32_MAX;
        if (entry->kind != ENTRY_EVENT)
                return 0;
        return event_is_level(entry->event) ? kind_mask(event_info(entry->event)->kind)
                                            : event_bit(entry->event);
}

static void work_free(Work *work) {
        unit_query_free(work->query);
        retry_reset(&work->retry);
        answer_end(work);
        free(work);
}

void work_finish(Work *work) {
        Watch *w = work->watch;

        lanes_finish(&w->lanes, work->entry);
        work_free(work);
        status_changed(w);
}

static void work_started(Work *work, CallResult result, const char *detail) {
        Entry *entry = work->entry;
        LogFields fields = entry_fields(entry, work->unit);
        const char *name = fields.link ?: "network", *event = event_name(entry->event);
        uint32_t bit = event_bit(entry->event);
        Watch *w = work->watch;

        /* It ran before; only what was enabled into it since was started. */
        if (entry->kind == ENTRY_AGAIN && (entry->name->active & bit)) {
                work_finish(work);
                return;
        }
        if (result == CALL_DONE) {
                entry->name->active |= bit;
                entry->name->failed &= ~bit;
                if (event_is_level(entry->event))
                        (void) state_mark_ended(w->state_fd, entry->event, entry->name->name);
                log_message(LOG_INFO, 0, &fields, "%s: %s.", name, event);
        } else {
                entry->name->failed |= bit;
                w->n_failed++;
                log_message(LOG_WARNING, 0, &fields, "%s: %s: %s ended with '%s'.", name, event, work->unit,
                                detail);
        }

        if (event_is_level(entry->event)) {
                record_delivered(work, true);
                work_finish(work);
                return;
        }

        work->phase = WORK_END;
        record_delivered(work, true);
        (void) marks_leave(w, entry->name, bit);
        work_next(work);
}

static void work_start(Work *work) {
        Watch *w = work->watch;
        int ifindex = work->entry->ifindex;
        bool ask = work->ask_late;
        const Link *link;

        work->phase = WORK_START;
        record_prepare(work);
        answer_add(work);
        work_call(work, VERB_START, UNIT_RUN, work->entry->event);
        /* It is the unit that takes longest. The work may be done, and gone. */
        if (ask && networkd_describe(w->networkd, ifindex) < 0)
                deliver_described(w, ifindex, NULL);
        link = links_find(&w->links, ifindex);
        if (link)
                rules_overtake(w, link);
}

/* Nothing to run: the file in state/ is there all the same, so that a unit enabled now can pull the event in. */
static void work_skip(Work *work) {
        Entry *entry = work->entry;
        EventMark mark = { .event = entry->event, .ifindex = entry->ifindex };
        LogFields fields = entry_fields(entry, NULL);
        int r;

        if (event_is_level(entry->event)) {
                snprintf(mark.link, sizeof(mark.link), "%s", entry->name->name);
                r = state_mark_write(work->watch->state_fd, &mark);
                if (r < 0)
                        log_error_errno(r, "Failed to write the state of %s: %m", entry->name->name);
                else
                        entry->name->files |= event_bit(entry->event);
                log_message(LOG_INFO, 0, &fields, "%s: %s.", entry->name->name, event_name(entry->event));
        }
        record_delivered(work, false);
        work_finish(work);
}

/* A run is not interrupted because its link left the state; of one that somebody else began only PID 1 knows the end. */
static void work_stop(Work *work, EventType event) {
        Name *name = work->entry->name;
        bool ask = (name->others & event_bit(event)) &&
                        unit_name_format(UNIT_RUN, event, name->name, work->unit) >= 0;

        name->others &= ~event_bit(event);
        work->stopping = event;
        work->verb = VERB_STOP;
        if (ask)
                work_settle(work);
        else
                work_call(work, VERB_STOP, UNIT_RUN, event);
}

static bool work_stop_next(Work *work) {
        for (EventType e = 0; e < _EVENT_TYPE_MAX; e++)
                if (work->stops & event_bit(e)) {
                        work_stop(work, e);
                        return true;
                }
        return false;
}

/* The units of a link that is gone should not stay in the list of failed ones. */
static void forget_failed(Work *work) {
        Name *name = work->entry->name;
        char unit[UNIT_NAME_LENGTH_MAX];

        for (EventType e = 0; e < _EVENT_TYPE_MAX; e++)
                if ((name->failed & event_bit(e)) && unit_name_format(UNIT_RUN, e, name->name, unit) >= 0)
                        (void) starter_call(work->watch->starter, VERB_RESET_FAILED, unit, NULL, false, NULL,
                                        NULL);
        name->failed = 0;
}

/* Everything that was in the way is gone. */
static void work_stopped(Work *work) {
        Entry *entry = work->entry;

        if (entry->kind == ENTRY_FORGET || entry->kind == ENTRY_LEAVE) {
                if (entry->kind == ENTRY_FORGET)
                        forget_failed(work);
                else
                        record_left(work);
                rules_deliver(work);
                return;
        }
        if (work->phase == WORK_END) {
                work_finish(work);
                return;
        }
        if (!work->needed) {
                work_skip(work);
                return;
        }

        if (answer_is_awaited(work))
                work->phase = WORK_DESCRIBE;
        else
                work_start(work);
}

static void work_next(Work *work) {
        if (work->phase == WORK_END)
                work->stops = work->entry->name->active & event_bit(work->entry->event);
        if (!work_stop_next(work))
                work_stopped(work);
}

void work_called(Work *work, CallResult result, const char *detail) {
        Entry *entry = work->entry;
        Watch *w = work->watch;

        if (result == CALL_REFUSED)
                log_error("%s of %s: %s.", verb_name(work->verb), work->unit, detail);
        retry_reset(&work->retry);

        if (work->phase == WORK_RULES)
                rules_called(work, result, detail);
        else if (work->verb == VERB_STOP) {
                work->stops &= ~event_bit(work->stopping);
                entry->name->active &= ~event_bit(work->stopping);
                if (!work_stop_next(work))
                        work_stopped(work);
        } else
                work_started(work, result, detail);

        /* The work may be done, and gone. */
        deliver_ready(w);
}

/* Whether a state has something to run still: not if it had its run, and its unit has failed since, or was stopped by
 * hand. What is enabled into it then waits for the next event, as the scripts do. */
static bool again_is_due(Watch *w, const Entry *entry) {
        const Link *link = links_find(&w->links, entry->ifindex);
        const Record *record = link ? &link->delivered : NULL;
        int event = (int) entry->event;
        char unit[UNIT_NAME_LENGTH_MAX];
        bool had_run = record &&
                        ((record->operational == event && record->operational_started) ||
                                        (record->setup == event && record->setup_started));

        if (!event_is_needed(w->needed, &w->config, entry->event, entry->name->name))
                return false;
        if (!had_run)
                return true;
        return unit_name_format(UNIT_RUN, entry->event, entry->name->name, unit) >= 0 &&
                        unit_seems_active(unit);
}

void work_begin(Watch *w, Entry *entry) {
        uint32_t leaves = entry_leaves(entry);
        Work *work;

        if (entry->kind == ENTRY_AGAIN && !again_is_due(w, entry)) {
                lanes_finish(&w->lanes, entry);
                return;
        }
        work = calloc(1, sizeof(*work));
        if (!work) {
                log_error_errno(-ENOMEM, "%s: dropping %s: %m", entry->name->name, event_name(entry->event));
                lanes_finish(&w->lanes, entry);
                return;
        }
        work->watch = w;
        work->entry = entry;
        entry->work = work;

        if (entry->settle) {
                work->phase = WORK_START;
                work->verb = VERB_START;
                (void) unit_name_format(UNIT_RUN, entry->event, entry->name->name, work->unit);
                work_settle(work);
                return;
        }
        if (entry->kind == ENTRY_RULES) {
                rules_deliver(work);
                return;
        }

        work->needed = (entry->kind == ENTRY_EVENT || entry->kind == ENTRY_AGAIN) &&
                        event_is_needed(w->needed, &w->config, entry->event, entry->name->name);
        work->stops = marks_leave(w, entry->name, leaves);
        if (entry->kind == ENTRY_EVENT && entry->event == EVENT_TYPE_LINK_REMOVED)
                /* Nobody may enter a state of it any more, and no file says so to a later nb-watch, which could not tell
                 * it from one of the link that has the name then. Their units end when link-removed has run. */
                (void) marks_leave(w, entry->name, kind_mask(EVENT_OPERATIONAL) | kind_mask(EVENT_SETUP));
        answer_ask(work);
        work_next(work);
}

void work_described(Work *work, const char *networkd) {
        if (answer_came(work, networkd))
                work_start(work);
}

void work_abandon(Work *work) {
        (void) answer_came(work, NULL);
        work_free(work);
}

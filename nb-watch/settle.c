/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a call whose answer was lost, or whose job gave way to another?
 *
 * PID 1 knows: a job still waits or runs; or the unit has begun to run since it was asked for; or it has not, and the
 * call is made once more. */
#include "settle.h"
#include "deliver.h"
#include "log.h"
#include "rules.h"
#include "work.h"

static void work_ask(Work *work);

static void on_retry(void *userdata) {
        work_ask(userdata);
}

void work_settle(Work *work) {
        retry_soon(&work->retry, work->watch->event, on_retry, work);
}

/* What was begun before a restart did not run. What of it still counts is told anew; of an edge, the comparison with what
 * is has done so. */
static void settle_undone(Work *work) {
        Link *link = links_find(&work->watch->links, work->entry->ifindex);
        int event = (int) work->entry->event;
        Watch *w = work->watch;

        if (link && link->told_operational == event)
                link->told_operational = -1;
        if (link && link->told_setup == event)
                link->told_setup = -1;
        if (link)
                link_tell(w, link);
        work_finish(work);
        deliver_ready(w);
}

static void on_start_state(Work *work, const UnitState *state) {
        Entry *entry = work->entry;

        if (state->left_inactive_usec >= entry->asked_usec) {
                work_called(work, state->failed ? CALL_FAILED : CALL_DONE,
                                state->failed ? "failed" : "done");
                return;
        }
        if (entry->settle)
                settle_undone(work);
        else
                work_call(work, VERB_START, UNIT_RUN, entry->event);
}

static void on_state(int r, const UnitState *state, void *userdata) {
        Work *work = userdata;

        work->query = NULL;
        if (r < 0)
                work_settle(work);
        else if (work->phase == WORK_RULES)
                rules_found(work, state);
        else if (work->verb != VERB_STOP)
                on_start_state(work, state);
        else if (state->active || state->failed)
                work_call(work, VERB_STOP, UNIT_RUN, work->stopping);
        else
                work_called(work, CALL_DONE, "done");
}

static void work_ask(Work *work) {
        Watch *w = work->watch;
        int r = -ENOTCONN;

        if (w->systemd)
                r = systemd_query_unit(w->systemd, work->unit, true, on_state, work, &work->query);
        if (r < 0)
                work_settle(work);
}

static void on_outlasted(int r, _unused_ const UnitState *state, void *userdata) {
        Work *work = userdata;

        work->query = NULL;
        if (r < 0)
                work_settle(work);
        else
                work_called(work, CALL_FAILED, "canceled");
}

void work_outlast(Work *work) {
        Watch *w = work->watch;
        int r = -ENOTCONN;

        if (w->systemd)
                r = systemd_query_unit(w->systemd, work->unit, true, on_outlasted, work, &work->query);
        if (r < 0)
                work_settle(work);
}

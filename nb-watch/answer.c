/* SPDX-License-Identifier: Apache-2.0 */
/* How does what networkd knows of a link reach the unit that is to tell it to the scripts?
 *
 * With the request, if a unit had to be stopped first, and networkd has answered by then. Else the unit is started all
 * the same, for networkd may be busy: the request says that the answer follows, and it goes into the event's file in
 * state/ when it comes. nb-run waits for it there, after everything else. */
#include "answer.h"

#include <inttypes.h>

#include "log.h"
#include "networkd.h"
#include "state-mark.h"
#include "variable.h"
#include "variables.h"
#include "work.h"

/* So many at once: nb-run waits with inotify, of which a user, root too, has 128 instances (inotify(7)). Beyond, the
 * answer is waited for before the unit is started. */
#define LATE_MAX 32U

static const Link *work_link(const Work *work) {
        const Entry *entry = work->entry;
        const Link *link = links_find(&work->watch->links, entry->ifindex);

        return link && streq(link->name, entry->name->name) ? link : NULL;
}

static bool answer_is_open(const Watch *w, int ifindex) {
        return w->networkd && networkd_is_describing(w->networkd, ifindex);
}

void answer_ask(Work *work) {
        const Watch *w = work->watch;

        if (!work->needed || !w->config.emit_json || !w->networkd || !networkd_is_there(w->networkd) ||
                        !links_find(&w->links, work->entry->ifindex))
                return;
        if (work->stops == 0 && w->n_late < LATE_MAX)
                work->ask_late = true;
        else
                work->described = networkd_describe(w->networkd, work->entry->ifindex) >= 0;
}

bool answer_is_awaited(const Work *work) {
        const Watch *w = work->watch;

        return answer_is_open(w, work->entry->ifindex) && w->n_late >= LATE_MAX;
}

void answer_add(Work *work) {
        const Link *link = work_link(work);
        Entry *entry = work->entry;
        Watch *w = work->watch;

        if (!link)
                return;
        if (!work->ask_late && !answer_is_open(w, entry->ifindex)) {
                /* Asked, and nothing there: networkd refused. nb-run is to say what is missing. */
                if (link->networkd || work->described)
                        (void) variables_add(&entry->variables, "NB_NETWORKD", "%s",
                                        link->networkd ? link->networkd : "null");
                return;
        }
        work->late_usec = now_usec();
        if (variables_add(&entry->variables, "NB_NETWORKD_ASKED", "%" PRIu64, work->late_usec) < 0)
                work->late_usec = 0;
        else
                w->n_late++;
}

int answer_write_mark(Work *work) {
        Entry *entry = work->entry;
        EventMark mark = { .event = entry->event,
                .ifindex = entry->ifindex,
                .asked_usec = entry->asked_usec,
                .networkd_usec = work->late_usec,
                .networkd = work->late };

        snprintf(mark.link, sizeof(mark.link), "%s", entry->name->name);
        return state_mark_write(work->watch->state_fd, &mark);
}

/* networkd: NULL if it said nothing, and will not. */
static void answer_late(Work *work, const char *networkd) {
        Entry *entry = work->entry;
        int r = 0;

        work->late = strdup(networkd && strlen(networkd) <= VARIABLE_VALUE_MAX ? networkd : "null");
        if (!work->late)
                return;
        work->watch->n_late--;
        if (entry->name->files & event_bit(entry->event))
                r = answer_write_mark(work);
        if (r < 0)
                log_error_errno(r, "%s: failed to pass on what systemd-networkd says: %m",
                                entry->name->name);
}

void answer_end(Work *work) {
        if (work->late_usec > 0 && !work->late)
                work->watch->n_late--;
        free(work->late);
}

bool answer_came(Work *work, const char *networkd) {
        if (work->phase == WORK_DESCRIBE)
                return true;
        if (work->late_usec > 0 && !work->late && work->phase == WORK_START)
                answer_late(work, networkd);
        return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Which units may run because of a file in state/, and which of them seem to?
 *
 * They need not be nb-watch's doing: anybody may start the unit of a state that the link is in. */
#include "marks.h"
#include "log.h"
#include "state-mark.h"
#include "unit-active.h"
#include "work.h"

/* By "systemctl restart", when the run that was told of had ended. */
static bool begun_later(Watch *w, const Name *name, EventType event, struct timespec begun) {
        struct timespec ended;

        return state_mark_time(w->state_fd, event, name->name, &ended) >= 0 &&
                        timespec_nsec(&begun) > timespec_nsec(&ended);
}

static void look_for_others(Watch *w, Name *name, EventType event) {
        char unit[UNIT_NAME_LENGTH_MAX];
        struct timespec begun;

        if (unit_name_format(UNIT_RUN, event, name->name, unit) < 0 ||
                        !unit_seems_active_since(unit, &begun))
                return;
        name->active |= event_bit(event);
        if (event_is_level(event) && begun_later(w, name, event, begun))
                name->others |= event_bit(event);
}

uint32_t marks_leave(Watch *w, Name *name, uint32_t events) {
        uint32_t failed = 0;
        int r;

        for (EventType e = 0; e < _EVENT_TYPE_MAX; e++) {
                if (!(name->files & events & event_bit(e)))
                        continue;
                look_for_others(w, name, e);
                r = state_mark_remove(w->state_fd, e, name->name);
                if (r < 0)
                        log_error_errno(r, "Failed to remove the state %s:%s: %m", event_name(e),
                                        name->name);
                name->files &= ~event_bit(e);
                failed |= name->failed & event_bit(e);
        }
        return failed | (name->active & events);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Which entries are under way? Those whose turn it is: see lane.h; work.c has what becomes of one. */
#include "deliver.h"
#include "monitor.h"
#include "work.h"

void deliver_ready(Watch *w) {
        Entry *entry;

        if (!w->restored)
                return;
        while ((entry = lanes_next(&w->lanes))) {
                if (!w->monitor) {
                        work_begin(w, entry);
                        continue;
                }
                if (monitor_print(w->monitor, entry) < 0) {
                        (void) sd_event_exit(w->event, EXIT_FAILURE);
                        return;
                }
                lanes_finish(&w->lanes, entry);
        }
}

void deliver_abandon(Watch *w) {
        _cleanup_free_ int *list = NULL;
        size_t n = 0;

        if (w->lanes.n_entries == 0 || lanes_list(&w->lanes, &list, &n) < 0)
                return;
        for (size_t i = 0; i < n; i++) {
                Entry *entry = lanes_head(&w->lanes, list[i]);

                if (!entry || !entry->work)
                        continue;
                work_abandon(entry->work);
                entry->work = NULL;
        }
}

void deliver_described(Watch *w, int ifindex, const char *networkd) {
        Entry *entry = lanes_head(&w->lanes, ifindex);

        if (entry && entry->work)
                work_described(entry->work, networkd);
}

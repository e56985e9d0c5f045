/* SPDX-License-Identifier: Apache-2.0 */
/* What is done once things have come to rest? "systemctl status nb-watch" is told of it, and memory is given back. */
#include "status.h"

#include <systemd/sd-daemon.h>

#include "heap.h"
#include "watch.h"

#define STATUS_USEC (200U * 1000U)

static void count_watched(Link *link, void *userdata) {
        size_t *n = userdata;

        *n += link->told;
}

static int on_status(_unused_ sd_event_source *source, _unused_ uint64_t usec, void *userdata) {
        char errors[64] = "";
        Watch *w = userdata;
        size_t n_links = 0;

        if (w->lanes.n_entries == 0)
                heap_rest(&w->n_waited);
        links_foreach(&w->links, count_watched, &n_links);
        if (w->config.errors > 0)
                snprintf(errors, sizeof(errors), "; %u configuration error%s", w->config.errors,
                                w->config.errors == 1 ? "" : "s");
        (void) sd_notifyf(0,
                        "STATUS=%zu link%s, %lu events delivered of which %lu failed, %zu waiting%s%s%s",
                        n_links, n_links == 1 ? "" : "s", (unsigned long) w->n_delivered,
                        (unsigned long) w->n_failed, w->lanes.n_entries, errors, w->problem ? "; " : "",
                        strempty(w->problem));
        return 0;
}

void status_changed(Watch *w) {
        int enabled = SD_EVENT_OFF;

        if (w->monitor)
                return;
        if (!w->status) {
                (void) sd_event_add_time_relative(w->event, &w->status, CLOCK_MONOTONIC, STATUS_USEC,
                                STATUS_USEC, on_status, w);
                return;
        }
        (void) sd_event_source_get_enabled(w->status, &enabled);
        if (enabled != SD_EVENT_OFF)
                return;
        (void) sd_event_source_set_time_relative(w->status, STATUS_USEC);
        (void) sd_event_source_set_enabled(w->status, SD_EVENT_ONESHOT);
}

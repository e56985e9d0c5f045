/* SPDX-License-Identifier: Apache-2.0 */
/* When has a job ended? See job-removed.h. */
#include "job-removed.h"

#include "bus-names.h"
#include "log.h"

struct JobRemoved {
        sd_bus *bus;
        BusOwner *systemd;
        sd_bus_slot *match; /* while there are any */
        size_t n_watches;
        JobRemovedHandler handler;
        void *userdata;
};

static int on_message(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        const char *path, *unit, *result;
        JobRemoved *j = userdata;
        int r;

        if (!bus_owner_sent(j->systemd, m))
                return 0;
        r = sd_bus_message_read(m, "uoss", NULL, &path, &unit, &result);
        if (r < 0)
                log_warning_errno(r, "Ignoring a JobRemoved signal that cannot be read: %m");
        else
                j->handler(path, unit, result, j->userdata);
        return 0;
}

int job_removed_new(sd_bus *bus, BusOwner *systemd, JobRemovedHandler handler, void *userdata,
                JobRemoved **ret) {
        JobRemoved *j;

        j = calloc(1, sizeof(*j));
        if (!j)
                return -ENOMEM;
        j->bus = sd_bus_ref(bus);
        j->systemd = systemd;
        j->handler = handler;
        j->userdata = userdata;

        *ret = j;
        return 0;
}

void job_removed_free(JobRemoved *j) {
        if (!j)
                return;
        sd_bus_slot_unref(j->match);
        sd_bus_unref(j->bus);
        free(j);
}

int job_removed_watch(JobRemoved *j) {
        int r;

        if (!j->match) {
                r = sd_bus_match_signal_async(j->bus, &j->match, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
                                "JobRemoved", on_message, NULL, j);
                if (r < 0)
                        return r;
        }
        j->n_watches++;
        return 0;
}

void job_removed_unwatch(JobRemoved *j) {
        if (--j->n_watches == 0)
                j->match = sd_bus_slot_unref(j->match);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* When has a job ended? See job-removed.h. */
#include "job-removed.h"

#include "bus-names.h"
#include "log.h"

struct JobRemoved {
        sd_bus *bus;
        BusOwner *systemd;
        sd_bus_slot *filter;
        JobRemovedHandler handler;
        void *userdata;
};

static int on_message(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        const char *path, *unit, *result;
        JobRemoved *j = userdata;
        int r;

        if (sd_bus_message_is_signal(m, SYSTEMD_MANAGER, "JobRemoved") <= 0)
                return 0;
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
        _cleanup_(job_removed_freep) JobRemoved *j = NULL;
        int r;

        j = calloc(1, sizeof(*j));
        if (!j)
                return -ENOMEM;
        j->bus = sd_bus_ref(bus);
        j->systemd = systemd;
        j->handler = handler;
        j->userdata = userdata;
        r = sd_bus_add_filter(bus, &j->filter, on_message, j);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(j);
        return 0;
}

void job_removed_free(JobRemoved *j) {
        if (!j)
                return;
        sd_bus_slot_unref(j->filter);
        sd_bus_unref(j->bus);
        free(j);
}

static int call_bus(JobRemoved *j, const char *method, const char *unit) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        char rule[512];
        int r;

        /* A unit name holds neither an apostrophe nor a comma. */
        snprintf(rule, sizeof(rule),
                        "type='signal',sender='" SYSTEMD_NAME "',path='" SYSTEMD_PATH
                        "',interface='" SYSTEMD_MANAGER "',member='JobRemoved',arg2='%s'",
                        unit);
        r = sd_bus_message_new_method_call(j->bus, &m, DBUS_NAME, DBUS_PATH, DBUS_NAME, method);
        if (r >= 0)
                r = sd_bus_message_append(m, "s", rule);
        if (r >= 0)
                r = sd_bus_message_set_expect_reply(m, false);
        if (r >= 0)
                r = sd_bus_send(j->bus, m, NULL);
        return r;
}

int job_removed_watch(JobRemoved *j, const char *unit) {
        return call_bus(j, "AddMatch", unit);
}

void job_removed_unwatch(JobRemoved *j, const char *unit) {
        /* Fails only when the connection is gone, and the rule with it. */
        (void) call_bus(j, "RemoveMatch", unit);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Is PID 1 there? See pid1.h. */
#include "pid1.h"

#include "bus-names.h"
#include "log.h"

struct Pid1 {
        sd_event *event;
        sd_bus *bus; /* NULL while the bus is away */
        BusOwner *systemd;
        JobRemoved *removals;
        sd_bus_slot *disconnected;
        const Pid1Handlers *handlers;
        void *userdata;
};

static int pid1_subscribe(Pid1 *p) {
        return sd_bus_call_method_async(p->bus, NULL, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
                        "Subscribe", NULL, NULL, NULL);
}

/* After a restart of the bus PID 1 may come later than we do; to subscribe twice does no harm. */
static void on_systemd(_unused_ BusOwner *o, const char *owner, void *userdata) {
        Pid1 *p = userdata;

        if (!owner)
                return;
        (void) pid1_subscribe(p);
        p->handlers->came(p->userdata);
}

static void on_removed(const char *path, const char *unit, const char *result, void *userdata) {
        Pid1 *p = userdata;

        p->handlers->removed(path, unit, result, p->userdata);
}

static void pid1_disconnect(Pid1 *p) {
        p->disconnected = sd_bus_slot_unref(p->disconnected);
        job_removed_free(p->removals);
        p->removals = NULL;
        bus_owner_free(p->systemd);
        p->systemd = NULL;
        p->bus = sd_bus_close_unref(p->bus);
}

static int on_disconnected(_unused_ sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        Pid1 *p = userdata;

        log_warning("Lost the system bus.");
        p->handlers->lost(p->userdata);
        pid1_disconnect(p);
        return 0;
}

int pid1_connect(Pid1 *p) {
        int r;

        if (p->bus)
                return 0;

        r = sd_bus_open_system(&p->bus);
        if (r < 0)
                return r;
        r = sd_bus_attach_event(p->bus, p->event, SD_EVENT_PRIORITY_NORMAL);
        if (r >= 0)
                r = bus_owner_new(p->bus, SYSTEMD_NAME, on_systemd, p, &p->systemd);
        if (r >= 0)
                r = job_removed_new(p->bus, p->systemd, on_removed, p, &p->removals);
        if (r >= 0)
                r = sd_bus_match_signal_async(p->bus, &p->disconnected, DBUS_LOCAL, NULL, DBUS_LOCAL,
                                "Disconnected", on_disconnected, NULL, p);
        if (r >= 0)
                r = pid1_subscribe(p);
        if (r < 0)
                pid1_disconnect(p);
        return r;
}

int pid1_call(Pid1 *p, const Request *request, JobHandler handler, void *userdata, Job **ret) {
        return job_new(p->bus, p->event, p->removals, request, handler, userdata, ret);
}

int pid1_new(sd_event *event, const Pid1Handlers *handlers, void *userdata, Pid1 **ret) {
        Pid1 *p;

        p = calloc(1, sizeof(*p));
        if (!p)
                return -ENOMEM;
        p->event = sd_event_ref(event);
        p->handlers = handlers;
        p->userdata = userdata;

        *ret = p;
        return 0;
}

void pid1_free(Pid1 *p) {
        if (!p)
                return;
        pid1_disconnect(p);
        sd_event_unref(p->event);
        free(p);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What belongs together: the loop, the bus, the sources, the configuration. See watch.h. */
#include <signal.h>
#include <systemd/sd-daemon.h>

#include "bus-names.h"
#include "deliver.h"
#include "heap.h"
#include "leases.h"
#include "log.h"
#include "losses.h"
#include "networkd.h"
#include "restore.h"
#include "route-keeper.h"
#include "rtnl.h"
#include "rules-urgent.h"
#include "rules.h"
#include "status.h"
#include "variables.h"
#include "watch.h"

static int watch_connect(Watch *w);

Entry *watch_push(
                Watch *w, int ifindex, const char *name, EntryKind kind, EventType event, char **variables) {
        size_t dropped = 0;
        Entry *entry;
        int r;

        r = lanes_push(&w->lanes, ifindex, name, kind, event, variables, &entry, &dropped);
        if (r < 0) {
                log_error_errno(r, "%s: failed to queue %s: %m", name, event_name(event));
                return NULL;
        }
        if (dropped > 0) {
                LogFields fields = { .link = name, .ifindex = ifindex };

                log_message(LOG_WARNING, 0, &fields,
                                "%s: more than %u states wait, dropped the %zu oldest that are superseded.",
                                name, LANE_STATES_MAX, dropped);
        }
        heap_count(&w->n_waited, w->lanes.n_entries);
        status_changed(w);
        return entry;
}

static void watch_begin(Watch *w) {
        (void) rtnl_sync(w->rtnl);
        route_keeper_begin(w->keeper);
        if (w->networkd)
                (void) networkd_read(w->networkd);
        if (!w->ready && !w->monitor)
                (void) sd_notify(0, "READY=1");
        w->ready = true;
        status_changed(w);
}

void watch_restored(Watch *w) {
        w->restored = true;
        watch_begin(w);
        deliver_ready(w);
}

static void log_configuration_errors(const Config *config) {
        const char *p = config->error_messages;

        if (!p)
                return;
        while (*p) {
                size_t n = strcspn(p, "\n");

                if (n > 0)
                        log_error("%.*s", (int) n, p);
                p += n;
                p += *p == '\n';
        }
}

static void review_link(Link *link, void *userdata) {
        Watch *w = userdata;

        link_review(w, link);
        link_update(w, link);
        if (config_keeps_rules(&w->config, link->name))
                rules_touch(w, link);
        else
                rules_drop(w, link, link->name);
        leases_enter(w->leases, link);
        leases_check(w->leases, link);
}

/* A unit may have been enabled into a state that is there already: starting it once more pulls it in. */
static void tell_again(Link *link, void *userdata) {
        const int states[] = { link->told_setup, link->told_operational };
        Watch *w = userdata;

        if (!link->told || w->monitor)
                return;
        for (size_t i = 0; i < ELEMENTSOF(states); i++) {
                if (states[i] < 0 || !event_is_wanted(w->needed, (EventType) states[i], link->name))
                        continue;
                (void) watch_push(w, link->ifindex, link->name, ENTRY_AGAIN, (EventType) states[i],
                                variables_of_link(link, (EventType) states[i]));
        }
}

static void apply_sources(Watch *w) {
        int r;

        if (w->config.networkd && !w->networkd && w->bus) {
                r = networkd_new(w, &w->networkd);
                if (r < 0)
                        log_error_errno(r, "Failed to watch systemd-networkd: %m");
        } else if (!w->config.networkd && w->networkd) {
                networkd_free(w->networkd);
                w->networkd = NULL;
                w->problem = NULL;
        }
}

/* networkd's answers will not come: what waits for one goes on without. */
static void resume_described(Watch *w) {
        _cleanup_free_ int *list = NULL;
        size_t n = 0;

        if (w->networkd || lanes_list(&w->lanes, &list, &n) < 0)
                return;
        for (size_t i = 0; i < n; i++)
                deliver_described(w, list[i], NULL);
}

static void on_environment(int r, char **values, void *userdata) {
        Watch *w = userdata;
        bool had_dhclient = w->config.dhclient;
        Config config;

        if (r >= 0)
                r = config_load(config_lookup_list, values, &config);
        if (r < 0) {
                log_error_errno(r, "Failed to read the configuration from systemd, keeping what holds: %m");
                return;
        }
        config_clear(&w->config);
        w->config = config;
        if (!w->monitor) {
                (void) log_set_level(w->config.log_level);
                (void) log_set_format(w->config.log_format);
                log_configuration_errors(&w->config);
        }

        apply_sources(w);
        if (!w->began) {
                if (w->monitor)
                        watch_begin(w);
                return;
        }
        resume_described(w);
        leases_look_for_folders(w->leases);
        if (had_dhclient && !w->config.dhclient)
                leases_switched_off(w->leases);
        links_foreach(&w->links, review_link, w);
        if (w->networkd)
                (void) networkd_read(w->networkd);
        links_foreach(&w->links, tell_again, w);
        status_changed(w);
        deliver_ready(w);
}

static void watch_reload(Watch *w) {
        int r;

        r = systemd_get_environment(w->systemd, "nb-watch.service", on_environment, w);
        if (r < 0)
                log_error_errno(r, "Failed to ask systemd for the configuration: %m");
}

static void on_reloading(bool active, void *userdata) {
        Watch *w = userdata;

        if (w->starter)
                starter_hold(w->starter, active);
        needed_reload(w->needed);
        if (!active)
                watch_reload(w);
}

static void on_systemd_available(void *userdata) {
        Watch *w = userdata;
        int r;

        if (w->starter)
                starter_hold(w->starter, false);
        if (w->restored) {
                /* PID 1 was re-executed, or the bus was away: a reload may have been missed. */
                needed_reload(w->needed);
                watch_reload(w);
                return;
        }
        if (w->restore)
                return;
        r = restore_begin(w);
        if (r < 0)
                log_error_errno(r, "Failed to find out what was delivered before: %m");
}

static void on_reconnect(void *userdata) {
        (void) watch_connect(userdata);
}

static void watch_disconnect(Watch *w) {
        Systemd *systemd = w->systemd;

        w->systemd = NULL;
        systemd_free(systemd);
        networkd_free(w->networkd);
        w->networkd = NULL;
        w->disconnected = sd_bus_slot_unref(w->disconnected);
        w->bus = sd_bus_close_unref(w->bus);
}

/* All states stay as they are; what happens meanwhile is found by comparing. */
static int on_disconnected(_unused_ sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        Watch *w = userdata;

        log_warning("Lost the system bus.");
        if (w->restore)
                return sd_event_exit(w->event, -ECONNRESET);
        watch_disconnect(w);
        resume_described(w);
        retry_later(&w->reconnect, w->event, on_reconnect, w);
        return 0;
}

static int watch_connect(Watch *w) {
        static const SystemdHandlers handlers = { on_systemd_available, on_reloading };
        int r;

        r = sd_bus_open_system(&w->bus);
        if (r >= 0)
                r = sd_bus_attach_event(w->bus, w->event, SD_EVENT_PRIORITY_NORMAL);
        if (r >= 0)
                r = sd_bus_match_signal_async(w->bus, &w->disconnected, DBUS_LOCAL, NULL, DBUS_LOCAL,
                                "Disconnected", on_disconnected, NULL, w);
        if (r >= 0)
                r = systemd_new(w->bus, &handlers, w, &w->systemd);
        if (r < 0) {
                if (w->reconnect.n_failed == 0)
                        log_warning_errno(r, "Failed to connect to the system bus, trying again: %m");
                watch_disconnect(w);
                retry_later(&w->reconnect, w->event, on_reconnect, w);
                return r;
        }
        retry_reset(&w->reconnect);
        apply_sources(w);
        return 0;
}

static int netlink_fd(bool inherit) {
        int n;

        if (!inherit)
                return -EBADF;
        n = sd_listen_fds(1);
        if (n == 1 && sd_is_socket(SD_LISTEN_FDS_START, AF_NETLINK, SOCK_RAW, -1) > 0)
                return SD_LISTEN_FDS_START;
        log_warning("No socket from nb-watch.socket, opening one.");
        return -EBADF;
}

static int open_state(Watch *w) {
        w->state_fd = state_directory_open();
        if (w->state_fd < 0)
                return w->state_fd;
        w->lock_fd = state_directory_lock(w->state_fd);
        return w->lock_fd < 0 ? w->lock_fd : 0;
}

static int watch_set_up(Watch *w) {
        int r;

        r = w->monitor ? 0 : open_state(w);
        if (r < 0)
                return r;
        r = config_load(config_lookup_environment, NULL, &w->config);
        if (r < 0)
                return r;
        r = sd_event_default(&w->event);
        if (r < 0)
                return r;
        r = sd_event_add_signal(w->event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, NULL, NULL);
        if (r >= 0)
                r = sd_event_add_signal(w->event, NULL, SIGINT | SD_EVENT_SIGNAL_PROCMASK, NULL, NULL);
        if (r >= 0)
                r = sd_event_set_watchdog(w->event, true);
        if (r < 0)
                return r;

        r = links_init(&w->links);
        if (r >= 0)
                r = lanes_init(&w->lanes);
        if (r >= 0)
                r = needed_new(&w->needed);
        if (r < 0)
                return r;
        r = leases_new(w, &w->leases);
        if (r < 0)
                return r;
        r = rtnl_new(w, netlink_fd(!w->monitor), &w->rtnl);
        if (r < 0)
                return r;

        if (w->monitor) {
                w->restored = w->first = true;
                return 0;
        }
        r = route_keeper_new(w, &w->keeper);
        if (r < 0)
                return r;
        log_configuration_errors(&w->config);
        return starter_new(w->event, &w->starter);
}

int watch_new(Monitor *monitor, Watch **ret) {
        _cleanup_(watch_freep) Watch *w = NULL;
        int r;

        w = calloc(1, sizeof(*w));
        if (!w)
                return -ENOMEM;
        w->state_fd = w->lock_fd = -EBADF;
        w->monitor = monitor;
        r = watch_set_up(w);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(w);
        return 0;
}

void watch_free(Watch *w) {
        if (!w)
                return;
        starter_free(w->starter);
        w->starter = NULL;
        restore_free(w->restore);
        /* Before the connection ends: nothing is tried again because of that. */
        deliver_abandon(w);
        watch_disconnect(w);
        lanes_done(&w->lanes);
        route_keeper_free(w->keeper);
        losses_forget(w);
        rules_abandon(w);
        links_done(&w->links);
        rtnl_free(w->rtnl);
        leases_free(w->leases);
        retry_reset(&w->reconnect);
        sd_event_source_disable_unref(w->status);
        sd_event_unref(w->event);
        needed_free(w->needed);
        safe_close(w->state_fd);
        safe_close(w->lock_fd);
        config_clear(&w->config);
        free(w);
}

int watch_run(Watch *w) {
        (void) watch_connect(w);
        return sd_event_loop(w->event);
}

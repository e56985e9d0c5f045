/* SPDX-License-Identifier: Apache-2.0 */
/* Is there something to run for an event? A host whose containers come and go by the hundred must not pay for units
 * that would do nothing. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>

#include "unit-name.h"
#include "watch.h"

static const char *const script_roots[] = {
        "/etc/network-broker",
        "/run/network-broker",
        "/usr/lib/network-broker",
        "/etc/network-event-broker",
};

/* Where systemctl enable and other programs put links to units (systemd.unit(5)). */
static const char *const unit_roots[] = {
        "/etc/systemd/system",
        "/run/systemd/system",
        "/usr/local/lib/systemd/system",
        "/usr/lib/systemd/system",
        "/etc/systemd/system.control",
        "/run/systemd/system.control",
        "/run/systemd/generator",
        "/run/systemd/generator.late",
        "/run/systemd/generator.early",
        "/run/systemd/transient",
};

DEFINE_TRIVIAL_CLEANUP_FUNC(DIR *, closedir);

/* What cannot be listed may hold scripts: nb-run finds out, and says so. */
static bool directory_has_entries(const char *path) {
        _cleanup_(closedirp) DIR *d = NULL;

        d = opendir(path);
        if (!d)
                return errno != ENOENT && errno != ENOTDIR;
        for (struct dirent *de; (de = readdir(d));)
                if (de->d_name[0] != '.')
                        return true;
        return false;
}

static bool has_scripts(EventType event) {
        char path[128];

        for (const char *const *dir = event_info(event)->directories; *dir; dir++)
                for (size_t i = 0; i < ELEMENTSOF(script_roots); i++) {
                        snprintf(path, sizeof(path), "%s/%s", script_roots[i], *dir);
                        if (directory_has_entries(path))
                                return true;
                }
        return false;
}

static bool unit_is_wanted(const char *unit) {
        static const char *const suffixes[] = { "wants", "requires", "upholds" };
        char path[PATH_MAX];

        for (size_t i = 0; i < ELEMENTSOF(unit_roots); i++)
                for (size_t j = 0; j < ELEMENTSOF(suffixes); j++) {
                        snprintf(path, sizeof(path), "%s/%s.%s", unit_roots[i], unit, suffixes[j]);
                        if (directory_has_entries(path))
                                return true;
                }
        return false;
}

bool event_is_wanted(EventType event, const char *link) {
        char unit[UNIT_NAME_LENGTH_MAX];

        if (unit_name_format(UNIT_RUN, event, link, unit) < 0)
                return false;
        return unit_is_wanted(unit) || unit_is_wanted("nb-run@.service");
}

bool event_is_needed(const Config *config, EventType event, const char *link) {
        if (has_scripts(event))
                return true;
        /* dhclient has no states: its leases run routable.d, as the original did. */
        if (event == EVENT_TYPE_LEASE && config->dhclient && has_scripts(EVENT_TYPE_ROUTABLE))
                return true;
        return event_is_wanted(event, link);
}

bool unit_seems_active(const char *unit) {
        char path[PATH_MAX], target[64];

        snprintf(path, sizeof(path), "/run/systemd/units/invocation:%s", unit);
        return readlink(path, target, sizeof(target)) > 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Is there something to run for an event? A host whose containers come and go by the hundred must not pay for units
 * that would do nothing.
 *
 * What a folder holds is remembered until its time stamp changes. Those of scripts are looked at when something may have
 * changed in them, those of units after a daemon-reload only, as systemd has it. */
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "file-util.h"
#include "folder-watch.h"
#include "log.h"
#include "needed.h"
#include "time-util.h"
#include "unit-name.h"

/* Time stamps move in steps: a folder that was changed just now may change again without showing it. */
#define SETTLED_NSEC (100U * 1000U * 1000U)

/* Where systemctl enable and other programs put links to units (systemd.unit(5)). */
static const char *const unit_roots[] = {
        "/etc/systemd/system",
        "/run/systemd/system",
        "/usr/local/lib/systemd/system",
        "/usr/lib/systemd/system",
        "/etc/systemd/system.control",
        "/run/systemd/system.control",
        "/run/systemd/generator",
        "/run/systemd/generator.early",
        "/run/systemd/generator.late",
        "/run/systemd/transient",
};

typedef struct Folder {
        uint64_t changed_nsec; /* its time stamp; 0: look again */
        unsigned turn;         /* of folder_watch_turn(), when it was looked at; 0: look again */
        bool needed;           /* it holds a script; of units: it cannot be listed */
        bool said;             /* that it, or a folder in it, cannot be listed */
        char **names;          /* of folders NAME.wants and such; NULL-terminated, may be NULL */
} Folder;

struct Needed {
        FolderWatch watch;
        Folder scripts[_EVENT_TYPE_MAX][EVENT_DIRECTORIES_MAX][EVENT_SCRIPT_ROOTS];
        Folder units[ELEMENTSOF(unit_roots)];
        bool units_are_known;
};

bool time_stamp_is_settled(const struct timespec *changed, const struct timespec *now) {
        return timespec_nsec(changed) + SETTLED_NSEC < timespec_nsec(now);
}

/* Whether the folder has to be read; remembers its time stamp if that is enough the next time. Without such a folder
 * too: then *ret_errno says why, else it is 0. */
static bool folder_changed(Folder *folder, const char *path, int *ret_errno) {
        struct timespec now;
        uint64_t changed;
        struct stat st;

        *ret_errno = 0;
        if (stat(path, &st) < 0) {
                *ret_errno = errno;
                folder->changed_nsec = 0;
                return true;
        }
        changed = timespec_nsec(&st.st_mtim);
        if (changed == folder->changed_nsec && changed > 0)
                return false;

        (void) clock_gettime(CLOCK_REALTIME, &now);
        folder->changed_nsec = time_stamp_is_settled(&st.st_mtim, &now) ? changed : 0;
        return true;
}

static bool is_absent(int error) {
        return error == ENOENT || error == ENOTDIR;
}

/* Whether something may be in what cannot be listed, unless it is not there: who runs it finds out. It may become
 * readable without another time stamp. */
static bool folder_may_hold(Folder *folder, const char *path, int error) {
        if (is_absent(error))
                return false;
        if (!folder->said)
                log_warning_errno(error, "Failed to list %s, taking it for not empty: %m", path);
        folder->said = true;
        folder->changed_nsec = 0;
        folder->turn = 0;
        return true;
}

/* path is of the folder, or of one in it. */
static bool folder_has_entries(Folder *folder, const char *path) {
        _cleanup_(closedirp) DIR *d = NULL;

        d = opendir(path);
        if (!d)
                return folder_may_hold(folder, path, errno);
        for (struct dirent *de; (de = readdir(d));)
                if (de->d_name[0] != '.')
                        return true;
        return false;
}

static void look_for_scripts(
                FolderWatch *watch, Folder *folder, const char *root, const char *directory, unsigned turn) {
        char path[128];
        int error;

        snprintf(path, sizeof(path), "%s/%s", root, directory);
        folder->turn = turn > 0 && folder_watch_add(watch, path) ? turn : 0;
        if (folder_changed(folder, path, &error))
                folder->needed = error > 0 ? folder_may_hold(folder, path, error)
                                           : folder_has_entries(folder, path);
}

bool event_has_scripts(Needed *n, EventType event) {
        const char *const *directories = event_info(event)->directories;
        unsigned turn = folder_watch_turn(&n->watch);

        for (size_t i = 0; directories[i]; i++)
                for (size_t j = 0; j < ELEMENTSOF(event_script_roots); j++) {
                        Folder *folder = &n->scripts[event][i][j];

                        if (folder->turn == 0 || folder->turn != turn)
                                look_for_scripts(&n->watch, folder, event_script_roots[j], directories[i],
                                                turn);
                        if (folder->needed)
                                return true;
                }
        return false;
}

static bool is_dependency_folder(const char *name) {
        static const char *const suffixes[] = { ".wants", ".requires", ".upholds" };
        size_t n = strlen(name);

        if (!startswith(name, "nb-run@"))
                return false;
        for (size_t i = 0; i < ELEMENTSOF(suffixes); i++)
                if (n > strlen(suffixes[i]) && streq(name + n - strlen(suffixes[i]), suffixes[i]))
                        return true;
        return false;
}

static void folder_read_names(Folder *folder, const char *path, int error) {
        _cleanup_(closedirp) DIR *d = NULL;
        bool whole = true;
        size_t n = 0;

        strv_free(folder->names);
        folder->names = NULL;
        folder->needed = false;

        d = error > 0 ? NULL : opendir(path);
        if (!d) {
                folder->needed = folder_may_hold(folder, path, error > 0 ? error : errno);
                return;
        }
        for (struct dirent *de; (de = readdir(d));) {
                char **names;

                if (!is_dependency_folder(de->d_name))
                        continue;
                names = reallocarray(folder->names, n + 2, sizeof(char *));
                if (!names) {
                        whole = false;
                        break;
                }
                folder->names = names;
                names[n] = strdup(de->d_name);
                names[n + 1] = NULL;
                if (!names[n++]) {
                        whole = false;
                        break;
                }
        }
        /* Half a list must not be taken for the whole the next time. */
        if (!whole)
                folder->needed = folder_may_hold(folder, path, ENOMEM);
}

/* The folders UNIT.wants and so on, and those of the template. */
static bool name_is_of(const char *name, const char *unit) {
        const char *rest = startswith(name, unit) ?: startswith(name, "nb-run@.service");

        return rest && *rest == '.';
}

static void read_unit_folders(Needed *n) {
        int error;

        n->units_are_known = true;
        for (size_t i = 0; i < ELEMENTSOF(unit_roots); i++) {
                Folder *folder = &n->units[i];

                if (folder_changed(folder, unit_roots[i], &error))
                        folder_read_names(folder, unit_roots[i], error);
                if (!is_absent(error) && folder->changed_nsec == 0)
                        n->units_are_known = false;
        }
}

void needed_reload(Needed *n) {
        n->units_are_known = false;
}

static bool unit_is_wanted(Needed *n, const char *unit) {
        char path[PATH_MAX];

        for (size_t i = 0; i < ELEMENTSOF(unit_roots); i++) {
                Folder *folder = &n->units[i];

                if (folder->needed)
                        return true;
                for (char **name = folder->names; name && *name; name++) {
                        if (!name_is_of(*name, unit))
                                continue;
                        snprintf(path, sizeof(path), "%s/%s", unit_roots[i], *name);
                        if (folder_has_entries(folder, path))
                                return true;
                }
        }
        return false;
}

/* Most machines have no folder of ours, and then no name needs to be made. */
static bool has_unit_folders(Needed *n) {
        if (!n->units_are_known)
                read_unit_folders(n);
        for (size_t i = 0; i < ELEMENTSOF(unit_roots); i++)
                if (n->units[i].names || n->units[i].needed)
                        return true;
        return false;
}

bool event_is_wanted(Needed *n, EventType event, const char *link) {
        char unit[UNIT_NAME_LENGTH_MAX];

        return has_unit_folders(n) && unit_name_format(UNIT_RUN, event, link, unit) >= 0 &&
                        unit_is_wanted(n, unit);
}

bool event_is_needed(Needed *n, const Config *config, EventType event, const char *link) {
        if (event_has_scripts(n, event))
                return true;
        /* dhclient has no states: its leases run routable.d, as the original did. */
        if (event == EVENT_TYPE_LEASE && config->dhclient && event_has_scripts(n, EVENT_TYPE_ROUTABLE))
                return true;
        return event_is_wanted(n, event, link);
}

int needed_new(Needed **ret) {
        Needed *n;

        n = calloc(1, sizeof(*n));
        if (!n)
                return -ENOMEM;
        n->watch = FOLDER_WATCH_NULL;

        *ret = n;
        return 0;
}

void needed_free(Needed *n) {
        if (!n)
                return;
        for (size_t i = 0; i < ELEMENTSOF(n->units); i++)
                strv_free(n->units[i].names);
        folder_watch_done(&n->watch);
        free(n);
}

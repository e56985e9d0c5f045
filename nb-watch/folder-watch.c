/* SPDX-License-Identifier: Apache-2.0 */
/* May what was seen of a folder have changed since? See folder-watch.h.
 *
 * inotify tells of what is done here, the list of mounts of what is put over it. What neither tells of, such as what is
 * done at the other end of a network's file system, is found after some seconds. */
#include "folder-watch.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/inotify.h>

#include "time-util.h"

#define TURN_USEC (5U * 1000U * 1000U)

/* A link may lead anywhere: what changes on its way is not noticed. */
#define CHANGES                                                                                             \
        (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF |  \
                        IN_ONLYDIR | IN_DONT_FOLLOW)

static bool can_watch(FolderWatch *watch) {
        if (watch->mounts_fd < 0)
                watch->mounts_fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
        if (watch->mounts_fd >= 0 && watch->notify_fd < 0)
                watch->notify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        return watch->notify_fd >= 0;
}

unsigned folder_watch_turn(FolderWatch *watch) {
        struct pollfd fds[] = { { .events = POLLIN }, { .events = POLLPRI } };
        uint64_t now = now_usec();
        char changes[4096];

        if (!can_watch(watch))
                return 0;
        fds[0].fd = watch->notify_fd;
        fds[1].fd = watch->mounts_fd;
        if (poll(fds, ELEMENTSOF(fds), 0) == 0 && watch->turn > 0 && now - watch->began_usec < TURN_USEC)
                return watch->turn;

        while (read(watch->notify_fd, changes, sizeof(changes)) > 0)
                ;
        watch->began_usec = now;
        if (++watch->turn == 0)
                watch->turn = 1;
        return watch->turn;
}

static bool add(FolderWatch *watch, const char *path) {
        return inotify_add_watch(watch->notify_fd, path, CHANGES) >= 0;
}

/* Of one that is not there, the folder that it would come into tells; so that is watched first. */
bool folder_watch_add(FolderWatch *watch, const char *path) {
        char parent[PATH_MAX], grandparent[PATH_MAX];

        if (!can_watch(watch))
                return false;
        snprintf(parent, sizeof(parent), "%.*s", (int) (strrchr(path, '/') - path), path);
        snprintf(grandparent, sizeof(grandparent), "%.*s", (int) (strrchr(parent, '/') - parent), parent);
        if (!add(watch, parent) &&
                        (errno != ENOENT || !add(watch, grandparent) ||
                                        (!add(watch, parent) && errno != ENOENT)))
                return false;
        return add(watch, path) || errno == ENOENT;
}

void folder_watch_done(FolderWatch *watch) {
        watch->notify_fd = safe_close(watch->notify_fd);
        watch->mounts_fd = safe_close(watch->mounts_fd);
}

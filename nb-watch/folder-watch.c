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

static int notify_fd = -EBADF, mounts_fd = -EBADF;

static bool can_watch(void) {
        if (mounts_fd < 0)
                mounts_fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
        if (mounts_fd >= 0 && notify_fd < 0)
                notify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        return notify_fd >= 0;
}

unsigned folder_watch_turn(void) {
        static uint64_t began;
        static unsigned turn;
        struct pollfd fds[] = { { .events = POLLIN }, { .events = POLLPRI } };
        uint64_t now = now_usec();
        char changes[4096];

        if (!can_watch())
                return 0;
        fds[0].fd = notify_fd;
        fds[1].fd = mounts_fd;
        if (poll(fds, ELEMENTSOF(fds), 0) == 0 && turn > 0 && now - began < TURN_USEC)
                return turn;

        while (read(notify_fd, changes, sizeof(changes)) > 0)
                ;
        began = now;
        if (++turn == 0)
                turn = 1;
        return turn;
}

static bool watch(const char *path) {
        return inotify_add_watch(notify_fd, path, CHANGES) >= 0;
}

/* Of one that is not there, the folder that it would come into tells; so that is watched first. */
bool folder_watch(const char *path) {
        char parent[PATH_MAX], grandparent[PATH_MAX];

        if (!can_watch())
                return false;
        snprintf(parent, sizeof(parent), "%.*s", (int) (strrchr(path, '/') - path), path);
        snprintf(grandparent, sizeof(grandparent), "%.*s", (int) (strrchr(parent, '/') - parent), parent);
        if (!watch(parent) &&
                        (errno != ENOENT || !watch(grandparent) || (!watch(parent) && errno != ENOENT)))
                return false;
        return watch(path) || errno == ENOENT;
}

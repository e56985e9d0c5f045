/* SPDX-License-Identifier: Apache-2.0 */
/* Does a unit run, as far as can be seen without a question to PID 1? See unit-active.h. */
#include "unit-active.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "macros.h"

bool unit_seems_active_since(const char *unit, struct timespec *ret) {
        static int units_fd = -EBADF;
        char name[NAME_MAX + 1];
        struct stat st;

        if (units_fd < 0)
                units_fd = open("/run/systemd/units", O_PATH | O_DIRECTORY | O_CLOEXEC);
        snprintf(name, sizeof(name), "invocation:%s", unit);
        if (fstatat(units_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return false;

        *ret = st.st_mtim;
        return true;
}

bool unit_seems_active(const char *unit) {
        struct timespec since;

        return unit_seems_active_since(unit, &since);
}

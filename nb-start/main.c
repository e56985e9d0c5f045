/* SPDX-License-Identifier: Apache-2.0 */
/* nb-start: may this unit be started? then start it. Decides nothing. */
#include <pwd.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include "log.h"
#include "options.h"
#include "start.h"

#define WATCH_USER "network-broker"

static const char help[] =
                "nb-start\n"
                "\n"
                "Starts and stops the units of network events for nb-watch. Started by nb-start.socket;\n"
                "there is nothing to run by hand.\n"
                "\n"
                "  -h --help     show this text\n"
                "     --version  show the version\n"
                "\n"
                "See nb-start(8).";

static int run(int argc, char *argv[]) {
        _cleanup_(start_freep) Start *start = NULL;
        struct passwd *user;
        int r;

        log_setup("nb-start", LOG_TARGET_AUTO);

        r = options_parse(argc, argv, "nb-start", help, &(const Option){});
        if (r <= 0)
                return r;
        if (r < argc)
                return log_error_errno(-EINVAL, "nb-start takes no arguments.");

        r = sd_listen_fds(1);
        if (r != 1 || sd_is_socket(SD_LISTEN_FDS_START, AF_UNIX, SOCK_SEQPACKET, 1) <= 0)
                return log_error_errno(-EINVAL, "Not started by nb-start.socket.");

        errno = 0;
        user = getpwnam(WATCH_USER);
        if (!user)
                return log_error_errno(
                                errno > 0 ? -errno : -ESRCH, "Failed to find the user %s: %m", WATCH_USER);

        r = start_new(SD_LISTEN_FDS_START, user->pw_uid, &start);
        if (r < 0)
                return r;

        r = start_run(start);
        if (r < 0)
                return log_fatal_errno(r, "Event loop failed: %m");
        return r;
}

DEFINE_MAIN_FUNCTION(run);

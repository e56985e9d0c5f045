/* SPDX-License-Identifier: Apache-2.0 */
/* nb-start: may this unit be started? then start it. Decides nothing. */
#include <getopt.h>
#include <pwd.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include "log.h"
#include "start.h"

#define WATCH_USER "network-broker"

static void help(void) {
        puts("nb-start\n"
             "\n"
             "Starts and stops the units of network events for nb-watch. Started by nb-start.socket;\n"
             "there is nothing to run by hand.\n"
             "\n"
             "  -h --help     show this text\n"
             "     --version  show the version\n"
             "\n"
             "See nb-start(8).");
}

static int parse_arguments(int argc, char *argv[]) {
        static const struct option options[] = {
                { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, 'v' },
                {},
        };
        int c;

        while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0)
                switch (c) {
                case 'h':
                        help();
                        return 0;
                case 'v':
                        puts("nb-start " VERSION);
                        return 0;
                default:
                        return -EINVAL;
                }
        if (optind < argc)
                return log_error_errno(-EINVAL, "nb-start takes no arguments.");
        return 1;
}

static int run(int argc, char *argv[]) {
        _cleanup_(start_freep) Start *start = NULL;
        struct passwd *user;
        int r;

        log_setup("nb-start", LOG_TARGET_AUTO);

        r = parse_arguments(argc, argv);
        if (r <= 0)
                return r;

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
                return log_fatal_errno(r, "Failed to set up: %m");

        r = start_run(start);
        if (r < 0)
                return log_fatal_errno(r, "Event loop failed: %m");
        return r;
}

DEFINE_MAIN_FUNCTION(run);

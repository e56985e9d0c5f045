/* SPDX-License-Identifier: Apache-2.0 */
/* nb-watch: what changed on the network, and in what order is it told? */
#include <getopt.h>

#include "log.h"
#include "monitor.h"
#include "watch.h"

static bool arg_monitor;
static Monitor arg_format;

static void help(void) {
        puts("nb-watch [--monitor [--json]]\n"
             "\n"
             "Watches the network and has a unit started for each event. Started by nb-watch.service.\n"
             "\n"
             "     --monitor  print events as they happen, one a line, and start nothing\n"
             "     --json     … as one JSON object a line\n"
             "  -h --help     show this text\n"
             "     --version  show the version\n"
             "\n"
             "See nb-watch(8).");
}

static int parse_arguments(int argc, char *argv[]) {
        static const struct option options[] = {
                { "monitor", no_argument, NULL, 'm' },
                { "json", no_argument, NULL, 'j' },
                { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, 'v' },
                {},
        };
        int c;

        while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0)
                switch (c) {
                case 'm':
                        arg_monitor = true;
                        break;
                case 'j':
                        arg_format.json = true;
                        break;
                case 'h':
                        help();
                        return 0;
                case 'v':
                        puts("nb-watch " VERSION);
                        return 0;
                default:
                        return -EINVAL;
                }
        if (optind < argc)
                return log_error_errno(-EINVAL, "nb-watch takes no arguments, got '%s'.", argv[optind]);
        if (arg_format.json && !arg_monitor)
                return log_error_errno(-EINVAL, "--json goes with --monitor.");
        return 1;
}

static int run(int argc, char *argv[]) {
        _cleanup_(watch_freep) Watch *watch = NULL;
        int r;

        log_setup("nb-watch", LOG_TARGET_AUTO);

        r = parse_arguments(argc, argv);
        if (r <= 0)
                return r;

        r = watch_new(arg_monitor ? &arg_format : NULL, &watch);
        if (r < 0)
                return log_fatal_errno(r, "Failed to set up: %m");

        r = watch_run(watch);
        if (r < 0)
                return log_fatal_errno(r, "Event loop failed: %m");
        return r;
}

DEFINE_MAIN_FUNCTION(run);

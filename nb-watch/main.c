/* SPDX-License-Identifier: Apache-2.0 */
/* nb-watch: what changed on the network, and in what order is it told? */
#include "log.h"
#include "monitor.h"
#include "options.h"
#include "output.h"
#include "state-directory.h"
#include "watch.h"

static const char help[] =
                "nb-watch [--monitor [--json]]\n"
                "\n"
                "Watches the network and has a unit started for each event. Started by nb-watch.service.\n"
                "\n"
                "     --monitor  print events as they happen, one a line, and start nothing\n"
                "     --json     … as one JSON object a line\n"
                "  -h --help     show this text\n"
                "     --version  show the version\n"
                "\n"
                "See nb-watch(8).";

static int run(int argc, char *argv[]) {
        _cleanup_(watch_freep) Watch *watch = NULL;
        bool monitor = false;
        Monitor format = {};
        const Option options[] = { { "monitor", 0, &monitor }, { "json", 0, &format.json }, {} };
        int r;

        log_setup("nb-watch", LOG_TARGET_AUTO);

        r = options_parse(argc, argv, "nb-watch", help, options);
        if (r <= 0)
                return r;
        if (r < argc)
                return log_error_errno(-EINVAL, "nb-watch takes no arguments, got '%s'.", argv[r]);
        if (format.json && !monitor)
                return log_error_errno(-EINVAL, "--json goes with --monitor.");

        r = monitor ? output_check() : 0;
        if (r < 0)
                return r;
        r = watch_new(monitor ? &format : NULL, &watch);
        if (r == -EALREADY)
                return log_fatal_errno(r,
                                "Another nb-watch runs, and holds " STATE_DIRECTORY
                                ". To see events, use nb-watch --monitor.");
        if (r < 0)
                return log_fatal_errno(r, "Failed to set up: %m");

        r = watch_run(watch);
        if (r < 0)
                return log_fatal_errno(r, "Event loop failed: %m");
        return r;
}

DEFINE_MAIN_FUNCTION(run);

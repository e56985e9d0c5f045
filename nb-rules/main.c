/* SPDX-License-Identifier: Apache-2.0 */
/* nb-rules: what rules should a link have, which has it, what is the difference? */
#include <getopt.h>

#include "log.h"
#include "output.h"
#include "relro.h"
#include "sync.h"
#include "unit-name.h"

static const char help[] =
                "nb-rules [--instance] --sync|--remove|--dry-run LINK\n\n"
                "Keeps the policy routing rules of a link.\n\n"
                "  --sync LINK     make the rules and routes what they should be\n"
                "  --remove LINK   remove all that was made for the link\n"
                "  --dry-run LINK  print what --sync would do, as commands of ip(8)\n"
                "  --instance      LINK is written as in nb-rules@LINK.service, and the configuration\n"
                "                  is in the environment: for the unit\n"
                "  -h --help       this text\n"
                "  --version       the version\n\n"
                "See nb-rules(8).";

typedef struct Options {
        SyncMode mode;
        const char *link;
        bool instance;
} Options;

/* Returns 0 if there is nothing more to do, 1 to go on. */
static int parse_arguments(int argc, char *argv[], Options *ret) {
        enum { ARG_SYNC = 256, ARG_REMOVE, ARG_DRY_RUN, ARG_INSTANCE, ARG_VERSION };
        static const struct option options[] = {
                { "sync", required_argument, NULL, ARG_SYNC },
                { "remove", required_argument, NULL, ARG_REMOVE },
                { "dry-run", required_argument, NULL, ARG_DRY_RUN },
                { "instance", no_argument, NULL, ARG_INSTANCE },
                { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, ARG_VERSION },
                {},
        };
        Options o = {};
        int c;

        while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0)
                switch (c) {
                case ARG_SYNC:
                case ARG_REMOVE:
                case ARG_DRY_RUN:
                        if (o.link)
                                return log_error_errno(
                                                EINVAL, "One of --sync, --remove and --dry-run, please.");
                        o.link = optarg;
                        o.mode = c == ARG_SYNC ? SYNC_KEEP : c == ARG_REMOVE ? SYNC_REMOVE : SYNC_SHOW;
                        break;
                case ARG_INSTANCE:
                        o.instance = true;
                        break;
                case 'h':
                        return output_line(help);
                case ARG_VERSION:
                        return output_line("nb-rules " VERSION);
                default:
                        return -EINVAL;
                }

        if (optind < argc)
                return log_error_errno(
                                EINVAL, "Unexpected argument '%s', see nb-rules --help.", argv[optind]);
        if (!o.link)
                return log_error_errno(
                                EINVAL, "--sync, --remove or --dry-run is needed, see nb-rules --help.");

        *ret = o;
        return 1;
}

/* The link's name and its unit's, from either spelling. */
static int name_unit(const Options *o, UnitName *ret_name, char ret_unit[static UNIT_NAME_LENGTH_MAX]) {
        int r = -EINVAL;

        if (!o->instance)
                r = unit_name_format(UNIT_RULES, EVENT_TYPE_ROUTES, o->link, ret_unit);
        else if (snprintf(ret_unit, UNIT_NAME_LENGTH_MAX, "nb-rules@%s.service", o->link) <
                        UNIT_NAME_LENGTH_MAX)
                r = 0;
        if (r >= 0)
                r = unit_name_parse(ret_unit, ret_name);
        if (r < 0)
                return log_error_errno(r, "'%s' is not the %s of a link.", o->link,
                                o->instance ? "escaped name" : "name");
        return 0;
}

static int run(int argc, char *argv[]) {
        char unit[UNIT_NAME_LENGTH_MAX];
        Settings settings;
        UnitName name;
        Options o = {};
        int r;

        log_setup("nb-rules", LOG_TARGET_AUTO);

        r = relro_protect();
        if (r < 0)
                return log_fatal_errno(r, "Cannot write-protect relocated data: %m");
        r = parse_arguments(argc, argv, &o);
        if (r <= 0)
                return r;
        r = name_unit(&o, &name, unit);
        if (r < 0)
                return r;
        if (o.mode == SYNC_SHOW) {
                r = output_check();
                if (r < 0)
                        return r;
        }
        r = settings_load(o.instance ? NULL : unit, &settings);
        if (r < 0)
                return r;
        return sync_link(name.link, o.mode, &settings);
}

DEFINE_MAIN_FUNCTION(run);

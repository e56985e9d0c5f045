/* SPDX-License-Identifier: Apache-2.0 */
/* nb-run: which scripts belong to an event, with which environment? Then it runs them. */
#include <getopt.h>

#include "exec.h"
#include "runner.h"
#include "script-environment.h"

/* 128 + SIGTERM; the unit takes it for a success. */
#define EXIT_INTERRUPTED 143
#define DEFAULT_TIMEOUT_USEC UINT64_C(90000000)

static const char *arg_instance;

extern char **environ;

static void help(void) {
        printf("%s [OPTION…] EVENT:LINK\n\n"
               "Run the scripts of a network event, as nb-run@EVENT:LINK.service does.\n\n"
               "  -h --help       Show this help\n"
               "     --version    Show the version\n",
                        program_invocation_short_name);
}

/* Returns 0 if the program has nothing more to do. */
static int parse_arguments(int argc, char *argv[]) {
        enum {
                ARG_VERSION = 0x100,
        };
        static const struct option options[] = {
                { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, ARG_VERSION },
                {},
        };
        int c;

        while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0)
                switch (c) {
                case 'h':
                        help();
                        return 0;
                case ARG_VERSION:
                        puts("nb-run " VERSION);
                        return 0;
                default:
                        return -EINVAL;
                }

        if (optind != argc - 1)
                return log_error_errno(EINVAL, "Expected one argument, an event such as routable:eth0.");
        arg_instance = argv[optind];
        return 1;
}

static uint64_t timeout_from_environment(void) {
        const char *e = getenv("NB_TIMEOUT");
        char *end;
        uint64_t usec;

        if (!e || *e < '0' || *e > '9')
                return DEFAULT_TIMEOUT_USEC;
        errno = 0;
        usec = strtoull(e, &end, 10);
        if (*end != '\0' || errno == ERANGE || usec == 0)
                return *end != '\0' ? DEFAULT_TIMEOUT_USEC : TIMEOUT_INFINITE;
        return usec;
}

static int read_event_file(EventType event, EventFile *ret) {
        int r;

        r = event_file_read(EVENT_FILE_FOLDER, arg_instance, event, ret);
        /* Started by hand, or by a unit that was enabled into it. */
        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return log_error_errno(r, "%s/%s: cannot be read: %m", EVENT_FILE_FOLDER, arg_instance);
        if (ret->dropped > 0)
                (void) log_warning("%s/%s: %zu unknown or invalid variables are left out", EVENT_FILE_FOLDER,
                                arg_instance, ret->dropped);
        return 0;
}

static int run_event(Runner *runner, const char *link) {
        _cleanup_environment_ Environment environment = {};
        _cleanup_event_file_ EventFile file = {};
        _cleanup_scripts_ ScriptList scripts = {};
        _cleanup_trust_ Trust trust = { .root_fd = -EBADF };
        EventContext context = { .event = runner->event, .link = link, .file = &file };
        const char *index;
        int r;

        r = trust_open("/", 0, &trust);
        if (r >= 0)
                r = scripts_find(&trust, runner->event, &scripts);
        if (r < 0)
                return log_error_errno(r, "Scripts of %s: %m", event_name(runner->event));

        r = read_event_file(runner->event, &file);
        if (r < 0)
                return r;
        index = event_file_get(&file, "LINKINDEX");
        context.ifindex = index ? (int) strtol(index, NULL, 10) : (int) if_nametoindex(link);
        runner->fields.ifindex = context.ifindex;

        r = environment_inherit(&environment, environ);
        if (r >= 0)
                r = script_environment_add(&environment, &context, &runner->fields);
        if (r >= 0)
                r = runner_run(runner, &scripts, &environment);
        if (r < 0)
                return log_error_errno(r, "%s: %m", arg_instance);
        return 0;
}

static int run(int argc, char *argv[]) {
        char link[IF_NAMESIZE];
        Runner runner = {};
        const char *refuse;
        int r;

        log_setup("nb-run", LOG_TARGET_AUTO);
        r = parse_arguments(argc, argv);
        if (r <= 0)
                return r;

        r = instance_parse(arg_instance, &runner.event, link);
        if (r < 0)
                return log_error_errno(r, "%s: not an event of a link, such as routable:eth0", arg_instance);
        (void) unit_name_format(UNIT_RUN, runner.event, link, runner.unit);
        runner.fields = (LogFields){
                .link = *link ? link : NULL, .event = event_name(runner.event), .unit = runner.unit
        };
        runner.timeout_usec = timeout_from_environment();

        refuse = getenv("NB_REFUSE");
        if (refuse) {
                (void) log_message(LOG_ERR, 0, &runner.fields, "No script is run: %s", refuse);
                return -EPERM;
        }

        r = exec_setup();
        if (r < 0)
                return log_error_errno(r, "Cannot prepare for scripts: %m");
        r = run_event(&runner, link);
        if (r < 0)
                return r;
        if (runner.interrupted)
                return EXIT_INTERRUPTED;
        return runner.failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

DEFINE_MAIN_FUNCTION(run);

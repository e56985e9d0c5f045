/* SPDX-License-Identifier: Apache-2.0 */
/* nb-run: which scripts belong to an event, with which environment? Then it runs them. */
#include <getopt.h>

#include "exec.h"
#include "prepare.h"
#include "runner.h"

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

static bool emit_json(void) {
        const char *e = getenv("NB_EMIT_JSON");

        return !e || !streq(e, "no");
}

static bool has_something_to_do(const ScriptList *scripts) {
        for (size_t i = 0; i < scripts->n; i++)
                if (scripts->items[i].verdict == SCRIPT_RUN)
                        return true;
        return false;
}

/* With dhclient nobody else says that the link has become routable. */
static bool lease_makes_routable(EventType event, const EventFile *file) {
        const char *change = event_file_get(file, "LEASE_EVENT");

        return event == EVENT_TYPE_LEASE && generator_includes(getenv("NB_GENERATOR"), "dhclient") &&
                        change &&
                        (streq(change, "bound") || streq(change, "renewed") || streq(change, "changed"));
}

static int run_directories(
                Runner *runner, EventType directories, const EventFile *file, Environment *e, int *json_fd) {
        _cleanup_trust_ Trust trust = { .root_fd = -EBADF };
        _cleanup_scripts_ ScriptList scripts = {};
        int r;

        r = trust_open("/", 0, &trust);
        if (r >= 0)
                r = scripts_find(&trust, directories, &scripts);
        if (r < 0)
                return r;

        if (has_something_to_do(&scripts) && e->n == 0) {
                const PrepareRequest request = { .event = runner->event,
                        .link = strempty(runner->fields.link),
                        .file = file,
                        .emit_json = emit_json(),
                        .generator = getenv("NB_GENERATOR"),
                        .fields = &runner->fields };

                r = environment_inherit(e, (const char *const *) environ);
                if (r >= 0)
                        r = prepare_environment(&request, e, json_fd);
                if (r < 0)
                        return r;
        }
        if (directories != runner->event) {
                r = script_environment_set_routable(e);
                if (r < 0)
                        return r;
        }
        return runner_run(runner, &scripts, e);
}

static int run_event(Runner *runner) {
        _cleanup_environment_ Environment environment = {};
        _cleanup_event_file_ EventFile file = {};
        _cleanup_close_ int json_fd = -EBADF;
        int r;

        r = read_event_file(runner->event, &file);
        if (r < 0)
                return r;
        r = run_directories(runner, runner->event, &file, &environment, &json_fd);
        if (r >= 0 && !runner->interrupted && lease_makes_routable(runner->event, &file))
                r = run_directories(runner, EVENT_TYPE_ROUTABLE, &file, &environment, &json_fd);
        if (r < 0)
                return log_message(LOG_ERR, r, &runner->fields, "%s: %m", arg_instance);
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
        r = run_event(&runner);
        if (r < 0)
                return r;
        if (runner.interrupted)
                return EXIT_INTERRUPTED;
        return runner.failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

DEFINE_MAIN_FUNCTION(run);

/* SPDX-License-Identifier: Apache-2.0 */
/* nb-run: which scripts belong to an event, with which environment? Then it runs them. */
#include "dry-run.h"
#include "exec.h"
#include "journal-stream.h"
#include "number.h"
#include "options.h"
#include "relro.h"
#include "run-event.h"
#include "unit-show.h"

/* 128 + SIGTERM; the unit takes it for a success. */
#define EXIT_INTERRUPTED 143
/* systemd's number, and name in what it logs, for an output that cannot be had. There is nowhere else to say it. */
#define EXIT_STDOUT 209
/* Far less than what the unit has from TERM to KILL. */
#define STATE_TIMEOUT_MSEC 1000
#define DEFAULT_TIMEOUT_USEC UINT64_C(90000000)

static const char *arg_instance;
static bool arg_dry_run;

static const char help[] =
                "nb-run [OPTION…] EVENT:LINK | manager\n\n"
                "Run the scripts of a network event, as nb-run@EVENT:LINK.service does.\n\n"
                "     --dry-run    Run nothing: show what would run, what not and why, and the environment\n"
                "  -h --help       Show this help\n"
                "     --version    Show the version";

static uint64_t timeout_from_environment(void) {
        uint64_t usec;
        int r;

        r = number_parse(getenv("NB_TIMEOUT"), 10, UINT64_MAX, &usec);
        if (r == -EINVAL)
                return DEFAULT_TIMEOUT_USEC;
        return r < 0 || usec == 0 ? TIMEOUT_INFINITE : usec;
}

/* PID 1 sends the same signal for systemctl stop and for systemctl kill; somebody else may have sent it too. Where PID 1
 * does not answer, as may be in a shutdown, it is taken for a stop. */
static int interrupted_status(const Runner *runner) {
        _cleanup_buffer_ Buffer state = {};

        if (unit_show(runner->unit, "ActiveState", STATE_TIMEOUT_MSEC, &state) < 0 || !buffer_text(&state) ||
                        !streq(buffer_text(&state), "ActiveState=activating\n"))
                return EXIT_INTERRUPTED;
        return log_message(LOG_ERR, EINTR, &runner->fields,
                        "A signal cut the run short, and nobody is stopping %s: it has failed",
                        runner->unit);
}

static int run_scripts(Runner *runner) {
        _cleanup_plan_ Plan plan = PLAN_INITIALIZER;
        const char *refuse;
        int r;

        if (journal_stream_is_forbidden())
                return EXIT_STDOUT;
        refuse = getenv("NB_REFUSE");
        if (refuse && *refuse) {
                (void) log_message(LOG_ERR, 0, &runner->fields, "No script is run: %s", refuse);
                return -EPERM;
        }

        r = exec_setup();
        if (r < 0)
                return log_error_errno(r, "Cannot prepare for scripts: %m");
        r = plan_make(runner, arg_instance, (const char *const *) environ, false, &plan);
        if (r >= 0)
                r = plan_run(&plan, runner);
        if (r < 0)
                return r;
        if (runner->interrupted)
                return interrupted_status(runner);
        return runner->failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* A link's name as it is, where only the form that it has in the name of a unit is one, is told that form. */
static int log_bad_instance(int error) {
        const char *colon = strchr(arg_instance, ':');
        char name[INSTANCE_MAX], instance[INSTANCE_MAX];
        EventType event;

        if (colon &&
                        snprintf(name, sizeof(name), "%.*s", (int) (colon - arg_instance), arg_instance) <
                                        (int) sizeof(name) &&
                        event_from_name(name, &event) >= 0 && event_info(event)->kind != EVENT_MANAGER &&
                        instance_format(event, colon + 1, instance) >= 0)
                return log_error_errno(error,
                                "%s: the link's name is to be written as in that of the unit: '%s'",
                                arg_instance, instance);
        return log_error_errno(error, "%s: not an event of a link, such as routable:eth0", arg_instance);
}

static int run(int argc, char *argv[]) {
        static const Option options[] = { { "dry-run", 0, &arg_dry_run }, {} };
        char link[IF_NAMESIZE];
        Runner runner = {};
        int r;

        log_setup("nb-run", LOG_TARGET_AUTO);
        r = relro_protect();
        if (r < 0)
                return log_fatal_errno(r, "Cannot write-protect relocated data: %m");
        r = options_parse(argc, argv, "nb-run", help, options);
        if (r <= 0)
                return r;
        if (!arg_dry_run && journal_stream_adopt() && !isatty(STDERR_FILENO))
                log_setup("nb-run", LOG_TARGET_JOURNAL);
        if (r != argc - 1)
                return log_error_errno(-EINVAL, "Expected one argument, an event such as routable:eth0.");
        arg_instance = argv[r];

        r = instance_parse(arg_instance, &runner.event, link);
        if (r < 0)
                return log_bad_instance(r);
        (void) unit_name_format(UNIT_RUN, runner.event, link, runner.unit);
        runner.fields = (LogFields){
                .link = *link ? link : NULL, .event = event_name(runner.event), .unit = runner.unit
        };
        runner.timeout_usec = timeout_from_environment();
        return arg_dry_run ? dry_run(&runner, arg_instance) : run_scripts(&runner);
}

DEFINE_MAIN_FUNCTION(run);

/* SPDX-License-Identifier: Apache-2.0 */
/* In which order do the scripts of an event run, and where does their output go? See runner.h. */
#include "runner.h"

#include <inttypes.h>
#include <sys/stat.h>

#include "exec.h"
#include "journal-stream.h"
#include "relay.h"
#include "report.h"
#include "scripts.h"

/* Programs that know JOURNAL_STREAM= compare it with their standard error before they use it. */
static int set_journal_stream(Environment *environment, int fd) {
        char value[48];
        struct stat st;

        if (fstat(fd, &st) < 0)
                return negative_errno();
        (void) snprintf(value, sizeof(value), "%" PRIu64 ":%" PRIu64, (uint64_t) st.st_dev,
                        (uint64_t) st.st_ino);
        return environment_set(environment, "JOURNAL_STREAM", value);
}

/* Another user's lines need the relay to reach their unit; the others, and those of a script whose relay could not be
 * started, reach the journal without it. */
static int try_relay(const LogFields *fields, const Script *script, int stream) {
        int relay;

        if (geteuid() == 0)
                return -EBADF;
        relay = relay_start(stream);
        if (relay < 0)
                (void) log_message(LOG_WARNING, relay, fields,
                                "%s: cannot start a process that hands its output on, so lines of its children "
                                "may be missing under this unit: %m",
                                script->path);
        return relay;
}

/* Where an administrator has sent it elsewhere, or on a terminal, the output goes there; else *ret_fd, for the caller
 * to close, goes to the journal. */
static int connect_output(const Runner *runner, const Script *script, Environment *environment,
                ExecRequest *request, int *ret_fd) {
        bool output = journal_stream_is_inherited(STDOUT_FILENO);
        bool error = journal_stream_is_inherited(STDERR_FILENO);
        LogFields fields = runner->fields;
        _cleanup_close_ int stream = -EBADF, relay = -EBADF;
        int r;

        /* That of the script before. */
        environment_unset(environment, "JOURNAL_STREAM");
        if (!output && !error)
                return 0;
        fields.script = script->name;
        stream = journal_stream_open(script->name, runner->unit);
        if (stream < 0) {
                (void) log_message(LOG_WARNING, stream, &fields, "%s: cannot connect its output to %s: %m",
                                script->path, JOURNAL_STREAM_SOCKET);
                return 0;
        }

        relay = try_relay(&fields, script, stream);
        if (relay >= 0)
                *ret_fd = TAKE_FD(relay);
        else {
                r = set_journal_stream(environment, stream);
                if (r < 0)
                        return r;
                *ret_fd = TAKE_FD(stream);
        }

        if (output)
                request->output_fd = *ret_fd;
        if (error)
                request->error_fd = *ret_fd;
        return 0;
}

static int run_script(Runner *runner, const Trust *trust, Script *script, Environment *environment) {
        ExecRequest request = {
                .path = script->path,
                .output_fd = STDOUT_FILENO,
                .error_fd = STDERR_FILENO,
                .timeout_usec = runner->timeout_usec,
        };
        _cleanup_close_ int fd = -EBADF;
        ExecResult result;
        int r;

        r = connect_output(runner, script, environment, &request, &fd);
        if (r < 0)
                return r;
        request.environment = (const char *const *) environment->list;

        if (runner->started) {
                r = script_examine_again(trust, script);
                if (r < 0)
                        return r;
                if (script->verdict != SCRIPT_RUN) {
                        if (report_not_run(&runner->fields, script))
                                runner->failed++;
                        return 0;
                }
        }
        runner->started = true;
        r = exec_run(&request, &result);
        if (r < 0)
                return r;
        if (result.outcome == EXEC_INTERRUPTED)
                runner->interrupted = true;
        if (report_result(&runner->fields, script, &result, runner->timeout_usec))
                runner->failed++;
        return 0;
}

int runner_run(Runner *runner, const Trust *trust, ScriptList *scripts, Environment *environment) {
        int r;

        for (size_t i = 0; i < scripts->n; i++) {
                Script *script = &scripts->items[i];

                if (script->verdict == SCRIPT_REFUSED && report_not_run(&runner->fields, script))
                        runner->failed++;
                if (script->verdict != SCRIPT_RUN)
                        continue;
                if (runner->interrupted || exec_is_interrupted()) {
                        runner->interrupted = true;
                        (void) log_message(LOG_WARNING, 0, &runner->fields,
                                        "%s and what follows: not run, after a signal to stop",
                                        script->path);
                        break;
                }
                r = run_script(runner, trust, script, environment);
                if (r < 0)
                        return r;
        }
        return 0;
}

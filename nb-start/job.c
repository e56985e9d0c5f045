/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a job? See job.h.
 *
 * The rule for JobRemoved is sent before the call, on the same connection: the bus handles both in this order, so the
 * signal cannot be missed, and nothing has to wait for the rule. */
#include "job.h"

#include "bus-names.h"
#include "log.h"
#include "retry.h"

/* A signal that never comes must not hold a link for ever: look at the job itself so often. */
#define CHECK_USEC (30U * 1000U * 1000U)

struct Job {
        sd_bus *bus;
        JobRemoved *removals;
        uint64_t id;
        Verb verb;
        char unit[UNIT_NAME_LENGTH_MAX];
        char path[128];    /* of the job, when PID 1 has said it */
        char removed[128]; /* a job of this unit that ended before PID 1 said which is ours */
        char result[64];
        bool watched;
        sd_bus_slot *call, *check;
        sd_event *event;
        sd_event_source *timer;
        Retry again; /* of the check */
        JobHandler handler;
        void *userdata;
};

static void job_answer(Job *job, AnswerKind kind, const char *detail) {
        Answer answer = { .id = job->id, .kind = kind };

        snprintf(answer.detail, sizeof(answer.detail), "%s", detail);
        job->handler(&answer, job->userdata);
}

/* The last answer: the handler frees the job. */
static int job_finish(Job *job, AnswerKind kind, const char *detail) {
        job_answer(job, kind, detail);
        return 0;
}

void job_removed(Job *job, const char *path, const char *unit, const char *result) {
        if (!streq(unit, job->unit))
                return;
        if (job->path[0] == '\0') {
                snprintf(job->removed, sizeof(job->removed), "%s", path);
                snprintf(job->result, sizeof(job->result), "%s", result);
                return;
        }
        if (streq(path, job->path))
                (void) job_finish(job, ANSWER_RESULT, result);
}

static void on_again(void *userdata) {
        job_check(userdata);
}

/* Where many jobs are checked at once, the bus takes a part of the calls only; that PID 1 leaves is no answer either. */
static int on_checked(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        Job *job = userdata;

        job->check = sd_bus_slot_unref(job->check);
        if (sd_bus_message_is_method_error(m, SYSTEMD_NAME ".NoSuchJob"))
                return job_finish(job, ANSWER_ERROR, SYSTEMD_NAME ".NoSuchJob");
        if (sd_bus_message_is_method_error(m, NULL))
                retry_later(&job->again, job->event, on_again, job);
        else
                retry_reset(&job->again);
        return 0;
}

void job_check(Job *job) {
        const char *number = strrchr(job->path, '/');
        int r;

        if (!number || job->check)
                return;
        r = sd_bus_call_method_async(job->bus, &job->check, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
                        "GetJob", on_checked, job, "u", (uint32_t) strtoul(number + 1, NULL, 10));
        if (r < 0)
                log_warning_errno(r, "Failed to ask for job %s of %s: %m", number + 1, job->unit);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Job *job = userdata;

        job_check(job);
        (void) sd_event_source_set_time(source, usec + CHECK_USEC);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_called(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *unused) {
        const sd_bus_error *error;
        const char *path;
        Job *job = userdata;
        int r;

        job->call = sd_bus_slot_unref(job->call);

        error = sd_bus_message_get_error(m);
        if (error) {
                /* Nothing to stop or to forget is what was wanted. */
                if ((job->verb == VERB_STOP || job->verb == VERB_RESET_FAILED) &&
                                streq(error->name, SYSTEMD_NAME ".NoSuchUnit"))
                        return job_finish(job, ANSWER_RESULT, "done");
                return job_finish(job, ANSWER_ERROR, error->name);
        }
        if (job->verb == VERB_RESET_FAILED)
                return job_finish(job, ANSWER_RESULT, "done");

        r = sd_bus_message_read(m, "o", &path);
        if (r < 0 || strlen(path) >= sizeof(job->path))
                return job_finish(job, ANSWER_ERROR, SD_BUS_ERROR_INCONSISTENT_MESSAGE);
        strcpy(job->path, path);
        job_answer(job, ANSWER_QUEUED, strrchr(path, '/') + 1);

        if (streq(job->removed, job->path))
                return job_finish(job, ANSWER_RESULT, job->result);
        return 0;
}

static int job_call(Job *job) {
        static const char *const methods[_VERB_MAX] = {
                [VERB_START] = "StartUnit",
                [VERB_STOP] = "StopUnit",
                [VERB_RESTART] = "RestartUnit",
                [VERB_RELOAD] = "ReloadUnit",
                [VERB_RESET_FAILED] = "ResetFailedUnit",
        };

        if (job->verb == VERB_RESET_FAILED)
                return sd_bus_call_method_async(job->bus, &job->call, SYSTEMD_NAME, SYSTEMD_PATH,
                                SYSTEMD_MANAGER, methods[job->verb], on_called, job, "s", job->unit);
        return sd_bus_call_method_async(job->bus, &job->call, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
                        methods[job->verb], on_called, job, "ss", job->unit, "replace");
}

int job_new(sd_bus *bus, sd_event *event, JobRemoved *removals, const Request *request, JobHandler handler,
                void *userdata, Job **ret) {
        _cleanup_(job_freep) Job *job = NULL;
        int r;

        job = calloc(1, sizeof(*job));
        if (!job)
                return -ENOMEM;
        job->bus = sd_bus_ref(bus);
        job->event = event;
        job->removals = removals;
        job->id = request->id;
        job->verb = request->verb;
        job->handler = handler;
        job->userdata = userdata;
        snprintf(job->unit, sizeof(job->unit), "%s", request->unit_name);

        if (job->verb != VERB_RESET_FAILED) {
                r = job_removed_watch(removals);
                if (r < 0)
                        return r;
                job->watched = true;
        }
        r = sd_event_add_time_relative(
                        event, &job->timer, CLOCK_MONOTONIC, CHECK_USEC, CHECK_USEC / 2, on_timer, job);
        if (r < 0)
                return r;
        r = job_call(job);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(job);
        return 0;
}

void job_free(Job *job) {
        if (!job)
                return;
        if (job->watched)
                job_removed_unwatch(job->removals);
        sd_bus_slot_unref(job->call);
        sd_bus_slot_unref(job->check);
        sd_event_source_disable_unref(job->timer);
        retry_reset(&job->again);
        sd_bus_unref(job->bus);
        free(job);
}

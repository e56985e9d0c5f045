/* SPDX-License-Identifier: Apache-2.0 */
/* What may nb-watch ask of nb-start, and how is it written? See request.h. */
#include "request.h"

#include <inttypes.h>

#include "number.h"
#include "variable.h"

static const char *const verbs[_VERB_MAX] = {
        [VERB_START] = "start",
        [VERB_STOP] = "stop",
        [VERB_RESTART] = "restart",
        [VERB_RELOAD] = "reload",
        [VERB_RESET_FAILED] = "reset-failed",
};

/* Nothing but these pairs is ever asked for. */
static const bool allowed[_UNIT_KIND_MAX][_VERB_MAX] = {
        [UNIT_RUN] = { [VERB_START] = true, [VERB_STOP] = true, [VERB_RESET_FAILED] = true },
        [UNIT_RULES] = { [VERB_START] = true,
                        [VERB_STOP] = true,
                        [VERB_RELOAD] = true,
                        [VERB_RESTART] = true,
                        [VERB_RESET_FAILED] = true },
        [UNIT_LEASE_PATH] = { [VERB_START] = true, [VERB_STOP] = true, [VERB_RESET_FAILED] = true },
        [UNIT_LEASE_SERVICE] = { [VERB_START] = true, [VERB_STOP] = true, [VERB_RESET_FAILED] = true },
};

static const char *const answers[_ANSWER_KIND_MAX] = {
        [ANSWER_QUEUED] = "queued",
        [ANSWER_RESULT] = "result",
        [ANSWER_ERROR] = "error",
        [ANSWER_REFUSED] = "refused",
};

const char *verb_name(Verb verb) {
        return verbs[verb];
}

/* The next string of a message, which must end with a NUL; NULL at the end. */
static const char *next_string(const char **data, size_t *size) {
        const char *s = *data, *end;

        if (*size == 0)
                return NULL;
        end = memchr(s, '\0', *size);
        if (!end)
                return NULL;
        *size -= (size_t) (end - s) + 1;
        *data = end + 1;
        return s;
}

static int find_name(const char *const *names, size_t n, const char *name) {
        if (!name)
                return -EINVAL;
        for (size_t i = 0; i < n; i++)
                if (streq(names[i], name))
                        return (int) i;
        return -EINVAL;
}

static const char *request_check_variables(Request *request, const char *data, size_t size) {
        const char *s;

        while ((s = next_string(&data, &size))) {
                if (request->unit.kind != UNIT_RUN || request->verb != VERB_START)
                        return "variables where none belong";
                if (request->n_variables >= REQUEST_VARIABLES_MAX)
                        return "too many variables";
                if (variable_check(request->unit.event, s, NULL) < 0)
                        return "a variable that the event does not have, or a bad value";
                for (size_t i = 0; i < request->n_variables; i++)
                        if (strncmp(request->variables[i], s, strcspn(s, "=") + 1) == 0)
                                return "a variable twice";
                request->variables[request->n_variables++] = s;
        }
        return size > 0 ? "unterminated text" : NULL;
}

int request_parse(const char *data, size_t size, Request *ret, const char **ret_reason) {
        Request request = {};
        int r;

        *ret = request;
        if (size == 0 || data[size - 1] != '\0') {
                *ret_reason = "unterminated text";
                return -EINVAL;
        }
        if (number_parse(next_string(&data, &size), 10, UINT64_MAX, &request.id) < 0) {
                *ret_reason = "no request number";
                return -EINVAL;
        }
        ret->id = request.id;

        r = find_name(verbs, ELEMENTSOF(verbs), next_string(&data, &size));
        if (r < 0) {
                *ret_reason = "unknown verb";
                return -EINVAL;
        }
        request.verb = (Verb) r;

        request.unit_name = next_string(&data, &size);
        if (!request.unit_name || unit_name_parse(request.unit_name, &request.unit) < 0) {
                *ret_reason = "not a unit of network-broker";
                return -EINVAL;
        }
        if (!allowed[request.unit.kind][request.verb]) {
                *ret_reason = "not a verb for this unit";
                return -EINVAL;
        }

        *ret_reason = request_check_variables(&request, data, size);
        if (*ret_reason)
                return -EINVAL;

        *ret = request;
        return 0;
}

static int append_string(char *data, size_t size, size_t *length, const char *s) {
        size_t n = strlen(s) + 1;

        if (n > size - *length)
                return -EMSGSIZE;
        memcpy(data + *length, s, n);
        *length += n;
        return 0;
}

static int append_head(char *data, size_t size, size_t *length, uint64_t id, const char *a, const char *b) {
        char number[24];
        int r;

        snprintf(number, sizeof(number), "%" PRIu64, id);
        r = append_string(data, size, length, number);
        if (r >= 0)
                r = append_string(data, size, length, a);
        if (r >= 0)
                r = append_string(data, size, length, b);
        return r;
}

int request_format(char *data, size_t size, uint64_t id, Verb verb, const char *unit,
                const char *const *variables, size_t n_variables) {
        size_t length = 0;
        int r;

        r = append_head(data, size, &length, id, verbs[verb], unit);
        for (size_t i = 0; r >= 0 && i < n_variables; i++)
                r = append_string(data, size, &length, variables[i]);
        return r < 0 ? r : (int) length;
}

int answer_parse(const char *data, size_t size, Answer *ret) {
        const char *kind, *detail;
        Answer answer;
        int r;

        if (number_parse(next_string(&data, &size), 10, UINT64_MAX, &answer.id) < 0)
                return -EBADMSG;
        kind = next_string(&data, &size);
        r = find_name(answers, ELEMENTSOF(answers), kind);
        if (r < 0)
                return -EBADMSG;
        answer.kind = (AnswerKind) r;
        detail = next_string(&data, &size);
        if (!detail || strlen(detail) >= sizeof(answer.detail))
                return -EBADMSG;
        strcpy(answer.detail, detail);

        *ret = answer;
        return 0;
}

int answer_format(char *data, size_t size, const Answer *answer) {
        size_t length = 0;
        int r;

        r = append_head(data, size, &length, answer->id, answers[answer->kind], answer->detail);
        return r < 0 ? r : (int) length;
}

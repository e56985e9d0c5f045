/* SPDX-License-Identifier: Apache-2.0 */
/* Any message as a request and as an answer: what is accepted says the same when it is written again. */
#include "request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_request(const Request *request, char *buffer, size_t size) {
        const char *reason = NULL;
        Request again;
        int n;

        n = request_format(buffer, size, request->id, request->verb, request->unit_name, request->variables,
                        request->n_variables);
        if (n < 0 || request_parse(buffer, (size_t) n, &again, &reason) < 0)
                abort();
        if (again.id != request->id || again.verb != request->verb ||
                        !streq(again.unit_name, request->unit_name) ||
                        again.n_variables != request->n_variables)
                abort();
        for (size_t i = 0; i < again.n_variables; i++)
                if (!streq(again.variables[i], request->variables[i]))
                        abort();
}

static void check_answer(const Answer *answer, char *buffer, size_t size) {
        Answer again;
        int n;

        n = answer_format(buffer, size, answer);
        if (n < 0 || answer_parse(buffer, (size_t) n, &again) < 0 || again.id != answer->id ||
                        again.kind != answer->kind || !streq(again.detail, answer->detail))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const char *reason = NULL;
        char *buffer = malloc(size + 64);
        Request request;
        Answer answer;

        if (!buffer)
                return 0;
        if (request_parse((const char *) data, size, &request, &reason) >= 0)
                check_request(&request, buffer, size + 64);
        else if (!reason)
                abort();
        if (answer_parse((const char *) data, size, &answer) >= 0)
                check_answer(&answer, buffer, size + 64);
        free(buffer);
        return 0;
}

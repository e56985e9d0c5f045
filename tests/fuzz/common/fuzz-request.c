/* SPDX-License-Identifier: Apache-2.0 */
/* Any message as a request and as an answer: what is accepted says the same when it is written again. */
#include "request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const char *reason = NULL;
        char *again = malloc(size + 64);
        Request request;
        Answer answer;
        int n;

        if (!again)
                return 0;
        if (request_parse((const char *) data, size, &request, &reason) >= 0) {
                n = request_format(again, size + 64, request.id, request.verb, request.unit_name,
                                request.variables, request.n_variables);
                if (n < 0 || request_parse(again, (size_t) n, &request, &reason) < 0)
                        abort();
        } else if (!reason)
                abort();
        if (answer_parse((const char *) data, size, &answer) >= 0) {
                n = answer_format(again, size + 64, &answer);
                if (n < 0 || answer_parse(again, (size_t) n, &answer) < 0)
                        abort();
        }
        free(again);
        return 0;
}

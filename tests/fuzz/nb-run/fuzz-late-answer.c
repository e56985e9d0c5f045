/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of any file of nb-watch? An answer is one line of it at most. */
#include "late-answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = NULL, *answer = NULL;

        text = strndup((const char *) data, size);
        if (!text)
                return 0;
        if (late_answer_parse(text, "1", &answer) >= 0 && (strchr(answer, '\n') || !strstr(text, answer)))
                abort();
        return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a record: refused, or written again as it was. */
#include "record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = NULL;
        char again[RECORD_TEXT_MAX];
        Record record;

        text = malloc(size + 1);
        if (!text)
                return 0;
        memcpy(text, data, size);
        text[size] = '\0';
        if (record_parse(text, &record) < 0)
                return 0;

        record_format(&record, again);
        if (!streq(text, again))
                abort();
        return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as what Describe() says: what comes out is JSON that is read again. */
#include "describe.h"
#include "macros.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = malloc(size + 1), *converted = NULL, *again = NULL;

        if (!text)
                return 0;
        memcpy(text, data, size);
        text[size] = '\0';
        if (describe_convert(text, &converted) >= 0 && describe_convert(converted, &again) < 0)
                abort();
        return 0;
}

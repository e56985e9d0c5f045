/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a unit's name: what is accepted is exactly what would be made. */
#include "unit-name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char *text = malloc(size + 1), again[UNIT_NAME_LENGTH_MAX];
        UnitName name;

        if (!text)
                return 0;
        memcpy(text, data, size);
        text[size] = '\0';
        if (unit_name_parse(text, &name) >= 0 &&
                        (unit_name_format(name.kind, name.event, name.link, again) < 0 ||
                                        !streq(again, text)))
                abort();
        /* A link's name, if it is one, comes back. */
        if (link_name_is_valid(text) &&
                        (unit_name_format(UNIT_RUN, EVENT_TYPE_LEASE, text, again) < 0 ||
                                        unit_name_parse(again, &name) < 0 || !streq(name.link, text)))
                abort();
        free(text);
        return 0;
}

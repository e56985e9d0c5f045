/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of any event file? No variable but those of the list may reach a script. */
#include "prepare.h"
#include "variable.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_environment_ Environment e = {};
        _cleanup_event_file_ EventFile file = {};
        const Snapshot nothing = {};
        const LogFields fields = {};
        EventContext context = {
                .link = "eth0", .file = &file, .snapshot = &nothing, .essid = "", .fields = &fields
        };
        char *copy;

        if (size < 1 || size > 8192)
                return 0;
        context.event = data[0] % _EVENT_TYPE_MAX;
        copy = malloc(size);
        if (!copy)
                return 0;
        memcpy(copy, data + 1, size - 1);
        copy[size - 1] = '\0';
        event_file_parse(copy, size - 1, context.event, &file);

        for (size_t i = 0; i < file.n; i++)
                if (variable_check(context.event, file.variables[i], NULL) < 0)
                        abort();
        if (script_environment_add(&e, &context) < 0)
                abort();
        for (size_t i = 0; i < e.n; i++)
                for (const char *p = e.list[i]; *p; p++)
                        if ((unsigned char) *p < 0x20 || *p == 0x7f)
                                abort();
        return 0;
}

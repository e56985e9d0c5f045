/* SPDX-License-Identifier: Apache-2.0 */
/* What does the event file say? See event-file.h. nb-start has checked it already; it is checked again
 * because a by-hand start may find the file of another version. */
#include "event-file.h"

#include <fcntl.h>
#include <limits.h>

#include "file-util.h"
#include "variable.h"

void event_file_done(EventFile *file) {
        free(file->data);
        *file = (EventFile){};
}

void event_file_parse(char *data, size_t size, EventType event, EventFile *ret) {
        EventFile file = { .data = data };

        for (size_t i = 0; i < size; i += strlen(data + i) + 1)
                if (file.n < EVENT_FILE_VARIABLES_MAX && variable_check(event, data + i, NULL) >= 0)
                        file.variables[file.n++] = data + i;
                else
                        file.dropped++;

        *ret = file;
}

int event_file_read(const char *folder, const char *instance, EventType event, EventFile *ret) {
        char path[PATH_MAX], *data;
        size_t size;
        int r;

        r = snprintf(path, sizeof(path), "%s/%s", folder, instance);
        if (r >= (int) sizeof(path))
                return -ENAMETOOLONG;
        r = file_read_untrusted(AT_FDCWD, path, EVENT_FILE_MAX, &data, &size);
        if (r < 0)
                return r;
        event_file_parse(data, size, event, ret);
        return 0;
}

const char *event_file_get(const EventFile *file, const char *name) {
        size_t n = strlen(name);

        for (size_t i = 0; i < file->n; i++)
                if (strncmp(file->variables[i], name, n) == 0 && file->variables[i][n] == '=')
                        return file->variables[i] + n + 1;
        return NULL;
}

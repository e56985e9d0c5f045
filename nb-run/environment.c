/* SPDX-License-Identifier: Apache-2.0 */
/* How is an environment block made? See environment.h. */
#include "environment.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* For nb-run itself, or not true in a child. */
static const char *const not_inherited[] = { "NB_", "SYSTEMD_EXEC_PID=", "LISTEN_",
        "NOTIFY_SOCKET=", "JOURNAL_STREAM=" };

void environment_done(Environment *e) {
        for (size_t i = 0; i < e->n; i++)
                free(e->list[i]);
        free(e->list);
        *e = (Environment){};
}

static char **find(const Environment *e, const char *name, size_t length) {
        for (size_t i = 0; i < e->n; i++)
                if (strncmp(e->list[i], name, length) == 0 && e->list[i][length] == '=')
                        return &e->list[i];
        return NULL;
}

const char *environment_get(const Environment *e, const char *name) {
        char **found = find(e, name, strlen(name));

        return found ? strchr(*found, '=') + 1 : NULL;
}

/* Takes the assignment over, or frees it. */
static int take(Environment *e, char *assignment) {
        char **found = find(e, assignment, strcspn(assignment, "="));

        if (found) {
                free(*found);
                *found = assignment;
                return 0;
        }

        if (e->n + 1 >= e->allocated) {
                size_t allocated = e->allocated ? 2 * e->allocated : 64;
                char **list = reallocarray(e->list, allocated, sizeof(*list));

                if (!list) {
                        free(assignment);
                        return -ENOMEM;
                }
                e->list = list;
                e->allocated = allocated;
        }
        e->list[e->n++] = assignment;
        e->list[e->n] = NULL;
        return 0;
}

int environment_set(Environment *e, const char *name, const char *value) {
        size_t n = strlen(name), length = strlen(value);
        char *assignment, *p;

        if (length > ENVIRONMENT_VALUE_MAX)
                return -E2BIG;
        assignment = malloc(n + length + 2);
        if (!assignment)
                return -ENOMEM;

        p = mempcpy(assignment, name, n);
        *p++ = '=';
        for (; *value; value++)
                if ((unsigned char) *value >= 0x20 && *value != 0x7f)
                        *p++ = *value;
        *p = '\0';
        return take(e, assignment);
}

int environment_set_number(Environment *e, const char *name, long long value) {
        char number[24];

        (void) snprintf(number, sizeof(number), "%lli", value);
        return environment_set(e, name, number);
}

void environment_unset(Environment *e, const char *name) {
        char **found = find(e, name, strlen(name));

        if (!found)
                return;
        free(*found);
        *found = e->list[--e->n];
        e->list[e->n] = NULL;
}

int environment_default(Environment *e, const char *name, const char *value) {
        return find(e, name, strlen(name)) ? 0 : environment_set(e, name, value);
}

/* Whether systemd started this very process, with an environment that somebody configured for it. */
static bool is_from_systemd(const char *const *from) {
        for (; *from; from++) {
                const char *pid = startswith(*from, "SYSTEMD_EXEC_PID=");

                if (pid)
                        return strtol(pid, NULL, 10) == getpid();
        }
        return false;
}

static bool is_inherited(const char *assignment, bool from_systemd) {
        if (!strchr(assignment, '=') || *assignment == '=')
                return false;
        if (!from_systemd)
                return startswith(assignment, "PATH=") || startswith(assignment, "LANG=");

        for (size_t i = 0; i < ELEMENTSOF(not_inherited); i++)
                if (startswith(assignment, not_inherited[i]))
                        return false;
        return true;
}

int environment_inherit(Environment *e, const char *const *from) {
        bool from_systemd = is_from_systemd(from);
        int r;

        for (; *from; from++) {
                char *copy;

                if (!is_inherited(*from, from_systemd))
                        continue;
                copy = strdup(*from);
                if (!copy)
                        return -ENOMEM;
                r = take(e, copy);
                if (r < 0)
                        return r;
        }
        return environment_default(e, "PATH", DEFAULT_PATH);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Which variables does a script get? See script-environment.h. */
#include "script-environment.h"

#include "variable.h"

typedef struct Builder {
        Environment *e;
        const LogFields *fields;
        int r; /* of the first thing that went wrong */
} Builder;

static void add(Builder *b, const char *name, const char *value) {
        int r;

        if (b->r < 0)
                return;
        r = environment_set(b->e, name, value);
        if (r == -E2BIG)
                (void) log_message(LOG_WARNING, 0, b->fields,
                                "%s= is left out: its %zu bytes are more than %u", name, strlen(value),
                                ENVIRONMENT_VALUE_MAX);
        else if (r < 0)
                b->r = r;
}

static void add_number(Builder *b, const char *name, int value) {
        if (b->r >= 0)
                b->r = environment_set_number(b->e, name, value);
}

static void add_file(Builder *b, EventType event, const EventFile *file) {
        for (size_t i = 0; i < file->n; i++) {
                const char *assignment = file->variables[i], *equal = strchr(assignment, '=');
                size_t n = (size_t) (equal - assignment);
                char name[64];

                if (n >= sizeof(name) || variable_find(event, assignment, n)->internal)
                        continue;
                memcpy(name, assignment, n);
                name[n] = '\0';
                add(b, name, equal + 1);
        }
}

static void add_states(Builder *b, EventType event) {
        const char *name = event_name(event);

        switch (event_info(event)->kind) {
        case EVENT_OPERATIONAL:
                add(b, "OperationalState", name);
                add(b, "STATE", name);
                break;
        case EVENT_SETUP:
                add(b, "AdministrativeState", name);
                add(b, "STATE", name);
                break;
        case EVENT_EDGE:
        case EVENT_MANAGER:
                add(b, "STATE", "");
                break;
        }
}

int script_environment_add(Environment *e, const EventContext *context, const LogFields *fields) {
        Builder b = { .e = e, .fields = fields };

        add(&b, "EVENT", event_name(context->event));
        add_file(&b, context->event, context->file);
        if (event_info(context->event)->kind == EVENT_MANAGER)
                return b.r;

        add(&b, "LINK", context->link);
        add(&b, "IFACE", context->link);
        if (context->ifindex > 0) {
                add_number(&b, "LINKINDEX", context->ifindex);
                add_number(&b, "LINKIFINDEX", context->ifindex);
        }
        add_states(&b, context->event);
        return b.r;
}

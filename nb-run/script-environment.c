/* SPDX-License-Identifier: Apache-2.0 */
/* Which variables does a script get? See script-environment.h. */
#include "script-environment.h"

#include "variable.h"

int event_ifindex(const EventContext *context) {
        const char *index = event_file_get(context->file, "LINKINDEX");

        return index ? (int) strtol(index, NULL, 10) : context->snapshot->ifindex;
}

int script_environment_add_one(
                Environment *e, const LogFields *fields, const char *name, const char *value) {
        int r;

        r = environment_set(e, name, value);
        if (r != -E2BIG)
                return r;
        (void) log_message(LOG_WARNING, 0, fields, "%s= is left out: its %zu bytes are more than %u", name,
                        strlen(value), ENVIRONMENT_VALUE_MAX);
        return 0;
}

typedef struct Builder {
        Environment *e;
        const EventContext *context;
        int r; /* of the first thing that went wrong */
} Builder;

static void add(Builder *b, const char *name, const char *value) {
        if (b->r >= 0)
                b->r = script_environment_add_one(b->e, b->context->fields, name, value);
}

static void add_number(Builder *b, const char *name, int value) {
        if (b->r >= 0)
                b->r = environment_set_number(b->e, name, value);
}

static void add_default(Builder *b, const char *name) {
        if (b->r >= 0)
                b->r = environment_default(b->e, name, "");
}

static void add_file(Builder *b) {
        const EventFile *file = b->context->file;

        for (size_t i = 0; i < file->n; i++) {
                const char *assignment = file->variables[i], *equal = strchr(assignment, '=');
                size_t n = (size_t) (equal - assignment);
                const VariableInfo *info = variable_find(b->context->event, assignment, n);
                char name[64];

                if (n >= sizeof(name) || !info || info->internal)
                        continue;
                memcpy(name, assignment, n);
                name[n] = '\0';
                add(b, name, equal + 1);
        }
}

/* STATE is networkd-dispatcher's name for the state that the link has just entered. */
static void add_states(Builder *b) {
        const char *name = event_name(b->context->event);

        switch (event_info(b->context->event)->kind) {
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
        add_default(b, "OperationalState");
        add_default(b, "AdministrativeState");
}

static void add_addresses(Builder *b) {
        const Snapshot *s = b->context->snapshot;
        const char *ipv4 = buffer_text(&s->ipv4), *ipv6 = buffer_text(&s->ipv6);

        if (!ipv4 || !ipv6) {
                b->r = -ENOMEM;
                return;
        }
        add(b, "ADDR", s->first);
        add(b, "IP_ADDRS", ipv4);
        add(b, "IP6_ADDRS", ipv6);
}

int script_environment_add(Environment *e, const EventContext *context) {
        Builder b = { .e = e, .context = context };
        int ifindex = event_ifindex(context);

        add(&b, "EVENT", event_name(context->event));
        add_file(&b);
        if (event_info(context->event)->kind == EVENT_MANAGER)
                return b.r;

        add(&b, "LINK", context->link);
        add(&b, "IFACE", context->link);
        if (ifindex > 0) {
                add_number(&b, "LINKINDEX", ifindex);
                add_number(&b, "LINKIFINDEX", ifindex);
        }
        add_states(&b);
        add_addresses(&b);
        add(&b, "ESSID", context->essid);
        if (context->lease)
                add(&b, "DHCP_LEASE", context->lease);
        return b.r;
}

int script_environment_set_routable(Environment *e) {
        int r;

        r = environment_set(e, "OperationalState", event_name(EVENT_TYPE_ROUTABLE));
        if (r < 0)
                return r;
        return environment_set(e, "STATE", event_name(EVENT_TYPE_ROUTABLE));
}

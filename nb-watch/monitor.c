/* SPDX-License-Identifier: Apache-2.0 */
/* How does an event look on a terminal? See monitor.h. */
#include "monitor.h"

#include <cjson/cJSON.h>
#include <time.h>

static void format_sets(const Entry *entry, char **ret_now, char **ret_added, char **ret_removed) {
        AddressSet set_added = {}, set_removed = {};

        (void) entry_address_changes(entry, &set_added, &set_removed);
        (void) address_set_format(&entry->addresses, ret_now);
        (void) address_set_format(&set_added, ret_added);
        (void) address_set_format(&set_removed, ret_removed);
        address_set_clear(&set_added);
        address_set_clear(&set_removed);
}

static void add_string(cJSON *object, const char *name, const char *value) {
        (void) cJSON_AddStringToObject(object, name, strempty(value));
}

static void print_json(const Entry *entry, const char *now, const char *added, const char *removed) {
        cJSON *object = cJSON_CreateObject();
        char *text;

        if (entry->name->name[0])
                add_string(object, "LINK", entry->name->name);
        add_string(object, "EVENT", event_name(entry->event));
        for (char **v = entry->variables; v && *v; v++) {
                char *equal = strchr(*v, '=');
                char name[64];

                snprintf(name, sizeof(name), "%.*s", (int) (equal - *v), *v);
                add_string(object, name, equal + 1);
        }
        if (entry->event == EVENT_TYPE_ADDRESSES) {
                add_string(object, "ADDRESSES", now);
                add_string(object, "ADDRESSES_ADDED", added);
                add_string(object, "ADDRESSES_REMOVED", removed);
        }

        text = cJSON_PrintUnformatted(object);
        if (text)
                puts(text);
        free(text);
        cJSON_Delete(object);
}

static void print_text(const Entry *entry, const char *added, const char *removed) {
        char when[16];
        struct tm tm;
        time_t t;

        t = time(NULL);
        (void) strftime(when, sizeof(when), "%H:%M:%S", localtime_r(&t, &tm));
        printf("%s  %-15s %s", when, entry->name->name[0] ? entry->name->name : "(all)",
                        event_name(entry->event));
        for (char **v = entry->variables; v && *v; v++) {
                const char *value;

                if ((value = startswith(*v, "PREVIOUS_STATE=")) ||
                                (value = startswith(*v, "PREVIOUS_NAME=")))
                        printf(" (was %s)", value);
        }
        for (const char *p = strempty(added); *p; p += strcspn(p, " "), p += strspn(p, " "))
                printf(" +%.*s", (int) strcspn(p, " "), p);
        for (const char *p = strempty(removed); *p; p += strcspn(p, " "), p += strspn(p, " "))
                printf(" -%.*s", (int) strcspn(p, " "), p);
        putchar('\n');
}

void monitor_print(const Monitor *monitor, const Entry *entry) {
        _cleanup_free_ char *now = NULL, *added = NULL, *removed = NULL;

        if (entry->kind != ENTRY_EVENT)
                return;
        format_sets(entry, &now, &added, &removed);
        if (monitor->json)
                print_json(entry, now, added, removed);
        else
                print_text(entry, added, removed);
        (void) fflush(stdout);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* How does an event look on a terminal? See monitor.h. */
#include "monitor.h"

#include <time.h>

#include "json.h"
#include "output.h"

static void format_sets(const Entry *entry, char **ret_now, char **ret_added, char **ret_removed) {
        AddressSet set_added = {}, set_removed = {};

        (void) entry_address_changes(entry, &set_added, &set_removed);
        (void) address_set_format(&entry->addresses, ret_now);
        (void) address_set_format(&set_added, ret_added);
        (void) address_set_format(&set_removed, ret_removed);
        address_set_clear(&set_added);
        address_set_clear(&set_removed);
}

static void print_json(const Entry *entry, const char *now, const char *added, const char *removed) {
        _cleanup_buffer_ Json j = {};

        json_open(&j, '{');
        if (entry->name->name[0])
                json_member_string(&j, "LINK", entry->name->name);
        json_member_string(&j, "EVENT", event_name(entry->event));
        for (char **v = entry->variables; v && *v; v++) {
                char *equal = strchr(*v, '=');
                char name[64];

                snprintf(name, sizeof(name), "%.*s", (int) (equal - *v), *v);
                json_member_string(&j, name, equal + 1);
        }
        if (entry->event == EVENT_TYPE_ADDRESSES) {
                json_member_string(&j, "ADDRESSES", strempty(now));
                json_member_string(&j, "ADDRESSES_ADDED", strempty(added));
                json_member_string(&j, "ADDRESSES_REMOVED", strempty(removed));
        }
        json_close(&j, '}');

        if (buffer_text(&j))
                puts(buffer_text(&j));
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

int monitor_print(const Monitor *monitor, const Entry *entry) {
        _cleanup_free_ char *now = NULL, *added = NULL, *removed = NULL;

        if (entry->kind != ENTRY_EVENT)
                return 0;
        format_sets(entry, &now, &added, &removed);
        if (monitor->json)
                print_json(entry, now, added, removed);
        else
                print_text(entry, added, removed);
        return output_flush();
}

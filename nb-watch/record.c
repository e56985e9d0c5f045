/* SPDX-License-Identifier: Apache-2.0 */
/* What does the next nb-watch need to know of a delivery? See work.h and state-directory.h. */
#include "record.h"
#include "log.h"
#include "routes.h"
#include "variables.h"
#include "work.h"

/* An addresses event carries the sets as they are when its turn comes. */
static void add_addresses(Work *work) {
        AddressSet added = {}, removed = {};
        const struct {
                const char *name;
                const AddressSet *set;
        } sets[] = {
                { "ADDRESSES", &work->entry->addresses },
                { "ADDRESSES_ADDED", &added },
                { "ADDRESSES_REMOVED", &removed },
        };
        int r;

        r = entry_address_changes(work->entry, &added, &removed);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(sets); i++) {
                _cleanup_free_ char *text = NULL;

                r = address_set_format(sets[i].set, &text);
                if (r >= 0)
                        r = variables_add(&work->entry->variables, sets[i].name, "%s", text);
                if (r < 0)
                        log_warning_errno(
                                        r, "%s: leaving out %s: %m", work->entry->name->name, sets[i].name);
                /* One that is too large does not take the others with it. */
                r = 0;
        }
        address_set_clear(&added);
        address_set_clear(&removed);
}

void record_prepare(Work *work) {
        Link *link = links_find(&work->watch->links, work->entry->ifindex);
        Entry *entry = work->entry;
        int r = 0;

        if (entry->event == EVENT_TYPE_ADDRESSES) {
                add_addresses(work);
                r = state_addresses_prepare(work->watch->state_fd, entry->ifindex, &entry->addresses);
        } else if (entry->event == EVENT_TYPE_LEASE)
                r = state_lease_prepare(work->watch->state_fd, entry->ifindex, entry->lease);
        else if (entry->event == EVENT_TYPE_ROUTES && link)
                entry->digest = routes_delivered(work->watch, link);
        if (r < 0)
                log_error_errno(r, "Failed to record the %s of %s: %m", event_name(entry->event),
                                entry->name->name);
}

static void record_leave(Record *record) {
        record->operational = record->setup = -1;
        record->operational_started = record->setup_started = false;
        record->left = true;
}

/* Of a link that went meanwhile only the file is left, until link-removed has run. */
static int record_find(Work *work, Record *buffer, Record **ret) {
        const Entry *entry = work->entry;
        Link *link = links_find(&work->watch->links, entry->ifindex);
        int r = 0;

        if (link) {
                *ret = &link->delivered;
                return 0;
        }
        r = state_record_read(work->watch->state_fd, entry->ifindex, buffer);
        if (r == -ENOENT) {
                *buffer = (Record){ .ifindex = entry->ifindex, .operational = -1, .setup = -1 };
                snprintf(buffer->name, sizeof(buffer->name), "%s", entry->name->name);
        } else if (r < 0)
                return r;
        *ret = buffer;
        return 0;
}

void record_left(Work *work) {
        Record buffer, *record;
        int r;

        r = record_find(work, &buffer, &record);
        if (r >= 0) {
                record_leave(record);
                r = state_record_write(work->watch->state_fd, record);
        }
        if (r < 0)
                log_error_errno(r, "Failed to record that %s has another name: %m", work->entry->name->name);
}

/* Link-removed ends it; but not if the link is watched again under another name. */
static int record_end(Watch *w, const Entry *entry) {
        Link *link = links_find(&w->links, entry->ifindex);

        return link && link->told ? 0 : state_record_remove(w->state_fd, entry->ifindex, entry->alone);
}

static int record_update(Work *work, bool started) {
        Record buffer, *record;
        Watch *w = work->watch;
        Entry *entry = work->entry;
        bool said;
        int r;

        r = record_find(work, &buffer, &record);
        if (r < 0)
                return r;
        /* By the event's file in state/, see restore.c. */
        said = event_is_level(entry->event) && !started && !record->left &&
                        streq(record->name, entry->name->name);
        snprintf(record->name, sizeof(record->name), "%s", entry->name->name);
        record_enter(record, entry->event, started);
        if (entry->event == EVENT_TYPE_ADDRESSES || entry->event == EVENT_TYPE_LEASE)
                record->has_files = true;
        if (said)
                return 0;
        if (entry->event == EVENT_TYPE_ADDRESSES) {
                if (!started)
                        r = state_addresses_prepare(w->state_fd, entry->ifindex, &entry->addresses);
                if (r >= 0)
                        r = state_addresses_commit(w->state_fd, entry->ifindex);
        } else if (entry->event == EVENT_TYPE_LEASE) {
                if (!started)
                        r = state_lease_prepare(w->state_fd, entry->ifindex, entry->lease);
                if (r >= 0)
                        r = state_lease_commit(w->state_fd, entry->ifindex);
        } else if (entry->event == EVENT_TYPE_ROUTES) {
                record->routes = entry->digest;
        } else if (entry->event == EVENT_TYPE_LINK_RENAMED) {
                record_leave(record);
                record->left = false;
        }
        return r < 0 ? r : state_record_write(w->state_fd, record);
}

void record_delivered(Work *work, bool started) {
        Entry *entry = work->entry;
        Watch *w = work->watch;
        int r = 0;

        w->n_delivered++;
        if (entry->event == EVENT_TYPE_LINK_REMOVED)
                r = record_end(w, entry);
        else if (entry->ifindex > 0)
                r = record_update(work, started);
        if (r < 0)
                log_error_errno(r, "Failed to record what was delivered for %s: %m", entry->name->name);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* In which order are things told? See lane.h. */
#include "lane.h"

#include "hash.h"

#define BUCKETS 512U

struct Lane {
        int ifindex;
        size_t n_states; /* that wait */
        Entry *head, *tail;
        Lane *next;
};

static void entry_free(Entry *entry) {
        strv_free(entry->variables);
        address_set_clear(&entry->addresses);
        address_set_clear(&entry->before);
        free(entry->lease);
        free(entry);
}

int lanes_init(Lanes *lanes) {
        *lanes = (Lanes){};
        lanes->lane_buckets = calloc(BUCKETS, sizeof(Lane *));
        lanes->name_buckets = calloc(BUCKETS, sizeof(Name *));
        if (!lanes->lane_buckets || !lanes->name_buckets) {
                lanes_done(lanes);
                return -ENOMEM;
        }
        return 0;
}

void lanes_done(Lanes *lanes) {
        for (size_t i = 0; lanes->lane_buckets && i < BUCKETS; i++)
                while (lanes->lane_buckets[i]) {
                        Lane *lane = lanes->lane_buckets[i];

                        while (lane->head) {
                                Entry *entry = lane->head;

                                lane->head = entry->lane_next;
                                entry_free(entry);
                        }
                        lanes->lane_buckets[i] = lane->next;
                        free(lane);
                }
        for (size_t i = 0; lanes->name_buckets && i < BUCKETS; i++)
                while (lanes->name_buckets[i]) {
                        Name *name = lanes->name_buckets[i];

                        lanes->name_buckets[i] = name->next;
                        free(name);
                }
        free(lanes->lane_buckets);
        free(lanes->name_buckets);
        *lanes = (Lanes){};
}

static Name **name_bucket(Lanes *lanes, const char *name) {
        return &lanes->name_buckets[hash_text(name) % BUCKETS];
}

Name *lanes_find_name(Lanes *lanes, const char *name) {
        for (Name *n = *name_bucket(lanes, name); n; n = n->next)
                if (streq(n->name, name))
                        return n;
        return NULL;
}

Name *lanes_name(Lanes *lanes, const char *name) {
        Name **bucket = name_bucket(lanes, name), *n;

        n = lanes_find_name(lanes, name);
        if (n)
                return n;

        n = calloc(1, sizeof(*n));
        if (!n)
                return NULL;
        snprintf(n->name, sizeof(n->name), "%s", name);
        n->next = *bucket;
        *bucket = n;
        return n;
}

/* Forgets a name that has no entries and nothing active. */
static void lanes_trim(Lanes *lanes, Name *name) {
        if (name->head || name->active || name->failed || name->files || name->rules != RULES_UNKNOWN)
                return;

        for (Name **p = name_bucket(lanes, name->name); *p; p = &(*p)->next)
                if (*p == name) {
                        *p = name->next;
                        free(name);
                        return;
                }
}

static Lane *lanes_lane(Lanes *lanes, int ifindex, bool make) {
        Lane **bucket = &lanes->lane_buckets[(unsigned) ifindex % BUCKETS], *lane;

        for (lane = *bucket; lane; lane = lane->next)
                if (lane->ifindex == ifindex)
                        return lane;
        if (!make)
                return NULL;

        lane = calloc(1, sizeof(*lane));
        if (!lane)
                return NULL;
        lane->ifindex = ifindex;
        lane->next = *bucket;
        *bucket = lane;
        return lane;
}

static void lanes_remove_lane(Lanes *lanes, Lane *lane) {
        for (Lane **p = &lanes->lane_buckets[(unsigned) lane->ifindex % BUCKETS]; *p; p = &(*p)->next)
                if (*p == lane) {
                        *p = lane->next;
                        free(lane);
                        return;
                }
}

static bool entry_is_state(const Entry *entry) {
        return entry->kind == ENTRY_EVENT && event_is_level(entry->event);
}

/* Ready means: the head of both queues, and not running yet. */
static void lanes_check_ready(Lanes *lanes, Entry *entry) {
        if (!entry || entry->running || entry->lane_previous || entry->name_previous)
                return;

        entry->running = true;
        if (entry_is_state(entry))
                entry->lane->n_states--;
        if (lanes->ready_tail)
                lanes->ready_tail->ready_next = entry;
        else
                lanes->ready_head = entry;
        lanes->ready_tail = entry;
}

static void lanes_unlink(Lanes *lanes, Entry *entry) {
        Lane *lane = entry->lane;
        Name *name = entry->name;

        if (entry->lane_previous)
                entry->lane_previous->lane_next = entry->lane_next;
        else
                lane->head = entry->lane_next;
        if (entry->lane_next)
                entry->lane_next->lane_previous = entry->lane_previous;
        else
                lane->tail = entry->lane_previous;

        if (entry->name_previous)
                entry->name_previous->name_next = entry->name_next;
        else
                name->head = entry->name_next;
        if (entry->name_next)
                entry->name_next->name_previous = entry->name_previous;
        else
                name->tail = entry->name_previous;

        if (entry_is_state(entry) && !entry->running)
                lane->n_states--;
        lanes->n_entries--;

        lanes_check_ready(lanes, lane->head);
        lanes_check_ready(lanes, name->head);
        entry_free(entry);
        if (!lane->head)
                lanes_remove_lane(lanes, lane);
        lanes_trim(lanes, name);
}

bool entry_is_superseded(const Entry *entry) {
        for (const Entry *e = entry->lane_next; e; e = e->lane_next) {
                if (e->kind == ENTRY_LEAVE || e->kind == ENTRY_FORGET)
                        return true;
                if (e->kind == ENTRY_EVENT && event_info(e->event)->kind == event_info(entry->event)->kind)
                        return true;
        }
        return false;
}

/* Drops the oldest waiting state that a later one of its kind makes obsolete. */
static bool lanes_drop_superseded(Lanes *lanes, Lane *lane) {
        for (Entry *e = lane->head; e; e = e->lane_next)
                if (entry_is_state(e) && !e->running && entry_is_superseded(e)) {
                        lanes_unlink(lanes, e);
                        return true;
                }
        return false;
}

int lanes_push(Lanes *lanes, int ifindex, const char *name, EntryKind kind, EventType event,
                char **variables, Entry **ret, size_t *ret_dropped) {
        size_t dropped = 0;
        Entry *entry;
        Lane *lane;
        Name *n;

        entry = calloc(1, sizeof(*entry));
        n = lanes_name(lanes, name);
        lane = lanes_lane(lanes, ifindex, true);
        if (!entry || !n || !lane) {
                free(entry);
                strv_free(variables);
                return -ENOMEM;
        }

        *entry = (Entry){
                .sequence = ++lanes->sequence,
                .ifindex = ifindex,
                .kind = kind,
                .event = event,
                .name = n,
                .variables = variables,
                .lane = lane,
                .lane_previous = lane->tail,
                .name_previous = n->tail,
        };
        if (lane->tail)
                lane->tail->lane_next = entry;
        else
                lane->head = entry;
        lane->tail = entry;
        if (n->tail)
                n->tail->name_next = entry;
        else
                n->head = entry;
        n->tail = entry;
        lanes->n_entries++;
        if (entry_is_state(entry))
                lane->n_states++;

        lanes_check_ready(lanes, entry);
        while (lane->n_states > LANE_STATES_MAX && lanes_drop_superseded(lanes, lane))
                dropped++;

        if (ret)
                *ret = entry;
        if (ret_dropped)
                *ret_dropped = dropped;
        return 0;
}

Entry *lanes_find_mergeable(Lanes *lanes, int ifindex, const char *name, EntryKind kind, EventType event) {
        Lane *lane = lanes_lane(lanes, ifindex, false);

        if (!lane)
                return NULL;
        for (Entry *e = lane->tail; e && !e->running; e = e->lane_previous) {
                if (!streq(e->name->name, name))
                        return NULL;
                if (e->kind == kind && (kind != ENTRY_EVENT || e->event == event))
                        return e;
                /* A change of rules or an edge may overtake another kind of edge; no edge overtakes the rules that
                 * its script must find in place. */
                if (e->kind != ENTRY_EVENT || event_is_level(e->event))
                        return NULL;
        }
        return NULL;
}

Entry *lanes_next(Lanes *lanes) {
        Entry *entry = lanes->ready_head;

        if (!entry)
                return NULL;
        lanes->ready_head = entry->ready_next;
        if (!lanes->ready_head)
                lanes->ready_tail = NULL;
        entry->ready_next = NULL;
        lanes->n_running++;
        return entry;
}

void lanes_finish(Lanes *lanes, Entry *entry) {
        lanes->n_running--;
        lanes_unlink(lanes, entry);
}

Entry *lanes_head(Lanes *lanes, int ifindex) {
        Lane *lane = lanes_lane(lanes, ifindex, false);

        return lane ? lane->head : NULL;
}

int lanes_list(Lanes *lanes, int **ret, size_t *ret_n) {
        size_t n = 0, allocated = 0;
        int *list = NULL;

        for (size_t i = 0; i < BUCKETS; i++)
                for (Lane *lane = lanes->lane_buckets[i]; lane; lane = lane->next) {
                        if (n == allocated) {
                                int *more;

                                allocated = allocated > 0 ? 2 * allocated : 64;
                                more = reallocarray(list, allocated, sizeof(int));
                                if (!more) {
                                        free(list);
                                        return -ENOMEM;
                                }
                                list = more;
                        }
                        list[n++] = lane->ifindex;
                }

        *ret = list;
        *ret_n = n;
        return 0;
}

int entry_address_changes(const Entry *entry, AddressSet *ret_added, AddressSet *ret_removed) {
        AddressSet added = {}, removed = {};
        int r;

        r = address_set_subtract(&added, &entry->addresses, &entry->before);
        if (r >= 0)
                r = address_set_subtract(&removed, &entry->before, &entry->addresses);
        if (r < 0) {
                address_set_clear(&added);
                address_set_clear(&removed);
                return r;
        }

        *ret_added = added;
        *ret_removed = removed;
        return 0;
}

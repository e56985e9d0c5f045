/* SPDX-License-Identifier: Apache-2.0 */
/* What waits to be told, and what may be told now. Pure: no I/O.
 *
 * Each link (by its ifindex) has a lane, a queue of entries in the order in which things happened. An entry carries
 * the link's name as it was then. It may run when no earlier unfinished entry has the same ifindex or the same name:
 * renames may swap names, and links are made anew under an old one. So an entry stands in two queues, its lane's and
 * its name's, and is ready when it is the head of both. */
#pragma once

#include <net/if.h>

#include "address.h"
#include "event.h"

/* So many states may wait for one link; then the oldest superseded ones are dropped. */
#define LANE_STATES_MAX 32U

typedef enum EntryKind {
        ENTRY_EVENT,  /* run the unit of an event */
        ENTRY_AGAIN,  /* start that of a present state once more, for what was enabled into it */
        ENTRY_RULES,  /* bring the link's policy rules up to date */
        ENTRY_LEAVE,  /* stop the units of all states under this name: the link has another name now */
        ENTRY_FORGET, /* the link is gone: stop its units, forget the failed ones */
} EntryKind;

/* The unit that keeps the policy rules of a name. */
typedef enum RulesState {
        RULES_UNKNOWN,
        RULES_STARTED, /* it was asked for beside a script, and whether it is active is not known */
        RULES_ACTIVE,
        RULES_DOUBTFUL, /* it was active, and a reload of it failed */
        RULES_STOPPED,  /* by an administrator, who means it */
} RulesState;

typedef struct Lane Lane;
typedef struct Name Name;
typedef struct Lanes Lanes;
typedef struct Entry Entry;

struct Name {
        char name[IF_NAMESIZE];
        uint32_t active; /* the events (1 << EventType) whose unit is, or may be, active under this name */
        uint32_t failed; /* … has failed */
        uint32_t files;  /* … whose file in state/ is there */
        uint32_t others; /* … was begun by somebody else, when that file went: it may run and is not to be interrupted */
        RulesState rules;
        bool rules_old; /* something changed that the last reload of the unit does not know of */
        Entry *head, *tail;
        Name *next;
};

struct Entry {
        uint64_t sequence;
        int ifindex; /* 0 for the manager event */
        EntryKind kind;
        EventType event;
        Name *name;
        char **variables; /* NULL-terminated, NAME=value; owned */
        /* Of an addresses event: what is, and what the last run was told. */
        AddressSet addresses, before;
        /* Of a lease event: the LeaseChange, and the lease as its file has it; NULL if it was lost. */
        int lease_change;
        char *lease;
        bool alone;          /* of link-removed: of what was delivered there is only the record */
        uint64_t digest;     /* of a routes event: what it delivers */
        bool settle;         /* it was begun before a crash: find out from PID 1 what became of it */
        uint64_t asked_usec; /* when its unit was asked for, CLOCK_MONOTONIC */
        bool running;
        void *work; /* of whoever runs it */

        Lane *lane;
        Entry *lane_previous, *lane_next, *name_previous, *name_next, *ready_next;
};

struct Lanes {
        struct Lane **lane_buckets;
        Name **name_buckets;
        Entry *ready_head, *ready_tail;
        uint64_t sequence;
        size_t n_entries, n_running;
};

int lanes_init(Lanes *lanes);
void lanes_done(Lanes *lanes);

/* The record of a name, made if it is new; NULL when out of memory. It stays until lanes_done(), or until its last entry
 * is done and nothing of it is active, failed or there. */
Name *lanes_name(Lanes *lanes, const char *name);
/* … or NULL if there is none. */
Name *lanes_find_name(Lanes *lanes, const char *name);

/* Puts an entry at the end; takes over variables also when it fails. *ret may be used until the next call here.
 * *ret_dropped counts superseded states that had to go. */
int lanes_push(Lanes *lanes, int ifindex, const char *name, EntryKind kind, EventType event,
                char **variables, Entry **ret, size_t *ret_dropped);

/* The waiting entry that an edge (or ENTRY_RULES) of this link may be merged into, or NULL: the same thing under the
 * same name, with nothing between it and the end but other edges. */
Entry *lanes_find_mergeable(Lanes *lanes, int ifindex, const char *name, EntryKind kind, EventType event);

/* Takes the next entry that may run, in the order in which they became ready; NULL if there is none. */
Entry *lanes_next(Lanes *lanes);

/* The entry is done; frees it, perhaps its name too, and what waited for it becomes ready. */
void lanes_finish(Lanes *lanes, Entry *entry);

/* Whether a later entry of the link changes the same kind of state, or the link's name. */
bool entry_is_superseded(const Entry *entry);

/* The oldest unfinished entry of a link, which is the one that runs if any does; NULL without one. */
Entry *lanes_head(Lanes *lanes, int ifindex);

/* The ifindexes of all lanes, for whoever changes lanes while going through them; the caller frees the list. */
int lanes_list(Lanes *lanes, int **ret, size_t *ret_n);

/* What an addresses event adds and removes. */
int entry_address_changes(const Entry *entry, AddressSet *ret_added, AddressSet *ret_removed);

/* SPDX-License-Identifier: Apache-2.0 */
/* What must outlive nb-watch, in /run/network-broker/state.
 *
 *   EVENT:LINK        exists while that event may run (ConditionPathExists= of nb-run@.service); says when its unit was
 *                     asked for, with a second line if networkd's answer came after that; empty and read-only if there
 *                     was nothing to run: then it stands for the state having been delivered, too
 *   @IFINDEX          what else was delivered for a link; a symbolic link that has it as its text, which one call makes,
 *                     while that is no more than the name
 *   @IFINDEX.addresses  … its addresses; .addresses.next while they are being delivered
 *   @IFINDEX.lease      … its DHCP lease, likewise; empty when it was lost
 *   @broker           when nb-watch was started last
 *   @lock             locked by the nb-watch that runs */
#pragma once

#include "address.h"
#include "state-mark.h"

/* What was delivered for a link. */
typedef struct Record {
        int ifindex;
        char name[IF_NAMESIZE];
        int operational, setup;                  /* EventType, or -1 */
        bool operational_started, setup_started; /* a unit was asked for */
        bool left; /* all its units under this name were stopped: it has another name, which is still to be told */
        uint64_t routes; /* digest, 0 if it is not known */
        AddressSet addresses, addresses_next;
        char *lease, *lease_next; /* as in /run/network-broker/lease */
        bool has_next;            /* addresses_next, which may be empty */
        bool has_files;           /* of its addresses or its lease, perhaps */
} Record;

#define STATE_DIRECTORY "/run/network-broker/state"

int state_directory_open(void);
/* The lock is held until what it returns is closed; -EALREADY if another nb-watch holds it. */
int state_directory_lock(int dir_fd);

/* The link is in that state under the record's name; started: with a unit. No other kind of event changes anything. */
void record_enter(Record *record, EventType state, bool started);
/* Writes all but the addresses and the lease. */
int state_record_write(int dir_fd, const Record *record);
/* alone: there are no files of its addresses and its lease. */
int state_record_remove(int dir_fd, int ifindex, bool alone);
/* The same part of it; -ENOENT if there is none. */
int state_record_read(int dir_fd, int ifindex, Record *ret);

/* The addresses that are about to be delivered; state_addresses_commit() makes them those that were. */
int state_addresses_prepare(int dir_fd, int ifindex, const AddressSet *addresses);
int state_addresses_commit(int dir_fd, int ifindex);

/* The same for the lease; NULL if it was lost. */
int state_lease_prepare(int dir_fd, int ifindex, const char *lease);
int state_lease_commit(int dir_fd, int ifindex);

/* When nb-watch was started last, CLOCK_MONOTONIC; 0 for never. */
int state_broker_write(int dir_fd, uint64_t usec);
int state_broker_read(int dir_fd, uint64_t *ret);

typedef struct State {
        Record *records;
        EventMark *marks;
        size_t n_records, n_marks;
} State;

/* Reads everything. What cannot be read is left out, and removed. */
int state_load(int dir_fd, State *ret);
void state_clear(State *state);

/* Removes everything but the lock, for a start from nothing. */
int state_wipe(int dir_fd);

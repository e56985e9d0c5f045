/* SPDX-License-Identifier: Apache-2.0 */
/* What nb-rules made for which link: one file a link in /run/network-broker/rules, named by the link as in its unit.
 *
 *      LINK=eth1
 *      LEFT-OUT=1234           left_out_fingerprint() of what was warned of; absent: nothing was
 *      SET=3 10002 201         ifindex, table, protocol; the first is what the link should have, the others are to be
 *                              cleaned away
 *
 * It is written before anything is changed, so whatever ends the program, what it made is known. */
#pragma once

#include "model.h"

#define RECORD_CLAIMS_MAX 16U

typedef struct Record {
        char link[IF_NAMESIZE];
        uint32_t left_out;
        Claim claims[RECORD_CLAIMS_MAX];
        size_t n_claims;
} Record;

/* Text of a record, not trusted: -EBADMSG unless it is exactly what record_format() makes. */
int record_parse(const char *text, Record *ret);

#define RECORD_TEXT_MAX 1024U
void record_format(const Record *record, char ret[static RECORD_TEXT_MAX]);

/* Opens the folder; returns its descriptor. */
int records_open(void);

/* Waits until no other nb-rules is at work; they are kept out until the descriptor that it returns is closed. */
int records_lock(int dir_fd);

/* All records (Record); files that are none are named in the log and left out. */
int records_load(int dir_fd, Array *ret);

int record_save(int dir_fd, const Record *record);
int record_remove(int dir_fd, const char *link);

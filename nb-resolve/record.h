/* SPDX-License-Identifier: Apache-2.0 */
/* What nb-resolve has set for a link, so that it takes back that and nothing else. */
#pragma once

#include "macros.h"

#define RECORD_FOLDER "/run/network-broker/resolve"

/* Lists are separated by one space; NULL: nothing set. */
typedef struct Record {
        int ifindex; /* of the link that DNS and DOMAINS were set for; 0: none */
        char *dns, *domains;
        char *hostname;
        char *previous_hostname; /* the transient name before ours, NULL if there was none */
        uint64_t asked;          /* the lease files for which nb-lease was asked to look again; 0: none */
} Record;

void record_done(Record *record);

/* The text of the file, and back. Lines that are not known are ignored. */
int record_format(const Record *record, char **ret);
int record_parse(const char *text, Record *ret);

/* Reads the record of a link from the folder; an empty one if there is no file. */
int record_read(int folder_fd, const char *link, Record *ret);

/* Writes it, or removes the file if the record is empty. */
int record_write(int folder_fd, const char *link, const Record *record);

/* The host name that another link's record holds, for the caller to free; NULL if none does. */
int record_other_hostname(int folder_fd, const char *link, char **ret_hostname, char **ret_previous);

/* SPDX-License-Identifier: Apache-2.0 */
/* What nb-watch says about an event, as nb-start left it in /run/network-broker/events/<instance>. */
#pragma once

#include "event.h"

#define EVENT_FILE_FOLDER "/run/network-broker/events"
#define EVENT_FILE_MAX (512U * 1024U)
#define EVENT_FILE_VARIABLES_MAX 64U

typedef struct EventFile {
        char *data;
        const char *variables[EVENT_FILE_VARIABLES_MAX]; /* NAME=value, in data */
        size_t n;
        size_t dropped; /* that are not in the list of variable.h for this event, or not valid */
} EventFile;

/* Reads folder/instance. -ENOENT: there is none; -ENODATA: it is not a regular file; -EFBIG. */
int event_file_read(const char *folder, const char *instance, EventType event, EventFile *ret);

/* The same of its contents: NUL-terminated assignments. data must have a NUL behind its end, and is taken
 * over. */
void event_file_parse(char *data, size_t size, EventType event, EventFile *ret);

/* The value, or NULL. */
const char *event_file_get(const EventFile *file, const char *name);

void event_file_done(EventFile *file);
#define _cleanup_event_file_ _cleanup_(event_file_done)

/* SPDX-License-Identifier: Apache-2.0 */
/* A stream whose lines reach the journal under a name of their own. */
#pragma once

#include "macros.h"

#define JOURNAL_STREAM_SOCKET "/run/systemd/journal/stdout"

/* Takes /dev/full for what it means as the output of nb-run@.service: the journal, but to be connected by whoever
 * writes, which saves the connection that systemd would make for nb-run itself. Replaces it by /dev/null. Returns
 * whether standard output or error was that. */
bool journal_stream_adopt(void);

/* Whether something stands for the journal and this process may not connect to it (which systemd could), as with
 * RestrictAddressFamilies=AF_INET. A journal that is not running is another matter. */
bool journal_stream_is_forbidden(void);

/* Whether the descriptor is the stream to the journal that systemd gave to this process, or stands for it. */
bool journal_stream_is_inherited(int fd);

/* Connects to the journal: lines written to the descriptor appear with this identifier, under this unit.
 * The caller closes it. A line break in the identifier would be a field of its own, so it becomes '_'. */
int journal_stream_open(const char *identifier, const char *unit);

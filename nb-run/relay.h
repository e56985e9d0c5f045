/* SPDX-License-Identifier: Apache-2.0 */
/* A process between a script and the journal. */
#pragma once

#include "macros.h"

/* Starts a process of its own process group that writes to the stream (of journal_stream_open(), which stays the
 * caller's) what is written to the pipe that it returns, for the caller to close. It ends when nobody has that pipe
 * open any more, and not at SIGTERM before; nobody has to wait for it: the next relay_start() reaps every child that
 * has ended. */
int relay_start(int stream);

/* SPDX-License-Identifier: Apache-2.0 */
/* The variables of the events whose units were asked for, one file each, for nb-run. */
#pragma once

#include "request.h"

#define EVENTS_DIRECTORY "/run/network-broker/events"

/* Opens the folder, and removes what no file in state/ allows to run any more: an earlier nb-start may have ended before
 * it was told. Returns the descriptor, for the caller to close. */
int event_files_open(void);

/* What a request means for the file of its unit: a start writes it, with the variables; a stop, or that a failure is
 * forgotten, removes it, so that no later run takes them for its own. Others, and other units, mean nothing. */
int event_files_follow(int dir_fd, const Request *request);

/* The request was not made after all: nobody is to find the variables of a start that was never asked for. */
int event_files_forget(int dir_fd, const Request *request);

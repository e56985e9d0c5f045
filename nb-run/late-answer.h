/* SPDX-License-Identifier: Apache-2.0 */
/* What systemd-networkd says of the link when it says it after the unit was started. */
#pragma once

#include "macros.h"

#define LATE_ANSWER_FOLDER "/run/network-broker/state"

/* How long after it was asked the answer may come. */
#define LATE_ANSWER_USEC UINT64_C(1000000)

/* Takes the answer to the question of that number, NB_NETWORKD_ASKED, which is the time of the question
 * (CLOCK_MONOTONIC, µs): from the second line of folder/instance, nb-watch's file for the event, and waits for it.
 * Ends at once when SIGTERM or SIGINT is pending, which it leaves so.
 *
 * *ret is on success a text that has yet to be checked. -ENODATA: networkd will not say it. -ETIMEDOUT, -EINTR. */
int late_answer_wait(const char *folder, const char *instance, const char *asked, char **ret);

/* The same of the file's text: -EAGAIN if the answer is not in it. */
int late_answer_parse(const char *text, const char *asked, char **ret);

/* SPDX-License-Identifier: Apache-2.0 */
/* What systemd-networkd says of the link when it says it after the unit was started. */
#pragma once

#include "macros.h"

#define LATE_ANSWER_FOLDER "/run/network-broker/state"

/* How long after its unit was started the answer may come; networkd itself is given as long (DESCRIBE_USEC of
 * nb-watch/networkd-questions.c). */
#define LATE_ANSWER_USEC UINT64_C(1000000)

/* Takes the answer from the second line of folder/instance, nb-watch's file for the event, and waits for it. asked is
 * NB_NETWORKD_ASKED (CLOCK_MONOTONIC, µs): when nb-watch started the unit and had no answer yet, and what an answer to
 * just that begins with. Ends at once when SIGTERM or SIGINT is pending, which it leaves so.
 *
 * *ret is on success a text that has yet to be checked. -ENODATA: networkd will not say it. -ETIMEDOUT, -EINTR. */
int late_answer_wait(const char *folder, const char *instance, const char *asked, char **ret);

/* The same of the file's text: -EAGAIN if the answer is not in it. */
int late_answer_parse(const char *text, const char *asked, char **ret);

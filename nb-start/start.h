/* SPDX-License-Identifier: Apache-2.0 */
/* The server: accepts nb-watch, checks each request, hands it to PID 1 and answers. */
#pragma once

#include "macros.h"

typedef struct Start Start;

/* Serves listen_fd, a listening SOCK_SEQPACKET socket that it takes over, to processes of the user allowed.
 * Logs why it fails. */
int start_new(int listen_fd, uid_t allowed, Start **ret);
void start_free(Start *s);
DEFINE_TRIVIAL_CLEANUP_FUNC(Start *, start_free);

/* Runs until SIGTERM. Tells systemd READY. */
int start_run(Start *s);

/* SPDX-License-Identifier: Apache-2.0 */
/* The connections of nb-watch, each with what it asked for. */
#pragma once

#include <systemd/sd-event.h>

#include "macros.h"

typedef struct Clients Clients;

/* Logs why it fails, as what ends the program. */
int clients_new(sd_event *event, Clients **ret);
void clients_free(Clients *s);
DEFINE_TRIVIAL_CLEANUP_FUNC(Clients *, clients_free);

/* Serves a connected, non-blocking SOCK_SEQPACKET socket, which it takes over on success, until the other side closes
 * it. */
int clients_add(Clients *s, int fd);

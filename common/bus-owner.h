/* SPDX-License-Identifier: Apache-2.0 */
/* Who owns a name on the bus, and did this signal come from there?
 *
 * Any local user can send a signal straight to a connection's unique name, and sd-bus delivers it to a match that
 * names a well-known sender. So each signal's sender is compared with the owner that is tracked here. */
#pragma once

#include <systemd/sd-bus.h>

#include "macros.h"

typedef struct BusOwner BusOwner;

/* Called when the owner has changed; owner is NULL if there is none now. Also called once with the first answer. */
typedef void (*BusOwnerHandler)(BusOwner *o, const char *owner, void *userdata);

/* Watches name from now on, without starting its service. The handler comes from the event loop. */
int bus_owner_new(sd_bus *bus, const char *name, BusOwnerHandler handler, void *userdata, BusOwner **ret);
void bus_owner_free(BusOwner *o);
DEFINE_TRIVIAL_CLEANUP_FUNC(BusOwner *, bus_owner_free);

/* The unique name, or NULL: then there is none, or it is not known yet, that is before the handler's first call. */
const char *bus_owner_get(const BusOwner *o);
bool bus_owner_is_known(const BusOwner *o);

/* Whether the owner, as far as it is known, sent the message. Logs a warning otherwise, the first one in ten minutes. */
bool bus_owner_sent(BusOwner *o, sd_bus_message *m);

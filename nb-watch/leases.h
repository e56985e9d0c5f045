/* SPDX-License-Identifier: Apache-2.0 */
/* DHCP leases of links: networkd's, and those that nb-lease found in dhclient's files. */
#pragma once

#include "lease-file.h"
#include "watch.h"

int leases_new(Watch *w, Leases **ret);
void leases_free(Leases *l);

/* networkd makes its folder when it starts: look for it again. */
void leases_look_for_folders(Leases *l);

/* Compares the lease of a link with what was told, and queues an event if it differs. */
void leases_check(Leases *l, Link *link);

/* The kernel says that the lifetime of an address began anew: the lease was renewed if the address is its own. */
void leases_refreshed(Leases *l, Link *link, const Address *address, uint32_t valid_seconds);

/* The link is watched from now on, was renamed, or the configuration changed: its dhclient leases are looked at. */
void leases_enter(Leases *l, const Link *link);
/* … and not any more under this name. */
void leases_leave(Leases *l, const char *name);
/* … nor under any other, or it is gone: a lease that it had is lost. */
void leases_end(Leases *l, Link *link);
/* dhclient was taken out of Generator=. */
void leases_switched_off(Leases *l);

/* The lease that was told before a restart; none if the text holds none. */
void leases_restore(Leases *l, Link *link, const char *text);

/* SPDX-License-Identifier: Apache-2.0 */
/* systemd-networkd as the source of operational and setup states. */
#pragma once

#include "watch.h"

/* Watches networkd on w->bus, and reads all when it appears and the links are known. */
int networkd_new(Watch *w, Networkd **ret);
void networkd_free(Networkd *n);

/* Reads the states of all links; for the start, and when Links= changed. Without networkd on the bus, its
 * files are read. Does nothing before the links are known, and whether networkd is on the bus. */
int networkd_read(Networkd *n);

/* Whether it is on the bus. */
bool networkd_is_there(const Networkd *n);

/* Asks for what only networkd knows of a link; deliver_described() follows. -ENOTCONN without networkd. */
int networkd_describe(Networkd *n, int ifindex);
bool networkd_is_describing(const Networkd *n, int ifindex);

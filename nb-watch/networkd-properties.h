/* SPDX-License-Identifier: Apache-2.0 */
/* Properties in messages of systemd-networkd, org.freedesktop.network1(5). */
#pragma once

#include <systemd/sd-bus.h>

#include "event.h"

/* EventType, or -1 for what the message does not say. */
typedef struct LinkStates {
        int operational, setup;
} LinkStates;

/* Reads the states out of an a{sv} of org.freedesktop.network1.Link; what is not there stays as it is. */
int read_link_states(sd_bus_message *m, LinkStates *states);

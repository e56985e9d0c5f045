/* SPDX-License-Identifier: Apache-2.0 */
/* networkd's files in /run/systemd/netif/links, for the time in which it is not on the bus.
 *
 * networkd does not come back to a bus that was restarted (measured with 252 and 257), and goes on configuring links
 * all the same. Its files follow a little later than its signals would, and a state in passing may be missing in
 * them; so they count only as long as there are no signals. */
#pragma once

#include <systemd/sd-event.h>

#include "networkd-properties.h"

typedef struct NetworkdFiles NetworkdFiles;

typedef void (*NetworkdFileHandler)(int ifindex, const LinkStates *states, void *userdata);

/* Reads all files, and from then on each that changes. The handler is called from here already. */
int networkd_files_new(sd_event *event, NetworkdFileHandler handler, void *userdata, NetworkdFiles **ret);
void networkd_files_free(NetworkdFiles *f);

/* How many links there were files of; 0 when networkd does not run. */
size_t networkd_files_found(const NetworkdFiles *f);

/* Reads the states out of the text of a file. Pure. */
void networkd_file_parse(const char *text, LinkStates *ret);

/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of properties in D-Bus messages. */
#pragma once

#include <systemd/sd-bus.h>

/* Called with the message at the name of one property; reads or skips name and value. */
typedef int (*PropertyReader)(sd_bus_message *m, void *userdata);

/* Reads an a{sv} to its end. */
int read_properties(sd_bus_message *m, PropertyReader read_property, void *userdata);

/* SPDX-License-Identifier: Apache-2.0 */
/* Which hardware is behind a link? */
#pragma once

#include "macros.h"

typedef enum DeviceField {
        DEVICE_TYPE, /* DEVTYPE: what the kernel calls a kind of Ethernet, such as bridge */
        DEVICE_DRIVER,
        DEVICE_PATH,
        DEVICE_VENDOR,
        DEVICE_MODEL,
        DEVICE_PRODUCT_ID,
        DEVICE_MANUFACTURER,
        DEVICE_LINK_FILE,
        _DEVICE_FIELD_MAX,
} DeviceField;

typedef struct Device {
        char fields[_DEVICE_FIELD_MAX][256]; /* "" where it is not known */
} Device;

/* From udev's database, sysfs, the driver and hwdata's list of PCI devices, in this order. socket is any
 * socket of the link's network namespace. */
void device_read(int socket_fd, const char *name, int ifindex, Device *ret);

/* Takes one line of udev's database, "E:ID_PATH=…". */
void device_read_udev_line(Device *device, const char *line, size_t length);

/* Looks a PCI device (as in sysfs: "0x8086", "0x100f") up in the text of a pci.ids file. */
void device_find_pci(
                const char *database, size_t size, const char *vendor, const char *product, Device *device);

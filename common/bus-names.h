/* SPDX-License-Identifier: Apache-2.0 */
/* Names on the system bus, of org.freedesktop.systemd1(5) and of the bus itself. */
#pragma once

#define SYSTEMD_NAME "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER SYSTEMD_NAME ".Manager"
#define SYSTEMD_UNIT SYSTEMD_NAME ".Unit"

#define DBUS_NAME "org.freedesktop.DBus"
#define DBUS_PATH "/org/freedesktop/DBus"
#define DBUS_LOCAL DBUS_NAME ".Local"
#define DBUS_PROPERTIES DBUS_NAME ".Properties"

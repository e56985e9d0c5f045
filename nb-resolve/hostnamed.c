/* SPDX-License-Identifier: Apache-2.0 */
/* How is systemd-hostnamed told? See hostnamed.h. */
#include "hostnamed.h"

#include "bus.h"

#define HOSTNAMED_NAME "org.freedesktop.hostname1"
#define HOSTNAMED_PATH "/org/freedesktop/hostname1"
#define HOSTNAMED_INTERFACE "org.freedesktop.hostname1"

static int string_get(sd_bus *bus, const char *property, char **ret, sd_bus_error *error) {
        int r = sd_bus_get_property_string(
                        bus, HOSTNAMED_NAME, HOSTNAMED_PATH, HOSTNAMED_INTERFACE, property, error, ret);

        return r < 0 && bus_error_is_absence(error) ? -ENXIO : r;
}

int hostnamed_get(sd_bus *bus, HostNames *ret, sd_bus_error *error) {
        _cleanup_(host_names_done) HostNames names = {};
        _cleanup_free_ char *source = NULL;
        int r;

        r = string_get(bus, "StaticHostname", &names.static_name, error);
        if (r < 0)
                return r;
        r = string_get(bus, "Hostname", &names.name, error);
        if (r < 0)
                return r;
        r = string_get(bus, "HostnameSource", &source, error);
        if (r < 0)
                return r;
        names.transient = streq(source, "transient");

        *ret = TAKE_STRUCT(names);
        return 0;
}

void host_names_done(HostNames *names) {
        free(names->static_name);
        free(names->name);
        *names = (HostNames){};
}

int hostnamed_set(sd_bus *bus, const char *name, sd_bus_error *error) {
        int r = sd_bus_call_method(bus, HOSTNAMED_NAME, HOSTNAMED_PATH, HOSTNAMED_INTERFACE, "SetHostname",
                        error, NULL, "sb", name, false);

        return r < 0 && bus_error_is_absence(error) ? -ENXIO : r;
}

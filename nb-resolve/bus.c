/* SPDX-License-Identifier: Apache-2.0 */
/* What do the calls over the bus have in common? See bus.h. */
#include "bus.h"

#include "bus-names.h"

#define CALL_TIMEOUT_USEC (10U * 1000U * 1000U)

int bus_open(sd_bus **ret) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        int r;

        r = sd_bus_open_system(&bus);
        if (r < 0)
                return r;
        r = sd_bus_set_method_call_timeout(bus, CALL_TIMEOUT_USEC);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(bus);
        return 0;
}

bool bus_error_is_absence(const sd_bus_error *error) {
        return sd_bus_error_has_name(error, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
                        sd_bus_error_has_name(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER) ||
                        sd_bus_error_has_name(error, SYSTEMD_NAME ".NoSuchUnit") ||
                        sd_bus_error_has_name(error, SYSTEMD_NAME ".UnitMasked");
}

int bus_start_unit(sd_bus *bus, const char *unit, sd_bus_error *error) {
        return sd_bus_call_method(bus, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER, "StartUnit", error, NULL,
                        "ss", unit, "replace");
}

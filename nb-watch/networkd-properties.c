/* SPDX-License-Identifier: Apache-2.0 */
/* Which states does a message of networkd carry? See networkd-properties.h. */
#include "networkd-properties.h"

#include "log.h"
#include "properties.h"

/* A state that this version does not know is left out, and said. */
static void state_from_name(const char *name, EventKind kind, int *ret) {
        EventType event;

        if (event_from_name(name, &event) >= 0 && event_info(event)->kind == kind)
                *ret = (int) event;
        else
                log_warning("Ignoring the unknown state '%s' of systemd-networkd.", name);
}

static int read_link_property(sd_bus_message *m, void *userdata) {
        LinkStates *states = userdata;
        const char *name, *value;
        int r;

        r = sd_bus_message_read(m, "s", &name);
        if (r < 0)
                return r;
        if (!streq(name, "OperationalState") && !streq(name, "AdministrativeState"))
                return sd_bus_message_skip(m, "v");

        r = sd_bus_message_read(m, "v", "s", &value);
        if (r < 0)
                return r;
        if (name[0] == 'O')
                state_from_name(value, EVENT_OPERATIONAL, &states->operational);
        else
                state_from_name(value, EVENT_SETUP, &states->setup);
        return 0;
}

int read_link_states(sd_bus_message *m, LinkStates *states) {
        return read_properties(m, read_link_property, states);
}

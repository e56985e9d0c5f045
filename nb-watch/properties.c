/* SPDX-License-Identifier: Apache-2.0 */
/* Which properties does a message carry? See properties.h. */
#include "properties.h"

int read_properties(sd_bus_message *m, PropertyReader read_property, void *userdata) {
        int r;

        r = sd_bus_message_enter_container(m, 'a', "{sv}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                r = read_property(m, userdata);
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Which events are there, and where are their scripts? */
#include "event.h"

const char *const event_script_roots[] = {
        "/etc/network-broker",
        "/run/network-broker",
        "/usr/lib/network-broker",
        "/etc/network-event-broker",
};

static const EventInfo events[] = {
#define X(symbol, event, event_kind, ...)                                                                   \
        [EVENT_TYPE_##symbol] = {                                                                           \
                .name = (event), .kind = EVENT_##event_kind, .directories = { __VA_ARGS__ }                 \
        },
        EVENT_LIST(X)
#undef X
};

const EventInfo *event_info(EventType type) {
        return &events[type];
}

int event_from_name(const char *name, EventType *ret) {
        for (size_t i = 0; i < ELEMENTSOF(events); i++)
                if (streq(events[i].name, name)) {
                        *ret = (EventType) i;
                        return 0;
                }
        return -EINVAL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Is a signal's sender who it should be? See bus-owner.h. */
#include "bus-owner.h"

#include "bus-names.h"
#include "log.h"
#include "time-util.h"

/* Whoever forges one signal can forge many, from new connections. */
#define WARN_USEC (UINT64_C(10) * 60U * 1000000U)

struct BusOwner {
        char *name, *owner;
        sd_bus_slot *match, *query;
        BusOwnerHandler handler;
        void *userdata;
};

static void warn_forged(const BusOwner *o, sd_bus_message *m) {
        static uint64_t last_usec;
        uint64_t usec = now_usec();

        if (last_usec > 0 && usec < last_usec + WARN_USEC)
                return;
        last_usec = usec;
        log_warning("Ignoring signal %s from %s, which is not %s; others of the next %u minutes are not logged.",
                        strempty(sd_bus_message_get_member(m)), strempty(sd_bus_message_get_sender(m)),
                        o->name, (unsigned) (WARN_USEC / 60000000U));
}

static int owner_set(BusOwner *o, const char *owner) {
        char *copy = NULL;

        if (strempty(owner)[0] != '\0') {
                copy = strdup(owner);
                if (!copy)
                        return -ENOMEM;
        }
        free(o->owner);
        o->owner = copy;
        o->handler(o, o->owner, o->userdata);
        return 0;
}

static int on_name_owner_changed(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        const char *name, *old_owner, *new_owner;
        BusOwner *o = userdata;
        int r;

        if (!streq(strempty(sd_bus_message_get_sender(m)), DBUS_NAME)) {
                warn_forged(o, m);
                return 0;
        }
        r = sd_bus_message_read(m, "sss", &name, &old_owner, &new_owner);
        if (r < 0 || !streq(name, o->name))
                return 0;

        /* The query's answer would be older than this. */
        o->query = sd_bus_slot_unref(o->query);
        return owner_set(o, new_owner);
}

static int on_owner(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        const char *owner = NULL;
        BusOwner *o = userdata;

        o->query = sd_bus_slot_unref(o->query);
        if (!sd_bus_message_is_method_error(m, NULL))
                (void) sd_bus_message_read(m, "s", &owner);
        return owner_set(o, owner);
}

int bus_owner_new(sd_bus *bus, const char *name, BusOwnerHandler handler, void *userdata, BusOwner **ret) {
        _cleanup_(bus_owner_freep) BusOwner *o = NULL;
        char rule[512];
        int r;

        o = calloc(1, sizeof(*o));
        if (!o)
                return -ENOMEM;
        o->handler = handler;
        o->userdata = userdata;
        o->name = strdup(name);
        if (!o->name)
                return -ENOMEM;

        snprintf(rule, sizeof(rule),
                        "type='signal',sender='" DBUS_NAME "',path='" DBUS_PATH "',interface='" DBUS_NAME
                        "',member='NameOwnerChanged',arg0='%s'",
                        name);
        r = sd_bus_add_match_async(bus, &o->match, rule, on_name_owner_changed, NULL, o);
        if (r < 0)
                return r;
        r = sd_bus_call_method_async(bus, &o->query, DBUS_NAME, DBUS_PATH, DBUS_NAME, "GetNameOwner",
                        on_owner, o, "s", name);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(o);
        return 0;
}

void bus_owner_free(BusOwner *o) {
        if (!o)
                return;
        sd_bus_slot_unref(o->match);
        sd_bus_slot_unref(o->query);
        free(o->name);
        free(o->owner);
        free(o);
}

const char *bus_owner_get(const BusOwner *o) {
        return o->owner;
}

bool bus_owner_is_known(const BusOwner *o) {
        return !o->query;
}

bool bus_owner_sent(BusOwner *o, sd_bus_message *m) {
        const char *sender = sd_bus_message_get_sender(m);

        if (o->owner && sender && streq(o->owner, sender))
                return true;
        /* It may be the owner's, from before his name is known here. */
        if (bus_owner_is_known(o))
                warn_forged(o, m);
        return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* In which operational state is a link? See operstate.h.
 *
 * | carrier state    | no address       | link-local address | global address |
 * |------------------|------------------|--------------------|----------------|
 * | off              | off              | off                | off            |
 * | no-carrier       | no-carrier       | no-carrier         | no-carrier     |
 * | dormant          | dormant          | dormant            | dormant        |
 * | degraded-carrier | degraded-carrier | degraded           | routable       |
 * | carrier          | carrier          | degraded           | routable       |
 * | enslaved         | enslaved         | enslaved           | routable       | */
#include "operstate.h"

#include <linux/if.h>

bool link_facts_have_carrier(const LinkFacts *facts) {
        if (facts->operstate == IF_OPER_UP)
                return true;
        if (facts->operstate != IF_OPER_UNKNOWN)
                return false;
        /* A driver without operational states: the flags say it. */
        return (facts->flags & (IFF_LOWER_UP | IFF_RUNNING)) == (IFF_LOWER_UP | IFF_RUNNING) &&
                        !(facts->flags & IFF_DORMANT);
}

static EventType carrier_state(const LinkFacts *facts) {
        if (facts->operstate == IF_OPER_DORMANT)
                return EVENT_TYPE_DORMANT;
        if (!link_facts_have_carrier(facts))
                return facts->flags & IFF_UP ? EVENT_TYPE_NO_CARRIER : EVENT_TYPE_OFF;
        if (facts->port_without_carrier)
                return EVENT_TYPE_DEGRADED_CARRIER;
        return facts->master > 0 ? EVENT_TYPE_ENSLAVED : EVENT_TYPE_CARRIER;
}

EventType operstate_from_facts(const LinkFacts *facts) {
        EventType carrier = carrier_state(facts);

        if (carrier == EVENT_TYPE_OFF || carrier == EVENT_TYPE_NO_CARRIER || carrier == EVENT_TYPE_DORMANT)
                return carrier;
        if (facts->has_global)
                return EVENT_TYPE_ROUTABLE;
        if (facts->has_link_local && carrier != EVENT_TYPE_ENSLAVED)
                return EVENT_TYPE_DEGRADED;
        return carrier;
}

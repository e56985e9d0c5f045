/* SPDX-License-Identifier: Apache-2.0 */
/* A link's operational state from what the kernel says, by the rules that networkctl(1) describes. Pure. */
#pragma once

#include "event.h"

/* What of a link counts. */
typedef struct LinkFacts {
        uint32_t flags;            /* IFF_* */
        uint8_t operstate;         /* IF_OPER_* */
        int master;                /* ifindex of the bridge or bond, 0 without one */
        bool has_link_local;       /* a usable address of link scope */
        bool has_global;           /* a usable address of wider than site scope */
        bool port_without_carrier; /* it is the master of a link that has no carrier */
} LinkFacts;

/* Whether the link has a carrier. */
bool link_facts_have_carrier(const LinkFacts *facts);

/* One of off, no-carrier, dormant, degraded-carrier, carrier, degraded, enslaved, routable. */
EventType operstate_from_facts(const LinkFacts *facts);

/* SPDX-License-Identifier: Apache-2.0 */
/* Which rules and routes have no place in a link's set? See left-out.h. */
#include "left-out.h"

#include <inttypes.h>

#include "hash.h"
#include "print.h"

static const int families[] = { AF_INET, AF_INET6 };

static bool lacks_to_rules(const Snapshot *snapshot, int family) {
        const Address *addresses = snapshot->addresses.items;

        if (!snapshot->local_is_behind[family == AF_INET6])
                return false;
        for (size_t i = 0; i < snapshot->addresses.n; i++)
                if (addresses[i].family == family)
                        return true;
        return false;
}

static bool is_left_out(const Route *route) {
        for (size_t i = 0; i < route->n_hops; i++)
                if (route->hops[i].encapsulated && route_hop_counts(route, route->hops + i))
                        return true;
        return false;
}

uint32_t left_out_fingerprint(const Snapshot *snapshot) {
        const Route *routes = snapshot->main_routes.items;
        char destination[DESTINATION_MAX];
        uint32_t sum = 0;

        for (size_t i = 0; i < ELEMENTSOF(families); i++)
                if (lacks_to_rules(snapshot, families[i]))
                        sum += (uint32_t) families[i];
        /* A sum, as the order in which routes are read says nothing. */
        for (size_t i = 0; i < snapshot->main_routes.n; i++)
                if (is_left_out(routes + i)) {
                        print_destination(routes + i, destination);
                        sum += (uint32_t) hash_text(destination);
                }
        return sum;
}

void left_out_log(const Snapshot *snapshot, uint32_t table, const LogFields *fields) {
        const Route *routes = snapshot->main_routes.items;
        char destination[DESTINATION_MAX];

        for (size_t i = 0; i < ELEMENTSOF(families); i++)
                if (lacks_to_rules(snapshot, families[i]))
                        (void) log_message(LOG_WARNING, 0, fields,
                                        "%s: an IPv%c rule 'lookup local' has a priority behind %u; leaving out the "
                                        "rules 'to ADDRESS lookup %" PRIu32
                                        "', which would make the addresses unreachable.",
                                        fields->link, families[i] == AF_INET ? '4' : '6',
                                        RULE_PRIORITY_FIRST + RULE_TO, table);
        for (size_t i = 0; i < snapshot->main_routes.n; i++)
                if (is_left_out(routes + i)) {
                        print_destination(routes + i, destination);
                        (void) log_message(LOG_WARNING, 0, fields,
                                        "%s: a route to %s has an encapsulation (encap) and is left out of table "
                                        "%" PRIu32 ".",
                                        fields->link, destination, table);
                }
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What rules and routes should a link have? See desired.h. */
#include "desired.h"

static int add_rules(Wanted *w, const Address *address, const Claim *claim, bool with_to) {
        for (RuleRole role = 0; role < _RULE_ROLE_MAX; role++) {
                Rule *rule;

                if (role == RULE_TO && !with_to)
                        continue;
                rule = array_add(&w->rules, sizeof(*rule));
                if (!rule)
                        return -ENOMEM;
                rule->address = *address;
                rule->role = (uint8_t) role;
                rule->protocol = claim->protocol;
                rule->table = role == RULE_MAIN ? RT_TABLE_MAIN : claim->table;
        }
        return 0;
}

static int make_rules(Snapshot *s, const Claim *claim, Wanted *w) {
        Address *addresses = s->addresses.items;
        int r;

        if (s->addresses.n > 1)
                qsort(addresses, s->addresses.n, sizeof(*addresses), address_compare);

        for (size_t i = 0; i < s->addresses.n; i++) {
                /* The same address with two prefix lengths. */
                if (i > 0 && address_compare(addresses + i, addresses + i - 1) == 0)
                        continue;
                r = add_rules(w, addresses + i, claim, !s->local_is_behind[addresses[i].family == AF_INET6]);
                if (r < 0)
                        return r;
        }
        return 0;
}

static bool is_copied(const Route *route, const Claim *claim, Route *ret) {
        *ret = *route;
        ret->table = claim->table;
        ret->protocol = claim->protocol;
        memset(ret->hops, 0, sizeof(ret->hops));
        ret->n_hops = 0;

        for (size_t i = 0; i < route->n_hops; i++) {
                const Hop *hop = route->hops + i;
                Hop *copy = ret->hops + ret->n_hops;

                if (hop->ifindex != claim->ifindex || !route_hop_counts(route, hop) || hop->encapsulated)
                        continue;
                *copy = *hop;
                /* The gateway is checked against this table, where its network may come later or never. */
                copy->onlink = hop->gateway.family != 0;
                ret->n_hops++;
        }
        return ret->n_hops > 0;
}

/* An IPv4 table holds one route of a key; the kernel uses the first of main's. IPv6 joins the legs of a multipath
 * route; a second router of equal metric must not become one, unless it was in main. */
static bool is_superseded(const Wanted *w, const Route *route, bool is_leg) {
        const Route *routes = w->routes.items;

        for (size_t i = 0; i < w->routes.n; i++)
                if (route_same_key(routes + i, route) && (!is_leg || route_same_hops(routes + i, route)))
                        return true;
        return false;
}

/* The weight of an only leg means nothing, and the kernel does not show it. */
static void drop_weights(Wanted *w) {
        Route *routes = w->routes.items;

        for (size_t i = 0; i < w->routes.n; i++) {
                size_t n_legs = 0;

                for (size_t j = 0; j < w->routes.n; j++)
                        if (route_same_key(routes + i, routes + j))
                                n_legs += routes[j].n_hops;
                if (n_legs == 1)
                        routes[i].hops[0].weight = 0;
        }
}

static int make_routes(Snapshot *s, const Claim *claim, Wanted *w) {
        const Route *routes = s->main_routes.items;

        for (size_t i = 0; i < s->main_routes.n; i++) {
                Route copy, *added;
                bool is_leg;

                if (!is_copied(routes + i, claim, &copy))
                        continue;
                is_leg = copy.destination.family == AF_INET6 && routes[i].n_legs > 1;
                if (is_superseded(w, &copy, is_leg))
                        continue;
                copy.n_legs = 0;

                added = array_add(&w->routes, sizeof(*added));
                if (!added)
                        return -ENOMEM;
                *added = copy;
        }
        drop_weights(w);
        return 0;
}

int desired_make(Snapshot *snapshot, const Claim *claim, Wanted *ret) {
        _cleanup_wanted_ Wanted w = {};
        int r;

        r = make_rules(snapshot, claim, &w);
        if (r >= 0)
                r = make_routes(snapshot, claim, &w);
        if (r < 0)
                return r;

        *ret = w;
        w = (Wanted){};
        return 0;
}

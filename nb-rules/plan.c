/* SPDX-License-Identifier: Apache-2.0 */
/* What must be changed, and in which order? See plan.h. */
#include "plan.h"

static int add_change(Plan *plan, ChangeVerb verb, const Rule *rule, const Route *route) {
        Change *c = array_add(&plan->changes, sizeof(*c));

        if (!c)
                return -ENOMEM;
        *c = (Change){ .verb = verb, .rule = rule, .route = route };
        return 0;
}

static bool route_is_of(const Route *route, const Claim *claim) {
        if (route->table != claim->table || route->protocol != claim->protocol || route->type != RTN_UNICAST)
                return false;
        if (claim->protocol != RTPROT_KERNEL)
                return true;

        /* The kernel fills the table of a VRF under this protocol, too. */
        for (size_t i = 0; i < route->n_hops; i++)
                if (route->hops[i].ifindex != claim->ifindex)
                        return false;
        return true;
}

bool route_is_claimed(const Route *route, const Claim *claims, size_t n_claims) {
        for (size_t i = 0; i < n_claims; i++)
                if (route_is_of(route, claims + i))
                        return true;
        return false;
}

const Route *plan_foreign_route(
                const Snapshot *snapshot, uint32_t table, const Claim *claims, size_t n_claims) {
        const Route *routes = snapshot->routes.items;

        for (size_t i = 0; i < snapshot->routes.n; i++)
                if (routes[i].table == table && !route_is_claimed(routes + i, claims, n_claims))
                        return routes + i;
        return NULL;
}

static bool rule_is_claimed(const Rule *rule, const Claim *claims, size_t n_claims) {
        for (size_t i = 0; i < n_claims; i++)
                if (claims[i].protocol == rule->protocol &&
                                (rule->role == RULE_MAIN || claims[i].table == rule->table))
                        return true;
        return false;
}

/* "lookup main" names no table of ours: it belongs to the other rules of its address. It goes with the last of them;
 * without any it is a left-over, for somebody removed the others. */
static bool main_rule_is_stale(
                const Array *rules, size_t index, const Claim *claims, size_t n_claims, bool *doubtful) {
        const Rule *all = rules->items, *rule = all + index;
        bool alone = true;
        size_t i = index;

        while (i > 0 && address_compare(&all[i - 1].address, &rule->address) == 0)
                i--;
        for (; i < rules->n && address_compare(&all[i].address, &rule->address) == 0; i++) {
                if (all[i].role == RULE_MAIN || all[i].protocol != rule->protocol)
                        continue;
                if (!rule_is_claimed(all + i, claims, n_claims))
                        return false;
                alone = false;
        }
        if (!alone)
                return true;

        *doubtful = true;
        return rule->protocol != RTPROT_KERNEL;
}

static bool array_has_rule(const Array *rules, const Rule *rule) {
        return rules->n > 0 && bsearch(rule, rules->items, rules->n, sizeof(*rule), rule_compare);
}

static int plan_rules_in(const Snapshot *s, const Wanted *w, Plan *plan) {
        const Rule *wanted = w->rules.items;
        int r;

        for (size_t i = 0; i < w->rules.n; i++)
                if (!array_has_rule(&s->rules, wanted + i)) {
                        r = add_change(plan, CHANGE_ADD, wanted + i, NULL);
                        if (r < 0)
                                return r;
                }
        return 0;
}

/* Backwards: of an address the first rule comes first and goes last, so that none is ever left that cannot be
 * attributed. */
static int plan_rules_out(
                const Snapshot *s, const Wanted *w, const Claim *claims, size_t n_claims, Plan *plan) {
        const Rule *rules = s->rules.items;
        int r;

        for (size_t i = s->rules.n; i-- > 0;) {
                bool is_double = i > 0 && rule_compare(rules + i, rules + i - 1) == 0, doubtful = is_double;

                if (!rule_is_claimed(rules + i, claims, n_claims))
                        continue;
                if (!is_double && array_has_rule(&w->rules, rules + i))
                        continue;
                if (!is_double && rules[i].role == RULE_MAIN &&
                                !main_rule_is_stale(&s->rules, i, claims, n_claims, &doubtful))
                        continue;

                r = add_change(plan, CHANGE_DELETE, rules + i, NULL);
                if (r < 0)
                        return r;
                plan->doubtful |= doubtful;
        }
        return 0;
}

static bool array_has_route(const Array *routes, const Route *route) {
        const Route *all = routes->items;

        for (size_t i = 0; i < routes->n; i++)
                if (route_equal(all + i, route))
                        return true;
        return false;
}

static bool is_planned(const Plan *plan, const Route *route) {
        const Change *changes = plan->changes.items;

        for (size_t i = 0; i < plan->changes.n; i++)
                if (changes[i].route == route)
                        return true;
        return false;
}

static int plan_route_in(const Snapshot *s, const Wanted *w, const Route *route, const Claim *claims,
                size_t n_claims, Plan *plan) {
        const Route *is = s->routes.items, *wanted = w->routes.items;
        ChangeVerb verb = CHANGE_ADD;
        int r;

        for (size_t i = 0; i < s->routes.n; i++) {
                if (!route_same_key(is + i, route) || !route_is_claimed(is + i, claims, n_claims))
                        continue;
                verb = CHANGE_APPEND;

                /* IPv6 refuses a second leg to the same gateway, so here, and only here, the old one goes first. */
                if (route->destination.family == AF_INET6 && route_same_hops(is + i, route) &&
                                !is_planned(plan, is + i)) {
                        r = add_change(plan, CHANGE_DELETE, NULL, is + i);
                        if (r < 0)
                                return r;
                }
        }
        /* The further legs of an IPv6 multipath route. */
        for (const Route *before = wanted; before < route; before++)
                if (route_same_key(before, route))
                        verb = CHANGE_APPEND;
        return add_change(plan, verb, NULL, route);
}

static int plan_routes_in(
                const Snapshot *s, const Wanted *w, const Claim *claims, size_t n_claims, Plan *plan) {
        const Route *wanted = w->routes.items;
        int r;

        for (size_t i = 0; i < w->routes.n; i++)
                if (!array_has_route(&s->routes, wanted + i)) {
                        r = plan_route_in(s, w, wanted + i, claims, n_claims, plan);
                        if (r < 0)
                                return r;
                }
        return 0;
}

static int plan_routes_out(
                const Snapshot *s, const Wanted *w, const Claim *claims, size_t n_claims, Plan *plan) {
        const Route *is = s->routes.items;
        int r;

        for (size_t i = 0; i < s->routes.n; i++)
                if (route_is_claimed(is + i, claims, n_claims) && !array_has_route(&w->routes, is + i) &&
                                !is_planned(plan, is + i)) {
                        r = add_change(plan, CHANGE_DELETE, NULL, is + i);
                        if (r < 0)
                                return r;
                }
        return 0;
}

int plan_make(Snapshot *snapshot, const Wanted *wanted, const Claim *claims, size_t n_claims, Plan *ret) {
        _cleanup_plan_ Plan plan = {};
        int r;

        if (snapshot->rules.n > 1)
                qsort(snapshot->rules.items, snapshot->rules.n, sizeof(Rule), rule_compare);

        r = plan_routes_in(snapshot, wanted, claims, n_claims, &plan);
        if (r >= 0)
                r = plan_rules_in(snapshot, wanted, &plan);
        if (r >= 0)
                r = plan_rules_out(snapshot, wanted, claims, n_claims, &plan);
        if (r >= 0)
                r = plan_routes_out(snapshot, wanted, claims, n_claims, &plan);
        if (r < 0)
                return r;

        *ret = plan;
        plan = (Plan){};
        return 0;
}

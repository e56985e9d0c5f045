/* SPDX-License-Identifier: Apache-2.0 */
/* When are two rules or routes the same? See model.h. */
#include "model.h"

static int compare_number(uint32_t a, uint32_t b) {
        return a < b ? -1 : a > b;
}

int rule_compare(const void *a, const void *b) {
        const Rule *x = a, *y = b;
        int r;

        r = address_compare(&x->address, &y->address);
        if (r == 0)
                r = compare_number(x->role, y->role);
        if (r == 0)
                r = compare_number(x->protocol, y->protocol);
        if (r == 0)
                r = compare_number(x->table, y->table);
        return r;
}

bool route_same_key(const Route *a, const Route *b) {
        return a->table == b->table && address_compare(&a->destination, &b->destination) == 0 &&
                        a->prefix_length == b->prefix_length &&
                        address_compare(&a->source, &b->source) == 0 &&
                        a->source_length == b->source_length && a->tos == b->tos &&
                        a->priority == b->priority;
}

static bool hop_same_way(const Hop *a, const Hop *b) {
        return a->ifindex == b->ifindex && address_compare(&a->gateway, &b->gateway) == 0;
}

bool route_same_hops(const Route *a, const Route *b) {
        if (a->n_hops != b->n_hops)
                return false;
        for (size_t i = 0; i < a->n_hops; i++)
                if (!hop_same_way(a->hops + i, b->hops + i))
                        return false;
        return true;
}

bool route_equal(const Route *a, const Route *b) {
        if (!route_same_key(a, b) || !route_same_hops(a, b))
                return false;
        for (size_t i = 0; i < a->n_hops; i++)
                if (a->hops[i].onlink != b->hops[i].onlink || a->hops[i].weight != b->hops[i].weight ||
                                a->hops[i].encapsulated != b->hops[i].encapsulated)
                        return false;
        return a->type == b->type && a->scope == b->scope && a->protocol == b->protocol &&
                        a->locks == b->locks && memcmp(a->metrics, b->metrics, sizeof(a->metrics)) == 0 &&
                        memcmp(a->congestion, b->congestion, sizeof(a->congestion)) == 0;
}

int table_of_link(uint32_t base, int ifindex, uint32_t *ret) {
        uint64_t table = (uint64_t) base + (uint64_t) ifindex;

        if (ifindex <= 0 || table == 0 || table > UINT32_MAX ||
                        (table >= RT_TABLE_DEFAULT && table <= RT_TABLE_LOCAL))
                return -ERANGE;

        *ret = (uint32_t) table;
        return 0;
}

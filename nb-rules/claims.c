/* SPDX-License-Identifier: Apache-2.0 */
/* Which sets are this link's? See claims.h. */
#include "claims.h"

static bool same_place(const Claim *a, const Claim *b) {
        return a->table == b->table && a->protocol == b->protocol;
}

const Record *records_find(const Array *records, const char *link) {
        const Record *all = records->items;

        for (size_t i = 0; i < records->n; i++)
                if (streq(all[i].link, link))
                        return all + i;
        return NULL;
}

static void add_claim(Claims *c, const Claim *claim) {
        for (size_t i = 0; i < c->n; i++)
                if (same_place(c->claims + i, claim))
                        return;
        if (c->n < CLAIMS_MAX)
                c->claims[c->n++] = *claim;
}

/* A record whose link is gone, or has another ifindex now, protects nothing. */
static bool is_kept_by_another(const Array *records, const char *link, const Claim *claim, LinkLookup lookup,
                void *userdata) {
        const Record *all = records->items;

        for (size_t i = 0; i < records->n; i++)
                if (!streq(all[i].link, link) && same_place(all[i].claims, claim) &&
                                lookup(all[i].link, userdata) == all[i].claims[0].ifindex)
                        return true;
        return false;
}

void claims_make(const Array *records, const char *link, const Claim *wish, LinkLookup lookup,
                void *userdata, Claims *ret) {
        const Record *all = records->items, *own;
        Claims c = {};

        if (wish) {
                c.wish = true;
                add_claim(&c, wish);
                for (size_t i = 0; i < records->n; i++)
                        for (size_t j = 0; j < all[i].n_claims; j++)
                                if (all[i].claims[j].table == wish->table)
                                        add_claim(&c, all[i].claims + j);
        }

        own = records_find(records, link);
        for (size_t i = 0; own && i < own->n_claims; i++)
                if (!is_kept_by_another(records, link, own->claims + i, lookup, userdata))
                        add_claim(&c, own->claims + i);
        *ret = c;
}

void claims_to_record(const Claims *claims, const char *link, Record *ret) {
        Record record = {};

        (void) snprintf(record.link, sizeof(record.link), "%s", link);
        for (size_t i = 0; i < claims->n && record.n_claims < RECORD_CLAIMS_MAX; i++)
                record.claims[record.n_claims++] = claims->claims[i];
        *ret = record;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Which lease does a link have? See dhclient.h. */
#include "dhclient.h"

#include <arpa/inet.h>

#include "build.h"
#include "date.h"
#include "statement.h"
#include "unit-name.h"

/* Unexpired leases of other addresses that are kept beside; dhclient itself has one to three. */
#define CANDIDATES_MAX 32U
#define DEPTH_MAX 8U
#define LIFE_FOREVER UINT32_MAX

typedef enum BlockType {
        BLOCK_OTHER,
        BLOCK_LEASE,
        BLOCK_LEASE6,
        BLOCK_IA,      /* ia-na, ia-ta, ia-pd */
        BLOCK_ADDRESS, /* iaaddr */
        BLOCK_PREFIX,  /* iaprefix */
} BlockType;

/* The block that is being read. */
typedef struct Draft {
        Lease *lease;
        bool six, for_link, for_other, released;
        uint64_t expire;
        struct {
                uint64_t starts, max_life;
                char text[INET6_ADDRSTRLEN + 8];
        } item; /* the address or prefix that is being read */
} Draft;

struct DhclientLeases {
        char link[IF_NAMESIZE];
        uint64_t now;
        size_t n_blocks, n_broken;
        Lease *candidates[CANDIDATES_MAX]; /* of IPv4, in the order of the files, none expired */
        size_t files[CANDIDATES_MAX];      /* that they are from */
        size_t n_candidates;
        Lease *six;
        size_t six_file, file; /* the file that it is from, and the one that is being read */
        Draft draft;
        BlockType stack[DEPTH_MAX];
        size_t depth;
};

static const struct {
        const char *option;
        LeaseField field;
        bool six;
} options[] = {
        { "subnet-mask", LEASE_SUBNETMASK, false },
        { "broadcast-address", LEASE_BROADCAST, false },
        { "routers", LEASE_ROUTER, false },
        { "dhcp-server-identifier", LEASE_SERVER, false },
        { "domain-name-servers", LEASE_DNS, false },
        { "domain-name", LEASE_DOMAIN, false },
        { "domain-search", LEASE_SEARCH, false },
        { "host-name", LEASE_HOSTNAME, false },
        { "ntp-servers", LEASE_NTP, false },
        { "interface-mtu", LEASE_MTU, false },
        { "dhcp-lease-time", LEASE_LIFETIME, false },
        { "dhcp6.name-servers", LEASE_DNS, true },
        { "dhcp6.domain-search", LEASE_SEARCH, true },
        { "dhcp6.sntp-servers", LEASE_NTP, true },
};

DhclientLeases *dhclient_leases_new(const char *link, uint64_t now) {
        DhclientLeases *l = calloc(1, sizeof(*l));

        if (!l)
                return NULL;
        snprintf(l->link, sizeof(l->link), "%s", link);
        l->now = now;
        return l;
}

static void draft_clear(DhclientLeases *l) {
        lease_free(l->draft.lease);
        l->draft = (Draft){};
}

void dhclient_leases_free(DhclientLeases *l) {
        if (!l)
                return;
        for (size_t i = 0; i < l->n_candidates; i++)
                lease_free(l->candidates[i]);
        lease_free(l->six);
        draft_clear(l);
        free(l);
}

size_t dhclient_leases_blocks(const DhclientLeases *l) {
        return l->n_blocks;
}

size_t dhclient_leases_broken(const DhclientLeases *l) {
        return l->n_broken;
}

static void candidate_remove(DhclientLeases *l, size_t i) {
        lease_free(l->candidates[i]);
        l->n_candidates--;
        memmove(l->candidates + i, l->candidates + i + 1, (l->n_candidates - i) * sizeof(Lease *));
        memmove(l->files + i, l->files + i + 1, (l->n_candidates - i) * sizeof(size_t));
}

static int candidate_add(DhclientLeases *l) {
        const char *address = lease_get(l->draft.lease, LEASE_ADDRESS);
        int r;

        if (!address)
                return 0;
        for (size_t i = 0; i < l->n_candidates; i++)
                if (streq(lease_get(l->candidates[i], LEASE_ADDRESS), address)) {
                        candidate_remove(l, i);
                        break;
                }

        if (l->draft.released || l->draft.expire <= l->now)
                return 0;
        r = lease_set_time(l->draft.lease, LEASE_EXPIRE, l->draft.expire);
        if (r < 0)
                return r;
        if (l->n_candidates == CANDIDATES_MAX)
                candidate_remove(l, 0);
        l->files[l->n_candidates] = l->file;
        l->candidates[l->n_candidates++] = TAKE_PTR(l->draft.lease);
        return 0;
}

static int lease_finish(DhclientLeases *l) {
        int r = 0;

        l->n_blocks++;
        if (l->draft.for_link && !l->draft.for_other) {
                if (!l->draft.six)
                        r = candidate_add(l);
                else {
                        lease_free(l->six);
                        l->six = NULL;
                        l->six_file = l->file;
                        if (!l->draft.released && lease_is_bound(l->draft.lease))
                                l->six = TAKE_PTR(l->draft.lease);
                }
        }
        draft_clear(l);
        return r;
}

/* An address or prefix of a lease6 block is complete. */
static int item_finish(DhclientLeases *l, LeaseField field) {
        uint64_t expire = l->draft.item.max_life >= LIFE_FOREVER
                        ? DATE_NEVER
                        : l->draft.item.starts + l->draft.item.max_life;
        int r;

        if (!l->draft.lease || expire <= l->now)
                return 0;
        r = lease_append(l->draft.lease, field, l->draft.item.text);
        if (r < 0)
                return r == -EINVAL ? 0 : r;
        if (expire < lease_get_number(l->draft.lease, LEASE_EXPIRE6, UINT64_MAX) ||
                        !lease_get(l->draft.lease, LEASE_EXPIRE6))
                r = lease_set_time(l->draft.lease, LEASE_EXPIRE6, expire);
        return r < 0 ? r : 0;
}

static BlockType block_type(const DhclientLeases *l, const Statement *s) {
        BlockType inside = l->depth > 0 && l->depth <= DEPTH_MAX ? l->stack[l->depth - 1] : BLOCK_OTHER;

        if (s->broken || s->n_words == 0)
                return BLOCK_OTHER;
        if (l->depth == 0 && s->n_words == 1 && streq(s->words[0], "lease"))
                return BLOCK_LEASE;
        if (l->depth == 0 && s->n_words == 1 && streq(s->words[0], "lease6"))
                return BLOCK_LEASE6;
        if (inside == BLOCK_LEASE6 && startswith(s->words[0], "ia-"))
                return BLOCK_IA;
        if (inside == BLOCK_IA && s->n_words == 2 && streq(s->words[0], "iaaddr"))
                return BLOCK_ADDRESS;
        if (inside == BLOCK_IA && s->n_words == 2 && streq(s->words[0], "iaprefix"))
                return BLOCK_PREFIX;
        return BLOCK_OTHER;
}

static int block_open(DhclientLeases *l, const Statement *s) {
        BlockType type;

        /* A new lease at the beginning of a line, whatever was open: the block before was cut. */
        if (s->line_start && s->n_words == 1 &&
                        (streq(s->words[0], "lease") || streq(s->words[0], "lease6"))) {
                l->n_broken += l->depth > 0;
                l->depth = 0;
        }

        type = block_type(l, s);
        if (type == BLOCK_LEASE || type == BLOCK_LEASE6) {
                draft_clear(l);
                l->draft.six = type == BLOCK_LEASE6;
                l->draft.lease = lease_new();
                if (!l->draft.lease)
                        return -ENOMEM;
        } else if (type == BLOCK_ADDRESS || type == BLOCK_PREFIX) {
                memset(&l->draft.item, 0, sizeof(l->draft.item));
                if (!statement_join(s, 1, l->draft.item.text, sizeof(l->draft.item.text)))
                        type = BLOCK_OTHER;
        }

        /* Deeper than anything known: count only. */
        if (l->depth < DEPTH_MAX)
                l->stack[l->depth] = type;
        l->depth++;
        return 0;
}

static int block_close(DhclientLeases *l) {
        if (l->depth == 0) {
                l->n_broken++;
                return 0;
        }
        if (--l->depth >= DEPTH_MAX)
                return 0;

        switch (l->stack[l->depth]) {
        case BLOCK_LEASE:
        case BLOCK_LEASE6:
                return lease_finish(l);
        case BLOCK_ADDRESS:
                return item_finish(l, LEASE_ADDRESS6);
        case BLOCK_PREFIX:
                return item_finish(l, LEASE_PREFIX6);
        case BLOCK_OTHER:
        case BLOCK_IA:
                break;
        }
        return 0;
}

static int option_set(DhclientLeases *l, const Statement *s) {
        char value[LEASE_VALUE_MAX + 1];

        if (s->n_words < 3)
                return 0;
        for (size_t i = 0; i < ELEMENTSOF(options); i++)
                if (options[i].six == l->draft.six && streq(s->words[1], options[i].option))
                        return statement_join(s, 2, value, sizeof(value))
                                        ? lease_set(l->draft.lease, options[i].field, value)
                                        : -EINVAL;
        return 0;
}

static int date_set(DhclientLeases *l, const Statement *s) {
        uint64_t when;
        int r;

        r = date_parse(s->words + 1, s->n_words - 1, &when);
        if (r < 0)
                return r;
        if (streq(s->words[0], "renew"))
                return lease_set_time(l->draft.lease, LEASE_RENEW, when);
        if (streq(s->words[0], "rebind"))
                return lease_set_time(l->draft.lease, LEASE_REBIND, when);
        l->draft.expire = when;
        return 0;
}

static int lease_statement(DhclientLeases *l, const Statement *s) {
        const char *name = s->words[0];

        if (streq(name, "interface")) {
                if (s->n_words != 2)
                        return -EINVAL;
                *(streq(s->words[1], l->link) ? &l->draft.for_link : &l->draft.for_other) = true;
        } else if (streq(name, "released"))
                l->draft.released = true;

        if (l->draft.for_other)
                return 0;
        if (streq(name, "option"))
                return option_set(l, s);
        if (l->draft.six)
                return 0;
        if (streq(name, "fixed-address"))
                return s->n_words == 2 ? lease_set(l->draft.lease, LEASE_ADDRESS, s->words[1]) : -EINVAL;
        if (streq(name, "renew") || streq(name, "rebind") || streq(name, "expire"))
                return date_set(l, s);
        return 0;
}

static int item_statement(DhclientLeases *l, const Statement *s) {
        if (s->n_words != 2)
                return 0;
        if (streq(s->words[0], "starts"))
                return seconds_parse(s->words[1], &l->draft.item.starts);
        if (streq(s->words[0], "max-life"))
                return seconds_parse(s->words[1], &l->draft.item.max_life);
        return 0;
}

static int simple_statement(DhclientLeases *l, const Statement *s) {
        if (s->broken)
                return -EINVAL;
        if (s->n_words == 0 || l->depth == 0 || l->depth > DEPTH_MAX)
                return 0;

        switch (l->stack[l->depth - 1]) {
        case BLOCK_LEASE:
        case BLOCK_LEASE6:
                return lease_statement(l, s);
        case BLOCK_ADDRESS:
        case BLOCK_PREFIX:
                return item_statement(l, s);
        case BLOCK_OTHER:
        case BLOCK_IA:
                break;
        }
        return 0;
}

int dhclient_leases_read(DhclientLeases *l, size_t number, TokenRead read, void *userdata) {
        _cleanup_(tokenizer_freep) Tokenizer *tokenizer = NULL;
        _cleanup_free_ Statement *s = NULL;
        int r;

        tokenizer = tokenizer_new(read, userdata);
        s = malloc(sizeof(*s));
        if (!tokenizer || !s)
                return -ENOMEM;

        /* The block that the end of the file before cut does not count. */
        draft_clear(l);
        l->depth = 0;
        l->file = number;

        for (;;) {
                r = statement_next(tokenizer, s);
                if (r < 0)
                        return r;

                if (s->end == STATEMENT_END) {
                        l->n_broken += l->depth > 0 || s->broken;
                        return 0;
                }
                if (s->end == STATEMENT_OPEN)
                        r = block_open(l, s);
                else if (s->end == STATEMENT_CLOSE)
                        r = block_close(l);
                else
                        r = simple_statement(l, s);
                if (r == -ENOMEM)
                        return r;
                /* 1: a list in which some items were not valid. */
                l->n_broken += r != 0;
        }
}

int dhclient_leases_current(const DhclientLeases *l, Lease **ret) {
        _cleanup_(lease_freep) Lease *lease = NULL;
        int r;

        lease = lease_new();
        if (!lease)
                return -ENOMEM;

        /* The two have no single-valued field in common, so joining them joins the lists. */
        if (l->n_candidates > 0) {
                r = lease_merge(lease, l->candidates[l->n_candidates - 1]);
                if (r < 0)
                        return r;
        }
        if (l->six) {
                r = lease_merge(lease, l->six);
                if (r < 0)
                        return r;
        }

        if (!lease_is_bound(lease))
                return -ENODATA;
        r = lease_set(lease, LEASE_SOURCE, "dhclient");
        if (r < 0)
                return r;
        *ret = TAKE_PTR(lease);
        return 0;
}

void dhclient_leases_files(const DhclientLeases *l, size_t ret[static 2]) {
        ret[0] = l->n_candidates > 0 ? l->files[l->n_candidates - 1] : 0;
        ret[1] = l->six ? l->six_file : 0;
}

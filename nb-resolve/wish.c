/* SPDX-License-Identifier: Apache-2.0 */
/* What should be set? See wish.h. */
#include "wish.h"

#include "lease-variables.h"

/* The addresses of resolved's own stub, which it refuses as servers. */
static bool is_own_stub(const char *server) {
        return streq(server, "127.0.0.53") || streq(server, "127.0.0.54");
}

static int servers_filter(const char *servers, char **ret) {
        _cleanup_free_ char *copy = strdup(servers), *list = calloc(1, strlen(servers) + 1);
        char *state = NULL;

        if (!copy || !list)
                return -ENOMEM;
        for (char *p = strtok_r(copy, " ", &state); p; p = strtok_r(NULL, " ", &state)) {
                if (is_own_stub(p))
                        continue;
                if (*list)
                        strcat(list, " ");
                strcat(list, p);
        }
        *ret = *list ? TAKE_PTR(list) : NULL;
        return 0;
}

int wish_make(const Options *options, const Lease *lease, Wish *ret) {
        _cleanup_(wish_done) Wish wish = {};
        int r;

        if (lease && options->use_dns && lease_get(lease, LEASE_DNS)) {
                r = servers_filter(lease_get(lease, LEASE_DNS), &wish.dns);
                if (r < 0)
                        return r;
        }
        if (lease && options->use_domain) {
                r = lease_domains(lease, &wish.domains);
                if (r < 0)
                        return r;
                if (!*wish.domains)
                        free(TAKE_PTR(wish.domains));
        }
        if (lease && options->use_hostname && lease_get(lease, LEASE_HOSTNAME)) {
                wish.hostname = strdup(lease_get(lease, LEASE_HOSTNAME));
                if (!wish.hostname)
                        return -ENOMEM;
        }

        *ret = TAKE_STRUCT(wish);
        return 0;
}

void wish_done(Wish *wish) {
        free(wish->dns);
        free(wish->domains);
        free(wish->hostname);
        *wish = (Wish){};
}

bool value_equal(const char *a, const char *b) {
        return a && b ? streq(a, b) : a == b;
}

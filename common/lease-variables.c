/* SPDX-License-Identifier: Apache-2.0 */
/* Which variables does a lease give to a script? See lease-variables.h. */
#include "lease-variables.h"

int lease_domains(const Lease *lease, char **ret) {
        const char *domain = lease_get(lease, LEASE_DOMAIN), *search = lease_get(lease, LEASE_SEARCH);
        _cleanup_free_ char *both = NULL;
        int r;

        if (asprintf(&both, "%s %s", strempty(domain), strempty(search)) < 0) {
                both = NULL;
                return -ENOMEM;
        }
        if (strlen(both) > LEASE_VALUE_MAX)
                both[LEASE_VALUE_MAX] = '\0';
        r = lease_value_normalize(LEASE_VALUE_DOMAIN_LIST, both, ret);
        if (r == -EINVAL) {
                *ret = strdup("");
                return *ret ? 0 : -ENOMEM;
        }
        return r < 0 ? r : 0;
}

static char *with_commas(char *s) {
        for (char *p = s; *p; p++)
                if (*p == ' ')
                        *p = ',';
        return s;
}

static int field_with_commas(const Lease *lease, LeaseField field, char **ret) {
        char *s = strdup(strempty(lease_get(lease, field)));

        if (!s)
                return -ENOMEM;
        *ret = with_commas(s);
        return 0;
}

int lease_text(const Lease *lease, char **ret) {
        _cleanup_free_ char *router = NULL, *dns = NULL, *domains = NULL;
        char *text;
        int r;

        if (lease->text) {
                text = strdup(lease->text);
                if (!text)
                        return -ENOMEM;
                *ret = text;
                return 0;
        }

        r = field_with_commas(lease, LEASE_ROUTER, &router);
        if (r >= 0)
                r = field_with_commas(lease, LEASE_DNS, &dns);
        if (r >= 0)
                r = lease_domains(lease, &domains);
        if (r < 0)
                return r;

        if (asprintf(&text, "ADDRESS=%s,ROUTER=%s,SUBNETMASK=%s,DNS=%s,DOMAIN=%s",
                            strempty(lease_get(lease, LEASE_ADDRESS)), router,
                            strempty(lease_get(lease, LEASE_SUBNETMASK)), dns, with_commas(domains)) < 0)
                return -ENOMEM;
        *ret = text;
        return 0;
}

static int variable_add(LeaseVariables *v, const char *prefix, const char *name, const char *value) {
        char *s;

        if (v->n + 1 >= LEASE_VARIABLES_MAX)
                return -ENOBUFS;
        if (asprintf(&s, "%s%s=%s", prefix, name, value) < 0)
                return -ENOMEM;
        v->list[v->n++] = s;
        return 0;
}

static int lease_add(LeaseVariables *v, const Lease *lease) {
        _cleanup_free_ char *text = NULL, *domains = NULL;
        int r;

        r = lease_text(lease, &text);
        if (r >= 0)
                r = lease_domains(lease, &domains);
        if (r >= 0)
                r = variable_add(v, "", "DHCP_LEASE", text);
        if (r >= 0)
                r = variable_add(v, "", "DNS", strempty(lease_get(lease, LEASE_DNS)));
        if (r >= 0)
                r = variable_add(v, "", "DOMAIN", domains);
        for (LeaseField f = 0; r >= 0 && f < _LEASE_FIELD_MAX; f++)
                if (lease_get(lease, f))
                        r = variable_add(v, "LEASE_", lease_field_name(f), lease_get(lease, f));
        return r;
}

int lease_variables(const Lease *lease, const Lease *before, LeaseChange change, LeaseVariables *ret) {
        const char *now = lease ? strempty(lease_get(lease, LEASE_ADDRESS)) : "",
                   *then = before ? strempty(lease_get(before, LEASE_ADDRESS)) : "";
        LeaseVariables v = {};
        int r;

        r = variable_add(&v, "LEASE_", "EVENT", lease_change_name(change));
        if (r >= 0 && lease)
                r = lease_add(&v, lease);
        if (r >= 0 && *then && !streq(now, then))
                r = variable_add(&v, "LEASE_", "PREVIOUS_ADDRESS", then);
        if (r < 0) {
                lease_variables_done(&v);
                return r;
        }

        *ret = v;
        return 0;
}

void lease_variables_done(LeaseVariables *variables) {
        for (size_t i = 0; i < variables->n; i++)
                free(variables->list[i]);
        *variables = (LeaseVariables){};
}

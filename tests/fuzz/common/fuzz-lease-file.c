/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as nb-lease's file and as networkd's: what root reads must be valid, and give valid variables. */
#include "event.h"
#include "lease-networkd.h"
#include "lease-variables.h"
#include "variable.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const Lease *lease) {
        _cleanup_(lease_freep) Lease *again = NULL;
        _cleanup_free_ char *text = NULL;
        LeaseVariables variables;
        size_t dropped;

        if (lease_format(lease, &text) < 0 || lease_parse(text, &again, &dropped) < 0 || dropped > 0 ||
                        lease_compare(lease, again) != LEASE_CHANGE_NONE)
                abort();
        if (lease_variables(lease, NULL, LEASE_CHANGE_BOUND, &variables) < 0)
                abort();
        for (size_t i = 0; i < variables.n; i++)
                if (variable_check(EVENT_TYPE_LEASE, variables.list[i], NULL) < 0)
                        abort();
        lease_variables_done(&variables);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(lease_freep) Lease *lease = NULL, *networkd = NULL;
        _cleanup_free_ char *text = malloc(size + 1);

        /* Larger ones are not read, and hold no NUL. */
        if (!text || size > LEASE_FILE_MAX || memchr(data, '\0', size))
                return 0;
        memcpy(text, data, size);
        text[size] = '\0';

        if (lease_parse(text, &lease, NULL) >= 0)
                check(lease);
        if (lease_parse_networkd(text, 1, &networkd) >= 0)
                check(networkd);
        return 0;
}

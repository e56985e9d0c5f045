/* SPDX-License-Identifier: Apache-2.0 */
/* How is a lease put together? See build.h. */
#include "build.h"

#include <inttypes.h>

#include "date.h"

int lease_set_time(Lease *lease, LeaseField field, uint64_t when) {
        char number[24];

        if (when == DATE_NEVER)
                return lease_set(lease, field, "never");
        snprintf(number, sizeof(number), "%" PRIu64, when);
        return lease_set(lease, field, number);
}

int lease_append(Lease *lease, LeaseField field, const char *more) {
        _cleanup_free_ char *both = NULL;

        if (!lease_get(lease, field))
                return lease_set(lease, field, more);
        if (asprintf(&both, "%s %s", lease_get(lease, field), more) < 0) {
                both = NULL;
                return -ENOMEM;
        }
        return lease_set(lease, field, both);
}

int lease_merge(Lease *lease, const Lease *more) {
        for (LeaseField f = 0; f < _LEASE_FIELD_MAX; f++) {
                int r;

                if (!lease_get(more, f))
                        continue;
                r = lease_append(lease, f, lease_get(more, f));
                if (r == -ENOMEM)
                        return r;
        }
        return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a lease file of dhclient: nothing may crash, and what comes out must survive its own format. */
#include "dhclient.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct Text {
        const uint8_t *data;
        size_t size, step;
} Text;

static ssize_t text_read(void *userdata, char *data, size_t size) {
        Text *text = userdata;

        if (size > text->size)
                size = text->size;
        if (size > text->step)
                size = text->step;
        memcpy(data, text->data, size);
        text->data += size;
        text->size -= size;
        return (ssize_t) size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(dhclient_leases_freep) DhclientLeases *leases = dhclient_leases_new("eth0", 1000);
        _cleanup_(lease_freep) Lease *lease = NULL, *again = NULL;
        _cleanup_free_ char *text = NULL;
        size_t dropped;
        Text input = { .data = data, .size = size, .step = size > 0 ? 1U + data[0] : 1 };

        if (!leases || dhclient_leases_read(leases, 1, text_read, &input) < 0)
                abort();
        if (dhclient_leases_current(leases, &lease) < 0)
                return 0;

        if (lease_format(lease, &text) < 0 || lease_parse(text, &again, &dropped) < 0 || dropped > 0 ||
                        lease_compare(lease, again) != LEASE_CHANGE_NONE)
                abort();
        return 0;
}

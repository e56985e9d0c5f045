/* SPDX-License-Identifier: Apache-2.0 */
/* Any message as an address: what is read stays the same over the state file. */
#include "address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        AddressSet set = {}, again = {};
        _cleanup_free_ char *text = NULL;
        struct nlmsghdr *message;
        uint32_t flags, valid;
        Address address;
        int ifindex;

        if (size < sizeof(*message))
                return 0;
        message = malloc(size);
        if (!message)
                return 0;
        memcpy(message, data, size);
        message->nlmsg_len = (uint32_t) size;
        if (address_parse(message, &address, &ifindex, &flags, &valid) >= 0) {
                if (address_set_add(&set, &address) < 0 || address_set_save(&set, &text) < 0 ||
                                address_set_load(text, &again) < 0 || !address_set_equal(&set, &again))
                        abort();
                address_set_clear(&set);
                address_set_clear(&again);
        }
        free(message);
        return 0;
}

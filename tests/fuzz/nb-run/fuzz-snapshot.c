/* SPDX-License-Identifier: Apache-2.0 */
/* Is the JSON of any netlink messages, and of anything that networkd may say, one JSON object? The input
 * is what networkd says up to a NUL, then messages: a byte for the type, two for the length, the payload. */
#include "document.h"
#include "json-read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_messages(Snapshot *s, const uint8_t *data, size_t size) {
        static const uint16_t types[] = { RTM_NEWLINK, RTM_NEWADDR, RTM_NEWROUTE };

        while (size > 3) {
                size_t length = (size_t) (data[1] | (data[2] & 7) << 8);
                struct nlmsghdr *m;

                if (length > size - 3)
                        length = size - 3;
                /* Exactly as large as it says, so that a byte too far is seen. */
                m = malloc(NLMSG_HDRLEN + length);
                if (!m)
                        abort();
                *m = (struct nlmsghdr){ .nlmsg_len = (uint32_t) (NLMSG_HDRLEN + length),
                        .nlmsg_type = types[data[0] % ELEMENTSOF(types)] };
                memcpy(NLMSG_DATA(m), data + 3, length);
                if (snapshot_add(m, s) < 0)
                        abort();
                free(m);
                data += 3 + length;
                size -= 3 + length;
        }
}

static void check(Json *j) {
        const char *text = buffer_text(j);

        if (!text || strlen(text) != j->length || !json_is_object(text))
                abort();
        buffer_done(j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_snapshot_ Snapshot s = { .details = true };
        size_t n = strnlen((const char *) data, size);
        _cleanup_free_ char *networkd = strndup((const char *) data, n);
        Device device = {};
        LinkFacts facts = {
                .snapshot = &s, .device = &device, .operational_state = "", .setup_state = "", .essid = ""
        };
        Json j = {};

        if (!networkd)
                return 0;
        if (n < size)
                add_messages(&s, data + n + 1, size - n - 1);
        device_find_pci(networkd, n, "0x8086", "0x100f", &device);
        device_read_udev_line(&device, networkd, n);
        if (json_is_object(networkd))
                facts.networkd = networkd;
        if (!s.link)
                return 0;

        document_write(&j, &facts);
        check(&j);
        document_write_dispatcher(&j, &facts);
        check(&j);
        return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* How does an address look in JSON? See address-json.h. */
#include "address-json.h"

#include <linux/if_addr.h>

#include "attributes.h"

bool address_to_text(int family, const void *data, size_t size, char ret[static INET6_ADDRSTRLEN]) {
        size_t needed = family == AF_INET    ? sizeof(struct in_addr)
                        : family == AF_INET6 ? sizeof(struct in6_addr)
                                             : SIZE_MAX;

        return size >= needed && inet_ntop(family, data, ret, INET6_ADDRSTRLEN);
}

static bool format(int family, const struct rtattr *a, char ret[static INET6_ADDRSTRLEN]) {
        return a && address_to_text(family, RTA_DATA(a), RTA_PAYLOAD(a), ret);
}

/* IFA_LOCAL where the two ends differ; else IPv6 has only IFA_ADDRESS. */
static const struct rtattr *local_of(const struct rtattr *const a[]) {
        return a[IFA_LOCAL] ? a[IFA_LOCAL] : a[IFA_ADDRESS];
}

bool address_format(const struct nlmsghdr *message, char ret[static INET6_ADDRSTRLEN]) {
        const struct ifaddrmsg *info = NLMSG_DATA(message);
        const struct rtattr *a[IFA_MAX + 1];

        return attributes_parse_message(message, sizeof(*info), a, IFA_MAX) &&
                        format(info->ifa_family, local_of(a), ret);
}

/* The other end with the prefix, where it is not this one. */
static void write_peer(
                Json *j, const struct ifaddrmsg *info, const struct rtattr *const a[], const char *local) {
        char peer[INET6_ADDRSTRLEN + 8] = "";
        char text[INET6_ADDRSTRLEN];

        if (a[IFA_LOCAL] && format(info->ifa_family, a[IFA_ADDRESS], text) && strcmp(text, local) != 0)
                (void) snprintf(peer, sizeof(peer), "%s/%u", text, info->ifa_prefixlen);
        json_member_string(j, "Peer", peer);
}

void address_json_write(Json *j, const struct nlmsghdr *message) {
        const struct ifaddrmsg *info = NLMSG_DATA(message);
        struct ifa_cacheinfo cache = { .ifa_prefered = UINT32_MAX, .ifa_valid = UINT32_MAX };
        char text[INET6_ADDRSTRLEN];
        const struct rtattr *a[IFA_MAX + 1];
        const char *label;
        size_t n;

        if (!attributes_parse_message(message, sizeof(*info), a, IFA_MAX) ||
                        !format(info->ifa_family, local_of(a), text))
                return;
        if (a[IFA_CACHEINFO] && RTA_PAYLOAD(a[IFA_CACHEINFO]) >= sizeof(cache))
                memcpy(&cache, RTA_DATA(a[IFA_CACHEINFO]), sizeof(cache));

        json_open(j, '{');
        json_member_string(j, "IP", text);
        json_member_number(j, "Mask", info->ifa_prefixlen);
        n = attribute_text(a[IFA_LABEL], &label);
        json_key(j, "Label");
        json_string_n(j, label, n);
        json_member_number(j, "Flags", attribute_u32(a[IFA_FLAGS], info->ifa_flags));
        json_member_number(j, "Scope", info->ifa_scope);
        write_peer(j, info, a, text);
        json_member_string(j, "Broadcast", format(info->ifa_family, a[IFA_BROADCAST], text) ? text : "");
        json_member_number(j, "PreferedLft", cache.ifa_prefered);
        json_member_number(j, "ValidLft", cache.ifa_valid);
        json_close(j, '}');
}

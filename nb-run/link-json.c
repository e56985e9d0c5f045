/* SPDX-License-Identifier: Apache-2.0 */
/* How does a link look in JSON? See link-json.h. */
#include "link-json.h"

#include <linux/if_arp.h>
#include <linux/if_link.h>

#include "attributes.h"

/* The kernel's type; the name that the JSON has for it as EncapType; the name that networkd has for it. */
static const struct {
        unsigned type;
        const char *encapsulation, *name;
} types[] = {
        { ARPHRD_ETHER, "ether", "ether" },
        { ARPHRD_LOOPBACK, "loopback", "loopback" },
        { ARPHRD_NONE, "none", "none" },
        { ARPHRD_PPP, "ppp", "ppp" },
        { ARPHRD_TUNNEL, "ipip", "tunnel" },
        { ARPHRD_TUNNEL6, "tunnel6", "tunnel6" },
        { ARPHRD_SIT, "sit", "sit" },
        { ARPHRD_IPGRE, "gre", "ipgre" },
        { ARPHRD_IP6GRE, "gre6", "ip6gre" },
        { ARPHRD_INFINIBAND, "infiniband", "infiniband" },
        { ARPHRD_IEEE1394, "ieee1394", "ieee1394" },
        { ARPHRD_IEEE80211, "ieee802.11", "ieee80211" },
        { ARPHRD_IEEE802154, "ieee802.15.4", "ieee802154" },
        { ARPHRD_CAN, "can", "can" },
        { ARPHRD_NETLINK, "netlink", "netlink" },
        { ARPHRD_VSOCKMON, "vsockmon", "vsockmon" },
        { ARPHRD_RAWIP, "rawip", "rawip" },
        { ARPHRD_VOID, "void", "void" },
};

const char *link_type_name(unsigned type) {
        for (size_t i = 0; i < ELEMENTSOF(types); i++)
                if (types[i].type == type)
                        return types[i].name;
        return "";
}

static void write_encapsulation(Json *j, unsigned type) {
        char unknown[32];

        json_key(j, "EncapType");
        for (size_t i = 0; i < ELEMENTSOF(types); i++)
                if (types[i].type == type) {
                        json_string(j, types[i].encapsulation);
                        return;
                }
        (void) snprintf(unknown, sizeof(unknown), "unknown%u", type);
        json_string(j, unknown);
}

static void write_flags(Json *j, unsigned flags) {
        static const struct {
                unsigned flag;
                const char *name;
        } names[] = {
                { IFF_UP, "up" },
                { IFF_BROADCAST, "broadcast" },
                { IFF_LOOPBACK, "loopback" },
                { IFF_POINTOPOINT, "pointtopoint" },
                { IFF_MULTICAST, "multicast" },
        };
        char text[64] = "", *p = text;

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (flags & names[i].flag)
                        p = stpcpy(stpcpy(p, p == text ? "" : "|"), names[i].name);
        json_member_string(j, "Flags", text);
        json_member_number(j, "RawFlags", flags);
}

static const char *operational_state(uint8_t state) {
        static const char *const names[] = { "unknown", "not-present", "down", "lower-layer-down", "testing",
                "dormant", "up" };

        return names[state < ELEMENTSOF(names) ? state : 0];
}

static void format_hardware_address(const struct rtattr *a, char *ret, size_t size) {
        const uint8_t *bytes = a ? RTA_DATA(a) : NULL;
        size_t n = 0;

        ret[0] = '\0';
        for (size_t i = 0; a && i < RTA_PAYLOAD(a) && n + 4 <= size; i++)
                n += (size_t) snprintf(ret + n, size - n, "%s%02x", i > 0 ? ":" : "", bytes[i]);
}

static void write_hardware_address(Json *j, const struct rtattr *a) {
        char text[128];

        format_hardware_address(a, text, sizeof(text));
        json_member_string(j, "HardwareAddr", text);
}

static void write_attribute(Json *j, const char *key, const struct rtattr *a) {
        const char *text;
        size_t n = attribute_text(a, &text);

        json_key(j, key);
        json_string_n(j, text, n);
}

/* Separated by spaces: the kernel allows no white space in them. */
static void write_alternative_names(Json *j, const struct rtattr *list) {
        char names[4096];
        const char *p = list ? RTA_DATA(list) : NULL;
        size_t left = list ? RTA_PAYLOAD(list) : 0, n = 0;

        while (left >= sizeof(struct rtattr)) {
                const struct rtattr *a = (const void *) p;
                const char *text;
                size_t length, step;

                if (a->rta_len < sizeof(*a) || a->rta_len > left)
                        break;
                length = attribute_text(a, &text);
                if ((a->rta_type & NLA_TYPE_MASK) == IFLA_ALT_IFNAME && n + length + 1 < sizeof(names)) {
                        if (n > 0)
                                names[n++] = ' ';
                        memcpy(names + n, text, length);
                        n += length;
                }
                step = RTA_ALIGN(a->rta_len);
                if (step >= left)
                        break;
                p += step;
                left -= step;
        }
        json_key(j, "AlternativeNames");
        json_string_n(j, names, n);
}

static void write_statistics(Json *j, const struct rtattr *a) {
        struct rtnl_link_stats64 s = {};
        size_t n = a ? RTA_PAYLOAD(a) : 0;

        /* An older kernel has fewer of them. */
        if (a)
                memcpy(&s, RTA_DATA(a), n < sizeof(s) ? n : sizeof(s));

        json_key(j, "Statistics");
        json_open(j, '{');
#define X(key, field) json_member_number(j, key, s.field);
        X("RxPackets", rx_packets)
        X("TxPackets", tx_packets)
        X("RxBytes", rx_bytes)
        X("TxBytes", tx_bytes)
        X("RxErrors", rx_errors)
        X("TxErrors", tx_errors)
        X("RxDropped", rx_dropped)
        X("TxDropped", tx_dropped)
        X("Multicast", multicast)
        X("Collisions", collisions)
        X("RxLengthErrors", rx_length_errors)
        X("RxOverErrors", rx_over_errors)
        X("RxCrcErrors", rx_crc_errors)
        X("RxFrameErrors", rx_frame_errors)
        X("RxFifoErrors", rx_fifo_errors)
        X("RxMissedErrors", rx_missed_errors)
        X("TxAbortedErrors", tx_aborted_errors)
        X("TxCarrierErrors", tx_carrier_errors)
        X("TxFifoErrors", tx_fifo_errors)
        X("TxHeartbeatErrors", tx_heartbeat_errors)
        X("TxWindowErrors", tx_window_errors)
        X("RxCompressed", rx_compressed)
        X("TxCompressed", tx_compressed)
#undef X
        json_close(j, '}');
}

static void write_xdp(Json *j, const struct rtattr *a) {
        const struct rtattr *xdp[IFLA_XDP_MAX + 1];

        attributes_parse_nested(a, xdp, IFLA_XDP_MAX);
        json_key(j, "Xdp");
        json_open(j, '{');
        json_member_number(j, "Fd", attribute_u32(xdp[IFLA_XDP_FD], 0));
        json_key(j, "Attached");
        json_bool(j, attribute_u8(xdp[IFLA_XDP_ATTACHED], XDP_ATTACHED_NONE) != XDP_ATTACHED_NONE);
        json_member_number(j, "Flags", attribute_u32(xdp[IFLA_XDP_FLAGS], 0));
        json_member_number(j, "ProgId", attribute_u32(xdp[IFLA_XDP_PROG_ID], 0));
        json_close(j, '}');
}

static void write_identity(Json *j, const struct ifinfomsg *info, const struct rtattr *const a[]) {
        json_member_number(j, "Index", info->ifi_index > 0 ? (unsigned) info->ifi_index : 0);
        json_member_number(j, "MTU", attribute_u32(a[IFLA_MTU], 0));
        json_member_number(j, "TxQLen", attribute_u32(a[IFLA_TXQLEN], 0));
        write_attribute(j, "Name", a[IFLA_IFNAME]);
        write_alternative_names(j, a[IFLA_PROP_LIST]);
        write_hardware_address(j, a[IFLA_ADDRESS]);
        write_flags(j, info->ifi_flags);
        json_member_number(j, "ParentIndex", attribute_u32(a[IFLA_LINK], 0));
        json_member_number(j, "MasterIndex", attribute_u32(a[IFLA_MASTER], 0));
        json_member_string(j, "Namespace", "");
        write_attribute(j, "Alias", a[IFLA_IFALIAS]);
}

void link_json_write(Json *j, const struct nlmsghdr *message) {
        const struct ifinfomsg *info = NLMSG_DATA(message);
        const struct rtattr *a[IFLA_MAX + 1], *detail[IFLA_INFO_MAX + 1];
        const char *state;

        if (!attributes_parse_message(message, sizeof(*info), a, IFLA_MAX))
                return;
        attributes_parse_nested(a[IFLA_LINKINFO], detail, IFLA_INFO_MAX);
        state = operational_state(attribute_u8(a[IFLA_OPERSTATE], 0));

        write_identity(j, info, a);
        write_statistics(j, a[IFLA_STATS64]);
        json_member_number(j, "Promisc", attribute_u32(a[IFLA_PROMISCUITY], 0));
        write_xdp(j, a[IFLA_XDP]);
        write_encapsulation(j, info->ifi_type);
        json_member_string(j, "Protinfo", "");
        json_member_string(j, "OperState", state);
        json_key(j, "NetNsID");
        json_signed(j, (int32_t) attribute_u32(a[IFLA_LINK_NETNSID], 0));
        json_member_number(j, "NumTxQueues", attribute_u32(a[IFLA_NUM_TX_QUEUES], 0));
        json_member_number(j, "NumRxQueues", attribute_u32(a[IFLA_NUM_RX_QUEUES], 0));
        json_member_number(j, "GSOMaxSize", attribute_u32(a[IFLA_GSO_MAX_SIZE], 0));
        json_member_number(j, "GSOMaxSegs", attribute_u32(a[IFLA_GSO_MAX_SEGS], 0));
        json_member_number(j, "Group", attribute_u32(a[IFLA_GROUP], 0));
        write_attribute(j, "Slave", detail[IFLA_INFO_SLAVE_KIND]);
        json_member_string(j, "KernelOperState", state);
}

unsigned link_arphrd(const struct nlmsghdr *message) {
        const struct ifinfomsg *info = NLMSG_DATA(message);

        return info->ifi_type;
}

unsigned link_mtu(const struct nlmsghdr *message) {
        const struct rtattr *a[IFLA_MAX + 1];

        if (!attributes_parse_message(message, sizeof(struct ifinfomsg), a, IFLA_MAX))
                return 0;
        return attribute_u32(a[IFLA_MTU], 0);
}

void link_hardware_address(const struct nlmsghdr *message, char *ret, size_t size) {
        const struct rtattr *a[IFLA_MAX + 1] = {};

        (void) attributes_parse_message(message, sizeof(struct ifinfomsg), a, IFLA_MAX);
        format_hardware_address(a[IFLA_ADDRESS], ret, size);
}

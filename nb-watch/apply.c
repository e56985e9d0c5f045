/* SPDX-License-Identifier: Apache-2.0 */
/* What does a message of the kernel change? See apply.h. */
#include "apply.h"

#include <linux/fib_rules.h>
#include <net/if.h>
#include <sys/socket.h>

#include "leases.h"
#include "log.h"
#include "losses.h"
#include "netlink.h"
#include "route-keeper.h"
#include "routes.h"
#include "rules.h"

static int parse_link(const struct nlmsghdr *message, int *ret_ifindex, LinkFacts *ret_facts,
                char ret_name[static IF_NAMESIZE]) {
        const struct ifinfomsg *header = NLMSG_DATA(message);
        LinkFacts facts = {};
        int length;

        if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*header)) || header->ifi_index <= 0)
                return -EBADMSG;
        /* A bridge announces its ports in its own family. */
        if (header->ifi_family != AF_UNSPEC)
                return -EAFNOSUPPORT;

        facts.flags = header->ifi_flags;
        ret_name[0] = '\0';
        length = (int) (message->nlmsg_len - NLMSG_LENGTH(sizeof(*header)));
        for (const struct rtattr *rta = IFLA_RTA(header); RTA_OK(rta, length); rta = RTA_NEXT(rta, length)) {
                size_t size = RTA_PAYLOAD(rta);

                if (rta->rta_type == IFLA_IFNAME && size > 0 && size <= IF_NAMESIZE)
                        snprintf(ret_name, IF_NAMESIZE, "%.*s", (int) size, (const char *) RTA_DATA(rta));
                else if (rta->rta_type == IFLA_OPERSTATE && size == 1)
                        facts.operstate = *(const uint8_t *) RTA_DATA(rta);
                else if (rta->rta_type == IFLA_MASTER && size == sizeof(int))
                        memcpy(&facts.master, RTA_DATA(rta), sizeof(int));
        }
        if (!link_name_is_valid(ret_name))
                return -EBADMSG;

        *ret_ifindex = header->ifi_index;
        *ret_facts = facts;
        return 0;
}

typedef struct PortSearch {
        int master;
        bool found;
} PortSearch;

static void find_port_without_carrier(Link *link, void *userdata) {
        PortSearch *search = userdata;

        if (link->facts.master == search->master && !link_facts_have_carrier(&link->facts))
                search->found = true;
}

void apply_ports(Watch *w, int ifindex) {
        PortSearch search = { .master = ifindex };
        Link *master = links_find(&w->links, ifindex);

        if (!master || !w->config.kernel)
                return;
        links_foreach(&w->links, find_port_without_carrier, &search);
        if (master->facts.port_without_carrier != search.found) {
                master->facts.port_without_carrier = search.found;
                link_update(w, master);
        }
}

void apply_gone_link(Watch *w, Link *link) {
        int master = link->facts.master;

        link_remove(w, link);
        if (master > 0)
                apply_ports(w, master);
}

static void link_rename(Watch *w, Link *link, const char *name, bool dump) {
        char previous[IF_NAMESIZE];

        snprintf(previous, sizeof(previous), "%s", link->name);
        snprintf(link->name, sizeof(link->name), "%s", name);
        if (!link->told || !config_watches(&w->config, name))
                rules_drop(w, link, previous);
        free(link->networkd);
        link->networkd = NULL;
        if (!dump)
                link_review(w, link);
}

int apply_new_link(Watch *w, const struct nlmsghdr *message, bool dump) {
        char name[IF_NAMESIZE];
        LinkFacts facts;
        int ifindex, master, r;
        Link *link;

        r = parse_link(message, &ifindex, &facts, name);
        if (r < 0)
                return r;

        /* Whoever waits for linger has to make way for a link of its name or index. */
        link = w->n_gone > 0 ? links_find_name(&w->links, name) : NULL;
        if (link && link->gone)
                link_forget(w, link);
        link = links_find(&w->links, ifindex);
        if (link && link->gone) {
                link_forget(w, link);
                link = NULL;
        }
        if (!link) {
                r = links_add(&w->links, ifindex, name, &link);
                if (r < 0)
                        return r;
                link->facts = facts;
                if (!dump)
                        link_enter(w, link, false);
        } else if (!streq(link->name, name))
                link_rename(w, link, name, dump);

        link->seen = true;
        master = link->facts.master;
        facts.port_without_carrier = link->facts.port_without_carrier;
        if (((facts.flags ^ link->facts.flags) & IFF_UP) || facts.master != master) {
                losses_suspect(w);
                route_keeper_forget(w->keeper, link);
        }
        link->facts = facts;
        /* Of a dump nothing is told before it is whole. */
        if (dump)
                return 0;

        rules_touch(w, link);
        link_update(w, link);
        if (master > 0 && master != facts.master)
                apply_ports(w, master);
        if (facts.master > 0)
                apply_ports(w, facts.master);
        return 0;
}

static int on_del_link(Watch *w, const struct nlmsghdr *message) {
        char name[IF_NAMESIZE];
        LinkFacts facts;
        int ifindex, r;
        Link *link;

        r = parse_link(message, &ifindex, &facts, name);
        if (r < 0)
                return r;
        link = links_find(&w->links, ifindex);
        if (link)
                apply_gone_link(w, link);
        return 0;
}

int apply_address(Watch *w, const struct nlmsghdr *message, bool dump) {
        bool new = message->nlmsg_type == RTM_NEWADDR;
        Address address;
        uint32_t flags, valid;
        int ifindex, usable, r;
        Link *link;

        r = address_parse(message, &address, &ifindex, &flags, &valid);
        if (r < 0)
                return r;
        link = links_find(&w->links, ifindex);
        if (!link)
                return 0;

        /* networkd waits for the test for doubles too. */
        if (new && ((flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) && !(flags & IFA_F_OPTIMISTIC)))
                usable = address_set_add(&link->not_usable, &address);
        else
                usable = address_set_remove(&link->not_usable, &address);
        if (usable < 0)
                return usable;

        r = new ? address_set_add(&link->addresses, &address)
                : address_set_remove(&link->addresses, &address);
        if (r < 0 || dump)
                return r < 0 ? r : 0;
        if (r > 0 || usable > 0)
                rules_touch(w, link);
        /* With a new lifetime the route of an address gets one too, in silence. */
        if (!new || (r == 0 && address.family == AF_INET6 && valid != UINT32_MAX))
                route_keeper_forget(w->keeper, link);
        if (!new)
                route_keeper_lost_address(w->keeper, &address);
        if (r == 0 && new)
                leases_refreshed(w->leases, link, &address, valid);
        link_update(w, link);
        return 0;
}

/* Rules that somebody else removed are put back at once. One that looks up the local table matters too: where it
 * stands decides whether our `to` rules may be there. */
static void on_rule(Watch *w, const struct nlmsghdr *message, bool *heal) {
        const struct fib_rule_hdr *header = NLMSG_DATA(message);
        bool ours = false, local = false;
        int length;

        if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*header)) || netlink_is_marked(message))
                return;

        local = header->table == RT_TABLE_LOCAL;
        length = (int) (message->nlmsg_len - NLMSG_LENGTH(sizeof(*header)));
        for (const struct rtattr *rta = (const struct rtattr *) ((const char *) header +
                             NLMSG_ALIGN(sizeof(*header)));
                        RTA_OK(rta, length); rta = RTA_NEXT(rta, length))
                if (rta->rta_type == FRA_PROTOCOL && RTA_PAYLOAD(rta) == 1)
                        ours = *(const uint8_t *) RTA_DATA(rta) == w->config.rule_protocol;
        if (local || (ours && message->nlmsg_type == RTM_DELRULE))
                *heal = true;
}

void apply_message(Watch *w, const struct nlmsghdr *message, bool *heal) {
        int r = 0;

        losses_note(w, message);
        switch (message->nlmsg_type) {
        case RTM_NEWLINK:
                r = apply_new_link(w, message, false);
                break;
        case RTM_DELLINK:
                r = on_del_link(w, message);
                break;
        case RTM_NEWADDR:
        case RTM_DELADDR:
                r = apply_address(w, message, false);
                break;
        case RTM_NEWROUTE:
        case RTM_DELROUTE:
                route_keeper_route(w->keeper, message);
                routes_changed(w, message, heal);
                break;
        case RTM_NEWRULE:
        case RTM_DELRULE:
                on_rule(w, message, heal);
                break;
        }
        if (r < 0 && r != -EAFNOSUPPORT)
                log_warning_errno(r, "Ignoring a netlink message of type %u: %m", message->nlmsg_type);
}

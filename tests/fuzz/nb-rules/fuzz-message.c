/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a message of the kernel: never read beyond, and what is taken can be sent and printed. */
#include "build.h"
#include "parse.h"
#include "print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const Rule *rule, const Route *route) {
        union {
                struct nlmsghdr header;
                char bytes[MESSAGE_SIZE_MAX];
        } buffer;
        Change change = { .verb = CHANGE_ADD, .rule = rule, .route = route };
        char command[COMMAND_MAX];

        if (build_message(&change, &buffer) > sizeof(buffer))
                abort();
        print_change(&change, "eth1", command);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const uint16_t types[] = { RTM_NEWRULE, RTM_NEWROUTE, RTM_NEWADDR, RTM_NEWNEXTHOP };
        NexthopMember members[HOPS_MAX];
        uint32_t nexthop;
        bool truncated;
        uint8_t local;
        Address address;
        Route route;
        Rule rule;
        Hop hop;
        size_t n;

        if (size < sizeof(struct nlmsghdr) || size > 65536)
                return 0;
        for (size_t i = 0; i < ELEMENTSOF(types); i++) {
                _cleanup_free_ struct nlmsghdr *m = malloc(size);

                if (!m)
                        return 0;
                memcpy(m, data, size);
                m->nlmsg_len = (uint32_t) size;
                m->nlmsg_type = types[i];
                if (parse_rule(m, &rule, &local) > 0)
                        use(&rule, NULL);
                if (parse_route(m, 10002, 0, &route, &nexthop, &truncated) > 0)
                        use(NULL, &route);
                (void) parse_route(m, 254, 3, &route, &nexthop, &truncated);
                (void) parse_address(m, 3, &address);
                (void) parse_nexthop(m, &hop, members, &n);
        }
        return 0;
}

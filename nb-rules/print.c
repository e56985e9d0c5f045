/* SPDX-License-Identifier: Apache-2.0 */
/* Which command makes a change? See print.h. */
#include "print.h"

#include <arpa/inet.h>
#include <stdarg.h>

/* Newer than the headers may be. */
#define FEATURE_TCP_USEC_TS (1U << 4)

typedef struct Text {
        char *data;
        size_t n;
} Text;

static void add(Text *t, const char *format, ...) _printf_(2, 3);
static void add(Text *t, const char *format, ...) {
        va_list ap;
        int n;

        va_start(ap, format);
        n = vsnprintf(t->data + t->n, COMMAND_MAX - t->n, format, ap);
        va_end(ap);
        if (n > 0)
                t->n += (size_t) n < COMMAND_MAX - t->n ? (size_t) n : COMMAND_MAX - t->n - 1;
}

static const char *address_text(const Address *a, char ret[static INET6_ADDRSTRLEN]) {
        return strempty(inet_ntop(a->family, a->bytes, ret, INET6_ADDRSTRLEN));
}

static const char *verb_text(ChangeVerb verb) {
        return verb == CHANGE_ADD ? "add" : verb == CHANGE_APPEND ? "append" : "del";
}

/* A name may hold what a shell takes for something else; "'" ends the quotes, the rest is literal in them. */
static void add_link(Text *t, const char *link) {
        add(t, " dev ");
        if (link[strspn(link, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.@-")] ==
                        '\0') {
                add(t, "%s", link);
                return;
        }
        add(t, "'");
        for (; *link; link++)
                if (*link == '\'')
                        add(t, "'\\''");
                else
                        add(t, "%c", *link);
        add(t, "'");
}

static void add_rule(Text *t, ChangeVerb verb, const Rule *rule) {
        char address[INET6_ADDRSTRLEN];

        add(t, "ip -%c rule %s %s %s lookup ", rule->address.family == AF_INET ? '4' : '6', verb_text(verb),
                        rule->role == RULE_TO ? "to" : "from", address_text(&rule->address, address));
        if (rule->table == RT_TABLE_MAIN)
                add(t, "main");
        else
                add(t, "%u", rule->table);
        if (rule->role == RULE_NEIGHBOURS || rule->role == RULE_MAIN)
                add(t, " suppress_prefixlength 0");
        add(t, " priority %u protocol %u", RULE_PRIORITY_FIRST + rule->role, rule->protocol);
}

static void add_hop(Text *t, const Hop *hop, const char *link, int family) {
        char address[INET6_ADDRSTRLEN];

        if (hop->gateway.family != 0)
                add(t, " via %s%s", hop->gateway.family != family ? "inet6 " : "",
                                address_text(&hop->gateway, address));
        add_link(t, link);
}

void print_destination(const Route *route, char ret[static DESTINATION_MAX]) {
        char address[INET6_ADDRSTRLEN];

        if (route->prefix_length == 0)
                strcpy(ret, "default");
        else
                (void) snprintf(ret, DESTINATION_MAX, "%s/%u", address_text(&route->destination, address),
                                route->prefix_length);
}

static void add_scope(Text *t, uint8_t scope) {
        if (scope == RT_SCOPE_LINK)
                add(t, " scope link");
        else
                add(t, " scope %u", scope);
}

/* As ip-route(8) calls the bits; it takes no number. */
static void add_features(Text *t, uint32_t features) {
        if (features & RTAX_FEATURE_ECN)
                add(t, " ecn");
        if (features & FEATURE_TCP_USEC_TS)
                add(t, " tcp_usec_ts");
}

/* One that ip-route(8) locks without being told refuses the word. */
static bool says_lock(const Route *route, unsigned number) {
        return number != RTAX_RTO_MIN && (route->locks & 1U << number);
}

static void add_metrics(Text *t, const Route *route) {
        for (unsigned i = 0; i < _ROUTE_METRIC_MAX; i++) {
                if (!route->metrics[i])
                        continue;
                add(t, " %s%s", route_metric_name(i),
                                says_lock(route, route_metric_number(i)) ? " lock" : "");
                if (i == ROUTE_METRIC_FEATURES)
                        add_features(t, route->metrics[i]);
                else
                        add(t, " %u", route->metrics[i]);
        }
        if (route->congestion[0])
                add(t, " congctl%s %s", says_lock(route, RTAX_CC_ALGO) ? " lock" : "", route->congestion);
}

static void add_route(Text *t, ChangeVerb verb, const Route *route, const char *link) {
        bool is_multipath = route->n_hops > 1 || (route->n_hops == 1 && route->hops[0].weight > 0);
        int family = route->destination.family;
        char destination[DESTINATION_MAX], source[INET6_ADDRSTRLEN];

        print_destination(route, destination);
        add(t, "ip -%c route %s %s", family == AF_INET ? '4' : '6', verb_text(verb), destination);
        if (route->source_length > 0)
                add(t, " from %s/%u", address_text(&route->source, source), route->source_length);
        if (!is_multipath && route->n_hops == 1)
                add_hop(t, route->hops, link, family);
        add(t, " table %u protocol %u", route->table, route->protocol);
        if (family == AF_INET && route->scope != RT_SCOPE_UNIVERSE)
                add_scope(t, route->scope);
        if (route->tos)
                add(t, " tos 0x%02x", route->tos);
        if (route->priority)
                add(t, " metric %u", route->priority);
        add_metrics(t, route);
        if (!is_multipath && route->n_hops == 1 && route->hops[0].onlink)
                add(t, " onlink");
        for (size_t i = 0; is_multipath && i < route->n_hops; i++) {
                add(t, " nexthop");
                add_hop(t, route->hops + i, link, family);
                add(t, " weight %u%s", route->hops[i].weight + 1U, route->hops[i].onlink ? " onlink" : "");
        }
}

void print_change(const Change *change, const char *link, char ret[static COMMAND_MAX]) {
        Text t = { .data = ret };

        ret[0] = '\0';
        if (change->rule)
                add_rule(&t, change->verb, change->rule);
        else
                add_route(&t, change->verb, change->route, link);
}

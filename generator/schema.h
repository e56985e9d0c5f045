/* SPDX-License-Identifier: Apache-2.0 */
/* The one table of configuration keys. Reading, checking, defaults and the generated drop-ins follow from it; the
 * sample file and network-broker.toml(5) are tested against it. */
#pragma once

#include "generators.h"
#include "lease-files.h"
#include "macros.h"
#include "rule-protocol.h"

typedef enum KeyType {
        KEY_WORD,      /* one of the words in choices */
        KEY_WORDS,     /* one or several of them */
        KEY_PATTERNS,  /* names or globs of links */
        KEY_TABLE,     /* base of a routing table's number */
        KEY_PROTOCOL,  /* of a rule or route: a number, or "kernel" */
        KEY_BOOLEAN,   /* becomes yes or no */
        KEY_PATHS,     /* absolute paths or globs */
        KEY_TIME_SPAN, /* becomes microseconds in the environment */
        KEY_USER,      /* a name or a number */
} KeyType;

/* The units whose drop-ins get a key. */
typedef enum Consumer {
        CONSUMER_WATCH,
        CONSUMER_START,
        CONSUMER_RUN,
        CONSUMER_RULES,
        CONSUMER_LEASE,
        CONSUMER_RESOLVE,
        _CONSUMER_MAX,
} Consumer;

#define FOR_WATCH (1U << CONSUMER_WATCH)
#define FOR_START (1U << CONSUMER_START)
#define FOR_RUN (1U << CONSUMER_RUN)
#define FOR_RULES (1U << CONSUMER_RULES)
#define FOR_LEASE (1U << CONSUMER_LEASE)
#define FOR_RESOLVE (1U << CONSUMER_RESOLVE)
#define FOR_ALL (FOR_WATCH | FOR_START | FOR_RUN | FOR_RULES | FOR_LEASE | FOR_RESOLVE)

/* X(section, key, type, default as written in a file, variable (NULL: none), consumers, choices, description) */
#define KEY_LIST(X)                                                                                         \
        X(System, LogLevel, WORD, "info", "NB_LOG_LEVEL", FOR_ALL, "fatal error warn info debug",           \
                        "What is logged: this level and all that are graver.")                              \
        X(System, LogFormat, WORD, "text", "NB_LOG_FORMAT", FOR_ALL, "text json",                           \
                        "How a message reads: as plain text, or as one JSON object.")                       \
        X(System, Generator, WORDS, GENERATOR_DEFAULT, "NB_GENERATOR", FOR_WATCH | FOR_RUN | FOR_LEASE,     \
                        GENERATOR_NETWORKD " " GENERATOR_DHCLIENT " " GENERATOR_KERNEL,                     \
                        "Where the states and leases of links come from: one or several.")                  \
        X(Network, Links, PATTERNS, "", "NB_LINKS", FOR_WATCH | FOR_LEASE, NULL,                            \
                        "The links to run scripts for; empty means every link but lo.")                     \
        X(Network, RoutingPolicyRules, PATTERNS, "", "NB_ROUTING_POLICY_RULES", FOR_WATCH, NULL,            \
                        "The links to keep source-based routing policy rules for.")                         \
        X(Network, RouteTableBase, TABLE, "9999", "NB_ROUTE_TABLE_BASE", FOR_RULES, NULL,                   \
                        "A link's routing table is this number plus the link's index.")                     \
        X(Network, RuleProtocol, PROTOCOL, RULE_PROTOCOL_DEFAULT, "NB_RULE_PROTOCOL",                       \
                        FOR_WATCH | FOR_RULES, NULL,                                                        \
                        "The protocol number that the rules and routes made here carry.")                   \
        X(Network, EmitJSON, BOOLEAN, "true", "NB_EMIT_JSON", FOR_WATCH | FOR_RUN, NULL,                    \
                        "Whether scripts get the link as a JSON object.")                                   \
        X(Network, UseDNS, BOOLEAN, "false", "NB_USE_DNS", FOR_RESOLVE, NULL,                               \
                        "Whether the DNS servers of a dhclient lease go to systemd-resolved.")              \
        X(Network, UseDomain, BOOLEAN, "false", "NB_USE_DOMAIN", FOR_RESOLVE, NULL,                         \
                        "Whether the domains of a dhclient lease go to systemd-resolved.")                  \
        X(Network, UseHostname, BOOLEAN, "false", "NB_USE_HOSTNAME", FOR_RESOLVE, NULL,                     \
                        "Whether the host name of a dhclient lease goes to systemd-hostnamed.")             \
        X(Network, LeaseFiles, PATHS, LEASE_FILES_DEFAULT, "NB_LEASE_FILES", FOR_LEASE | FOR_RESOLVE, NULL, \
                        "The lease files of dhclient.")                                                     \
        X(Script, Timeout, TIME_SPAN, "90s", "NB_TIMEOUT", FOR_RUN, NULL, "How long one script may take.")  \
        X(Script, User, USER, "root", NULL, FOR_RUN, NULL, "The user that scripts run as.")

typedef enum Key {
#define X(section, key, ...) KEY_##section##_##key,
        KEY_LIST(X)
#undef X
                        _KEY_MAX,
} Key;

typedef struct KeyInfo {
        const char *section, *name;
        KeyType type;
        const char *default_text; /* as an administrator would write it */
        const char *variable;     /* the environment variable, NULL if the key becomes a directive */
        unsigned consumers;
        const char *choices; /* separated by spaces, or NULL */
        const char *description;
} KeyInfo;

/* The row of a key. */
const KeyInfo *key_info(Key key);

/* What a value of this key may be, for a message: "one of text, json". */
void key_accepts(Key key, char *ret, size_t size);

/* Names match without regard to case. -ENOENT. section_lookup() returns the name as it should be written. */
int key_lookup(const char *section, const char *name, Key *ret);
const char *section_lookup(const char *name);

/* The nearest known name, or NULL if none is near. */
const char *section_suggest(const char *name);
const char *key_suggest(const char *section, const char *name);

/* The section that does have a key of that name, or NULL. */
const char *key_section_elsewhere(const char *name);

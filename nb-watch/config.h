/* SPDX-License-Identifier: Apache-2.0 */
/* What nb-watch was configured to do: its own Environment=, which nb-generator wrote. */
#pragma once

#include "macros.h"

typedef struct Config {
        char *links;                     /* patterns, as in common/glob.h */
        char *rule_links;                /* patterns of links with policy rules */
        bool networkd, dhclient, kernel; /* the sources */
        bool emit_json;
        unsigned rule_protocol;
        unsigned errors;      /* of the configuration */
        char *error_messages; /* one a line, NULL if there are none */
        char *log_level, *log_format;
} Config;

/* Looks a variable up: getenv(), or a list from PID 1. */
typedef const char *(*ConfigLookup)(const char *name, void *userdata);

/* Reads all variables; one that is absent or bad has its default. -ENOMEM is the only error. */
int config_load(ConfigLookup lookup, void *userdata, Config *ret);
void config_clear(Config *config);

/* For config_load(): the process's environment, and a NULL-terminated list of NAME=value. */
const char *config_lookup_environment(const char *name, void *userdata);
const char *config_lookup_list(const char *name, void *userdata);

bool config_watches(const Config *config, const char *link);
bool config_keeps_rules(const Config *config, const char *link);

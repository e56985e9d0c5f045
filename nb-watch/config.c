/* SPDX-License-Identifier: Apache-2.0 */
/* What is nb-watch to do? See config.h. */
#include "config.h"

#include "generators.h"
#include "glob.h"
#include "number.h"
#include "rule-protocol.h"

static unsigned number(const char *value, unsigned fallback) {
        uint64_t n;

        return number_parse(value, 10, INT32_MAX, &n) < 0 ? fallback : (unsigned) n;
}

int config_load(ConfigLookup lookup, void *userdata, Config *ret) {
        const char *sources = lookup("NB_GENERATOR", userdata), *json = lookup("NB_EMIT_JSON", userdata),
                   *messages = lookup("NB_CONFIG_MESSAGES", userdata),
                   *level = lookup("NB_LOG_LEVEL", userdata), *format = lookup("NB_LOG_FORMAT", userdata);
        Config config = {
                .links = strdup(strempty(lookup("NB_LINKS", userdata))),
                .rule_links = strdup(strempty(lookup("NB_ROUTING_POLICY_RULES", userdata))),
                .log_level = strdup(level ?: "info"),
                .log_format = strdup(format ?: "text"),
                .emit_json = !json || !streq(json, "no"),
                .rule_protocol = rule_protocol_from_environment(lookup("NB_RULE_PROTOCOL", userdata)),
                .errors = number(lookup("NB_CONFIG_ERRORS", userdata), 0),
        };

        if (messages)
                config.error_messages = strdup(messages);
        if (!config.links || !config.rule_links || !config.log_level || !config.log_format ||
                        (messages && !config.error_messages)) {
                config_clear(&config);
                return -ENOMEM;
        }

        config.networkd = generators_include(sources, GENERATOR_NETWORKD);
        config.dhclient = generators_include(sources, GENERATOR_DHCLIENT);
        config.kernel = generators_include(sources, GENERATOR_KERNEL) && !config.networkd;

        *ret = config;
        return 0;
}

void config_clear(Config *config) {
        free(config->links);
        free(config->rule_links);
        free(config->error_messages);
        free(config->log_level);
        free(config->log_format);
        *config = (Config){};
}

const char *config_lookup_environment(const char *name, _unused_ void *userdata) {
        return getenv(name);
}

const char *config_lookup_list(const char *name, void *userdata) {
        char **list = userdata;
        size_t n = strlen(name);

        for (; list && *list; list++)
                if (strncmp(*list, name, n) == 0 && (*list)[n] == '=')
                        return *list + n + 1;
        return NULL;
}

bool config_watches(const Config *config, const char *link) {
        return link_patterns_watch(config->links, link);
}

bool config_keeps_rules(const Config *config, const char *link) {
        return link_patterns_match(config->rule_links, link);
}

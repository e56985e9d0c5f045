/* SPDX-License-Identifier: Apache-2.0 */
/* Which variables belong to which event? */
#include "variable.h"

#include "number.h"
#include "unit-name.h"

static bool of_links(EventType event) {
        return event_info(event)->kind != EVENT_MANAGER;
}

static bool of_levels(EventType event) {
        return event_is_level(event);
}

static bool not_operational(EventType event) {
        return event_info(event)->kind != EVENT_OPERATIONAL;
}

static bool of_links_not_setup(EventType event) {
        return of_links(event) && event_info(event)->kind != EVENT_SETUP;
}

static bool of_manager(EventType event) {
        return event == EVENT_TYPE_MANAGER;
}

static bool of_addresses(EventType event) {
        return event == EVENT_TYPE_ADDRESSES;
}

static bool of_renames(EventType event) {
        return event == EVENT_TYPE_LINK_RENAMED;
}

static bool of_leases(EventType event) {
        return event == EVENT_TYPE_LEASE;
}

static const VariableInfo variables[] = {
        { "LINKINDEX", VARIABLE_IFINDEX, false, of_links },
        { "OperationalState", VARIABLE_WORD, false, not_operational },
        { "AdministrativeState", VARIABLE_WORD, false, of_links_not_setup },
        { "PREVIOUS_STATE", VARIABLE_WORD, false, of_levels },
        { "PREVIOUS_NAME", VARIABLE_LINK, false, of_renames },
        { "ADDRESSES", VARIABLE_TEXT, false, of_addresses },
        { "ADDRESSES_ADDED", VARIABLE_TEXT, false, of_addresses },   /* those that came since the last run */
        { "ADDRESSES_REMOVED", VARIABLE_TEXT, false, of_addresses }, /* those that went since the last run */
        { "DHCP_LEASE", VARIABLE_TEXT, false, of_leases },           /* the lease in one line */
        { "LEASE_*", VARIABLE_TEXT, false, of_leases },              /* and in parts */
        { "DNS", VARIABLE_TEXT, false, of_leases }, { "DOMAIN", VARIABLE_TEXT, false, of_leases },
        { "CarrierState", VARIABLE_WORD, false, of_manager },
        { "AddressState", VARIABLE_WORD, false, of_manager },
        { "IPv4AddressState", VARIABLE_WORD, false, of_manager },
        { "IPv6AddressState", VARIABLE_WORD, false, of_manager },
        { "OnlineState", VARIABLE_WORD, false, of_manager },
        { "NB_NETWORKD", VARIABLE_TEXT, true, of_links }, /* what only networkd knows, for the JSON */
        { "NB_NETWORKD_ASKED", VARIABLE_WORD, true,
                        of_links }, /* … it follows in state/, under this number */
};

static bool name_matches(const char *pattern, const char *name, size_t length) {
        size_t n = strlen(pattern);

        if (pattern[n - 1] != '*')
                return length == n && memcmp(pattern, name, n) == 0;

        n--;
        if (length <= n || memcmp(pattern, name, n) != 0)
                return false;
        for (size_t i = n; i < length; i++)
                if (!(name[i] >= 'A' && name[i] <= 'Z') && !(name[i] >= '0' && name[i] <= '9') &&
                                name[i] != '_')
                        return false;
        return true;
}

const VariableInfo *variable_find(EventType event, const char *name, size_t name_length) {
        for (size_t i = 0; i < ELEMENTSOF(variables); i++)
                if (name_matches(variables[i].name, name, name_length) && variables[i].applies(event))
                        return &variables[i];
        return NULL;
}

static bool ifindex_is_valid(const char *value) {
        int ifindex;

        return *value != '0' && ifindex_parse(value, &ifindex) >= 0;
}

static bool word_is_valid(const char *value) {
        size_t n = strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-");

        return n > 0 && n <= 32 && value[n] == '\0';
}

static bool text_is_valid(const char *value) {
        for (; *value; value++)
                if ((unsigned char) *value < 0x20 || *value == 0x7f)
                        return false;
        return true;
}

static bool value_is_valid(VariableType type, const char *value) {
        switch (type) {
        case VARIABLE_IFINDEX:
                return ifindex_is_valid(value);
        case VARIABLE_WORD:
                return word_is_valid(value);
        case VARIABLE_LINK:
                return link_name_is_valid(value);
        case VARIABLE_TEXT:
                return text_is_valid(value);
        }
        return false;
}

int variable_check(EventType event, const char *assignment, const VariableInfo **ret_info) {
        const char *equal = strchr(assignment, '=');
        const VariableInfo *info;

        if (!equal)
                return -EINVAL;
        info = variable_find(event, assignment, (size_t) (equal - assignment));
        if (!info)
                return -EINVAL;
        if (strlen(equal + 1) > VARIABLE_VALUE_MAX)
                return -E2BIG;
        if (!value_is_valid(info->type, equal + 1))
                return -EINVAL;

        if (ret_info)
                *ret_info = info;
        return 0;
}

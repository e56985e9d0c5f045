/* SPDX-License-Identifier: Apache-2.0 */
/* Which members does a link's JSON have, and who knows each? See document.h. */
#include "document.h"

#include "json-read.h"
#include "link-json.h"

/* networkd's word, if it is a string that says anything. */
static bool find_string(const LinkFacts *facts, const char *key, JsonMember *ret) {
        return facts->networkd && json_find_member(facts->networkd, key, ret) && ret->type == JSON_STRING &&
                        ret->value.length > 2;
}

static bool find_list(const LinkFacts *facts, const char *key, JsonMember *ret) {
        return facts->networkd && json_find_member(facts->networkd, key, ret) && ret->type == JSON_ARRAY &&
                        json_is_string_array(ret->value) && ret->value.length > 2;
}

static void write_value(Json *j, const LinkFacts *facts, const char *key, const char *otherwise) {
        JsonMember member;

        if (find_string(facts, key, &member))
                json_raw(j, member.value.start, member.value.length);
        else
                json_string(j, otherwise);
}

static void write_string(Json *j, const LinkFacts *facts, const char *key, const char *otherwise) {
        json_key(j, key);
        write_value(j, facts, key, otherwise);
}

/* networkd has it from the same file of sysfs, but at first, before it has read that, says "ether". */
static void write_type(Json *j, const LinkFacts *facts) {
        const char *kind = facts->device->fields[DEVICE_TYPE];

        if (!*kind) {
                write_string(j, facts, "Type", link_type_name(link_arphrd(facts->snapshot->link)));
                return;
        }
        json_member_string(j, "Type", kind);
}

static void write_list(Json *j, const LinkFacts *facts, const char *key) {
        JsonMember member;

        json_key(j, key);
        if (find_list(facts, key, &member))
                json_raw(j, member.value.start, member.value.length);
        else
                json_null(j);
}

static void write_array(Json *j, const char *key, const Json *items) {
        json_key(j, key);
        json_open(j, '[');
        buffer_append(j, items->data, items->length);
        json_close(j, ']');
}

void document_write(Json *j, const LinkFacts *facts) {
        const char(*device)[256] = facts->device->fields;

        json_open(j, '{');
        link_json_write(j, facts->snapshot->link);
        write_string(j, facts, "AddressState", "");
        write_string(j, facts, "CarrierState", "");
        write_string(j, facts, "Driver", device[DEVICE_DRIVER]);
        write_string(j, facts, "IPv4AddressState", "");
        write_string(j, facts, "IPv6AddressState", "");
        write_string(j, facts, "LinkFile", device[DEVICE_LINK_FILE]);
        write_string(j, facts, "Model", device[DEVICE_MODEL]);
        write_string(j, facts, "OnlineState", "");
        write_string(j, facts, "OperationalState", facts->operational_state);
        write_string(j, facts, "Path", device[DEVICE_PATH]);
        write_string(j, facts, "SetupState", facts->setup_state);
        write_type(j, facts);
        write_string(j, facts, "Vendor", device[DEVICE_VENDOR]);
        write_string(j, facts, "ProductID", device[DEVICE_PRODUCT_ID]);
        write_string(j, facts, "Manufacturer", device[DEVICE_MANUFACTURER]);
        write_string(j, facts, "NetworkFile", "");
        write_list(j, facts, "DNS");
        write_list(j, facts, "Domains");
        write_list(j, facts, "NTP");
        write_array(j, "Address", &facts->snapshot->addresses);
        write_array(j, "Routes", &facts->snapshot->routes);
        json_close(j, '}');
}

/* A line of networkctl: a list of one, absent where there is nothing to say. */
static void write_line(
                Json *j, const LinkFacts *facts, const char *label, const char *key, const char *otherwise) {
        JsonMember member;

        if (!*otherwise && (!key || !find_string(facts, key, &member)))
                return;
        json_key(j, label);
        json_open(j, '[');
        if (key)
                write_value(j, facts, key, otherwise);
        else
                json_string(j, otherwise);
        json_close(j, ']');
}

static void write_lines(Json *j, const LinkFacts *facts, const char *label, const char *key) {
        JsonMember member;

        if (!find_list(facts, key, &member))
                return;
        json_key(j, label);
        json_raw(j, member.value.start, member.value.length);
}

static void write_gateways(Json *j, const Snapshot *s) {
        if (!*s->gateways[0] && !*s->gateways[1])
                return;
        json_key(j, "Gateway");
        json_open(j, '[');
        for (size_t i = 0; i < ELEMENTSOF(s->gateways); i++)
                if (*s->gateways[i])
                        json_string(j, s->gateways[i]);
        json_close(j, ']');
}

/* Sorted by key, as there. */
void document_write_dispatcher(Json *j, const LinkFacts *facts) {
        const char(*device)[256] = facts->device->fields;
        const Snapshot *s = facts->snapshot;
        char state[128], hardware[128], mtu[16];

        link_hardware_address(s->link, hardware, sizeof(hardware));
        (void) snprintf(mtu, sizeof(mtu), "%u", link_mtu(s->link));
        (void) snprintf(state, sizeof(state), "%s (%s)", facts->operational_state, facts->setup_state);

        json_open(j, '{');
        if (s->texts.length > 0)
                write_array(j, "Address", &s->texts);
        json_member_string(j, "AdministrativeState", facts->setup_state);
        write_lines(j, facts, "DNS", "DNS");
        write_line(j, facts, "Driver", "Driver", device[DEVICE_DRIVER]);
        if (*facts->essid)
                json_member_string(j, "ESSID", facts->essid);
        write_gateways(j, s);
        write_line(j, facts, "HW Address", NULL, hardware);
        write_line(j, facts, "Hardware Address", NULL, hardware);
        json_member_string(j, "InterfaceName", s->name);
        write_line(j, facts, "Link File", "LinkFile", device[DEVICE_LINK_FILE]);
        write_line(j, facts, "MTU", NULL, mtu);
        write_line(j, facts, "Model", "Model", device[DEVICE_MODEL]);
        write_lines(j, facts, "NTP", "NTP");
        write_line(j, facts, "Network File", "NetworkFile", "");
        json_member_string(j, "OperationalState", facts->operational_state);
        write_line(j, facts, "Path", "Path", device[DEVICE_PATH]);
        write_lines(j, facts, "Search Domains", "Domains");
        json_member_string(j, "State", state);
        write_type(j, facts);
        write_line(j, facts, "Vendor", "Vendor", device[DEVICE_VENDOR]);
        json_close(j, '}');
}

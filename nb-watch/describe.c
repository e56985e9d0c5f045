/* SPDX-License-Identifier: Apache-2.0 */
/* What does only networkd know about a link? See describe.h.
 *
 * networkd describes the link's routes too, 37 MB for 100,000 of them: only the members that count become a tree. */
#include "describe.h"

#include <arpa/inet.h>
#include <cjson/cJSON.h>

#include "json-read.h"

DEFINE_TRIVIAL_CLEANUP_FUNC(cJSON *, cJSON_Delete);

/* networkd's name, and ours where it differs. */
static const struct {
        const char *from, *to;
} strings[] = {
        { "AddressState", "AddressState" },
        { "CarrierState", "CarrierState" },
        { "IPv4AddressState", "IPv4AddressState" },
        { "IPv6AddressState", "IPv6AddressState" },
        { "OnlineState", "OnlineState" },
        { "OperationalState", "OperationalState" },
        { "AdministrativeState", "SetupState" },
        { "LinkFile", "LinkFile" },
        { "NetworkFile", "NetworkFile" },
        { "Type", "Type" },
        { "Driver", "Driver" },
        { "Path", "Path" },
        { "Vendor", "Vendor" },
        { "Model", "Model" },
};

static const struct {
        const char *from, *to;
        const char *member; /* of each element, if it has no address; NULL: its address */
} lists[] = {
        { "DNS", "DNS", NULL },
        { "NTP", "NTP", "Server" },
        { "SearchDomains", "Domains", "Domain" },
        { "RouteDomains", "Domains", "Domain" },
};

/* [192, 0, 2, 1] to "192.0.2.1". */
static bool format_address(const cJSON *bytes, char ret[static INET6_ADDRSTRLEN]) {
        unsigned char address[sizeof(struct in6_addr)];
        int n = cJSON_GetArraySize(bytes);

        if (!cJSON_IsArray(bytes) || (n != 4 && n != 16))
                return false;
        for (int i = 0; i < n; i++) {
                const cJSON *byte = cJSON_GetArrayItem(bytes, i);

                if (!cJSON_IsNumber(byte) || byte->valueint < 0 || byte->valueint > 255)
                        return false;
                address[i] = (unsigned char) byte->valueint;
        }
        return inet_ntop(n == 4 ? AF_INET : AF_INET6, address, ret, INET6_ADDRSTRLEN);
}

/* Adds to list, made if it is not there yet, one string for each element of from: its address, or its member. */
static int add_list(cJSON *object, const char *name, const cJSON *from, const char *member) {
        cJSON *list = cJSON_GetObjectItemCaseSensitive(object, name);
        const cJSON *element;

        if (!cJSON_IsArray(from))
                return 0;
        if (!list)
                list = cJSON_AddArrayToObject(object, name);
        if (!list)
                return -ENOMEM;

        cJSON_ArrayForEach(element, from) {
                const cJSON *text = member ? cJSON_GetObjectItemCaseSensitive(element, member) : element;
                char address[INET6_ADDRSTRLEN];
                const char *value = NULL;
                cJSON *string;

                if (cJSON_IsString(text))
                        value = text->valuestring;
                else if (format_address(cJSON_GetObjectItemCaseSensitive(element, "Address"), address))
                        value = address;
                if (!value)
                        continue;
                string = cJSON_CreateString(value);
                if (!string)
                        return -ENOMEM;
                if (!cJSON_AddItemToArray(list, string)) {
                        cJSON_Delete(string);
                        return -ENOMEM;
                }
        }
        return 0;
}

/* The members that count, parsed. */
static int parse_members(const char *json, cJSON **ret) {
        _cleanup_(cJSON_Deletep) cJSON *link = cJSON_CreateObject();
        const char *names[ELEMENTSOF(strings) + ELEMENTSOF(lists)];
        size_t n = 0;

        if (!link)
                return -ENOMEM;
        if (!json_is_object(json))
                return -EBADMSG;
        for (size_t i = 0; i < ELEMENTSOF(strings); i++)
                names[n++] = strings[i].from;
        for (size_t i = 0; i < ELEMENTSOF(lists); i++)
                names[n++] = lists[i].from;

        for (JsonMember member; json_next_member(&json, &member);)
                for (size_t i = 0; i < n; i++) {
                        cJSON *value;

                        if (strlen(names[i]) != member.key.length ||
                                        memcmp(names[i], member.key.start, member.key.length) != 0)
                                continue;
                        value = cJSON_ParseWithLength(member.value.start, member.value.length);
                        if (!value)
                                return -EBADMSG;
                        if (!cJSON_AddItemToObject(link, names[i], value)) {
                                cJSON_Delete(value);
                                return -ENOMEM;
                        }
                }

        *ret = TAKE_PTR(link);
        return 0;
}

int describe_convert(const char *json, char **ret) {
        _cleanup_(cJSON_Deletep) cJSON *link = NULL, *object = NULL;
        char *text;
        int r;

        r = parse_members(json, &link);
        if (r < 0)
                return r;
        object = cJSON_CreateObject();
        if (!object)
                return -ENOMEM;

        for (size_t i = 0; i < ELEMENTSOF(strings); i++) {
                const cJSON *value = cJSON_GetObjectItemCaseSensitive(link, strings[i].from);

                if (cJSON_IsString(value) &&
                                !cJSON_AddStringToObject(object, strings[i].to, value->valuestring))
                        return -ENOMEM;
        }
        for (size_t i = 0; i < ELEMENTSOF(lists); i++) {
                r = add_list(object, lists[i].to, cJSON_GetObjectItemCaseSensitive(link, lists[i].from),
                                lists[i].member);
                if (r < 0)
                        return r;
        }

        text = cJSON_PrintUnformatted(object);
        if (!text)
                return -ENOMEM;
        *ret = text;
        return 0;
}

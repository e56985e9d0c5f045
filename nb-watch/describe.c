/* SPDX-License-Identifier: Apache-2.0 */
/* What does only networkd know about a link? See describe.h. */
#include "describe.h"

#include <arpa/inet.h>
#include <cjson/cJSON.h>

#include "macros.h"

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

int describe_convert(const char *json, char **ret) {
        _cleanup_(cJSON_Deletep) cJSON *link = cJSON_Parse(json), *object = NULL;
        char *text;
        int r;

        if (!cJSON_IsObject(link))
                return -EBADMSG;
        object = cJSON_CreateObject();
        if (!object)
                return -ENOMEM;

        for (size_t i = 0; i < ELEMENTSOF(strings); i++) {
                const cJSON *value = cJSON_GetObjectItemCaseSensitive(link, strings[i].from);

                if (cJSON_IsString(value) &&
                                !cJSON_AddStringToObject(object, strings[i].to, value->valuestring))
                        return -ENOMEM;
        }

        r = add_list(object, "DNS", cJSON_GetObjectItemCaseSensitive(link, "DNS"), NULL);
        if (r >= 0)
                r = add_list(object, "NTP", cJSON_GetObjectItemCaseSensitive(link, "NTP"), "Server");
        if (r >= 0)
                r = add_list(object, "Domains", cJSON_GetObjectItemCaseSensitive(link, "SearchDomains"),
                                "Domain");
        if (r >= 0)
                r = add_list(object, "Domains", cJSON_GetObjectItemCaseSensitive(link, "RouteDomains"),
                                "Domain");
        if (r < 0)
                return r;

        text = cJSON_PrintUnformatted(object);
        if (!text)
                return -ENOMEM;
        *ret = text;
        return 0;
}

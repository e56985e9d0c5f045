/* SPDX-License-Identifier: Apache-2.0 */
/* Which unit belongs to which event of which link? */
#include "unit-name.h"

static const struct {
        const char *prefix, *suffix;
} kinds[_UNIT_KIND_MAX] = {
        [UNIT_RUN] = { "nb-run@", ".service" },
        [UNIT_RULES] = { "nb-rules@", ".service" },
        [UNIT_LEASE_PATH] = { "nb-lease@", ".path" },
        [UNIT_LEASE_SERVICE] = { "nb-lease@", ".service" },
};

/* isspace() of the C library depends on the locale. */
static bool is_space(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_plain(char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                        (c && strchr(":_.@-", c));
}

static int unhex(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        return -EINVAL;
}

bool link_name_is_valid(const char *name) {
        size_t n = strlen(name);

        if (n == 0 || n >= IF_NAMESIZE || streq(name, ".") || streq(name, ".."))
                return false;

        for (; *name; name++)
                if (*name == '/' || *name == ':' || is_space(*name))
                        return false;
        return true;
}

int link_name_escape(const char *name, char ret[static INSTANCE_MAX]) {
        char *p = ret;

        if (!link_name_is_valid(name))
                return -EINVAL;

        for (; *name; name++)
                if (is_plain(*name))
                        *p++ = *name;
                else
                        p += sprintf(p, "\\x%02x", (unsigned char) *name);
        *p = '\0';
        return 0;
}

static int link_name_unescape(const char *escaped, char ret[static IF_NAMESIZE]) {
        char name[IF_NAMESIZE];
        size_t n = 0;

        while (*escaped) {
                int hi, lo;

                if (n >= sizeof(name) - 1)
                        return -EINVAL;

                if (*escaped != '\\') {
                        name[n++] = *escaped++;
                        continue;
                }

                if (escaped[1] != 'x')
                        return -EINVAL;
                hi = unhex(escaped[2]);
                if (hi < 0)
                        return hi;
                lo = unhex(escaped[3]);
                if (lo < 0)
                        return lo;
                if (hi == 0 && lo == 0)
                        return -EINVAL;
                name[n++] = (char) (hi << 4 | lo);
                escaped += 4;
        }
        name[n] = '\0';

        strcpy(ret, name);
        return 0;
}

int instance_format(EventType event, const char *link, char ret[static INSTANCE_MAX]) {
        char escaped[INSTANCE_MAX];
        int r;

        if (event_info(event)->kind == EVENT_MANAGER) {
                strcpy(ret, event_name(event));
                return 0;
        }

        r = link_name_escape(link, escaped);
        if (r < 0)
                return r;
        r = snprintf(ret, INSTANCE_MAX, "%s:%s", event_name(event), escaped);
        return r < INSTANCE_MAX ? 0 : -EINVAL;
}

int instance_parse(const char *instance, EventType *ret_event, char ret_link[static IF_NAMESIZE]) {
        char name[INSTANCE_MAX], link[IF_NAMESIZE] = "", again[INSTANCE_MAX];
        const char *colon;
        EventType event;
        int r;

        if (strlen(instance) >= INSTANCE_MAX)
                return -EINVAL;

        strcpy(name, instance);
        colon = strchr(instance, ':');
        if (colon) {
                name[colon - instance] = '\0';
                r = link_name_unescape(colon + 1, link);
                if (r < 0)
                        return r;
        }

        r = event_from_name(name, &event);
        if (r < 0)
                return r;

        r = instance_format(event, link, again);
        if (r < 0)
                return r;
        if (!streq(again, instance))
                return -EINVAL;

        *ret_event = event;
        strcpy(ret_link, link);
        return 0;
}

int unit_name_format(
                UnitKind kind, EventType event, const char *link, char ret[static UNIT_NAME_LENGTH_MAX]) {
        char instance[INSTANCE_MAX];
        int r;

        r = kind == UNIT_RUN ? instance_format(event, link, instance) : link_name_escape(link, instance);
        if (r < 0)
                return r;
        r = snprintf(ret, UNIT_NAME_LENGTH_MAX, "%s%s%s", kinds[kind].prefix, instance, kinds[kind].suffix);
        return r < UNIT_NAME_LENGTH_MAX ? 0 : -EINVAL;
}

static int unit_name_parse_as(UnitKind kind, const char *unit, UnitName *ret) {
        UnitName name = { .kind = kind };
        char again[INSTANCE_MAX];
        const char *p;
        size_t n, m;
        int r;

        p = startswith(unit, kinds[kind].prefix);
        if (!p)
                return -EINVAL;
        n = strlen(p);
        m = strlen(kinds[kind].suffix);
        if (n <= m || !streq(p + n - m, kinds[kind].suffix) || n - m >= sizeof(name.instance))
                return -EINVAL;
        memcpy(name.instance, p, n - m);

        if (kind == UNIT_RUN)
                r = instance_parse(name.instance, &name.event, name.link);
        else {
                r = link_name_unescape(name.instance, name.link);
                if (r < 0)
                        return r;
                r = link_name_escape(name.link, again);
                if (r >= 0 && !streq(again, name.instance))
                        r = -EINVAL;
        }
        if (r < 0)
                return r;

        *ret = name;
        return 0;
}

int unit_name_parse(const char *unit, UnitName *ret) {
        for (UnitKind kind = 0; kind < _UNIT_KIND_MAX; kind++)
                if (unit_name_parse_as(kind, unit, ret) >= 0)
                        return 0;
        return -EINVAL;
}

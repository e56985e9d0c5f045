/* SPDX-License-Identifier: Apache-2.0 */
/* How is systemd-resolved told? See resolved.h. */
#include "resolved.h"

#include <arpa/inet.h>

#include "bus.h"

#define RESOLVED_NAME "org.freedesktop.resolve1"
#define RESOLVED_PATH "/org/freedesktop/resolve1"
#define RESOLVED_MANAGER "org.freedesktop.resolve1.Manager"
#define RESOLVED_LINK "org.freedesktop.resolve1.Link"

static int call_new(sd_bus *bus, const char *method, int ifindex, sd_bus_message **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = sd_bus_message_new_method_call(bus, &m, RESOLVED_NAME, RESOLVED_PATH, RESOLVED_MANAGER, method);
        if (r < 0)
                return r;
        r = sd_bus_message_set_auto_start(m, false);
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "i", ifindex);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(m);
        return 0;
}

static int call(sd_bus *bus, sd_bus_message *m, sd_bus_error *error, sd_bus_message **ret) {
        int r = sd_bus_call(bus, m, 0, error, ret);

        if (r >= 0)
                return r;
        if (sd_bus_error_has_name(error, "org.freedesktop.resolve1.LinkBusy"))
                return -EBUSY;
        if (sd_bus_error_has_name(error, "org.freedesktop.resolve1.NoSuchLink"))
                return -ENODEV;
        return bus_error_is_absence(error) ? -ENXIO : r;
}

static int server_append(sd_bus_message *m, const char *server) {
        struct in6_addr address;
        int family = strchr(server, ':') ? AF_INET6 : AF_INET, r;

        if (inet_pton(family, server, &address) != 1)
                return -EINVAL;
        r = sd_bus_message_open_container(m, 'r', "iay");
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "i", family);
        if (r < 0)
                return r;
        r = sd_bus_message_append_array(
                        m, 'y', &address, family == AF_INET ? sizeof(struct in_addr) : sizeof(address));
        if (r < 0)
                return r;
        return sd_bus_message_close_container(m);
}

/* A search domain: routing-only is false. */
static int domain_append(sd_bus_message *m, const char *domain) {
        return sd_bus_message_append(m, "(sb)", domain, false);
}

static int list_set(sd_bus *bus, int ifindex, const char *method, const char *type, const char *list,
                int (*append)(sd_bus_message *m, const char *item), sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_free_ char *copy = strdup(strempty(list));
        char *state = NULL;
        int r;

        if (!copy)
                return -ENOMEM;
        r = call_new(bus, method, ifindex, &m);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(m, 'a', type);
        if (r < 0)
                return r;
        for (char *item = strtok_r(copy, " ", &state); item; item = strtok_r(NULL, " ", &state)) {
                r = append(m, item);
                if (r < 0)
                        return r;
        }
        r = sd_bus_message_close_container(m);
        if (r < 0)
                return r;
        return call(bus, m, error, NULL);
}

int resolved_set_dns(sd_bus *bus, int ifindex, const char *servers, sd_bus_error *error) {
        return list_set(bus, ifindex, "SetLinkDNS", "(iay)", servers, server_append, error);
}

int resolved_set_domains(sd_bus *bus, int ifindex, const char *domains, sd_bus_error *error) {
        return list_set(bus, ifindex, "SetLinkDomains", "(sb)", domains, domain_append, error);
}

static int link_get(sd_bus *bus, int ifindex, const char *property, const char *type, sd_bus_error *error,
                sd_bus_message **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        const char *path;
        int r;

        r = call_new(bus, "GetLink", ifindex, &m);
        if (r < 0)
                return r;
        r = call(bus, m, error, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "o", &path);
        if (r < 0)
                return r;
        return sd_bus_get_property(bus, RESOLVED_NAME, path, RESOLVED_LINK, property, error, ret, type);
}

static int item_print(FILE *f, const char *item) {
        return fprintf(f, "%s%s", ftell(f) > 0 ? " " : "", item) < 0 ? -ENOMEM : 0;
}

/* 1: one was read, 0: the end. */
static int server_read(sd_bus_message *m, FILE *f) {
        char text[INET6_ADDRSTRLEN];
        const void *address;
        int family, r;
        size_t size;

        r = sd_bus_message_enter_container(m, 'r', "iay");
        if (r <= 0)
                return r;
        r = sd_bus_message_read(m, "i", &family);
        if (r < 0)
                return r;
        r = sd_bus_message_read_array(m, 'y', &address, &size);
        if (r < 0)
                return r;
        if (size == (family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr)) &&
                        inet_ntop(family, address, text, sizeof(text))) {
                r = item_print(f, text);
                if (r < 0)
                        return r;
        }
        r = sd_bus_message_exit_container(m);
        return r < 0 ? r : 1;
}

static int domain_read(sd_bus_message *m, FILE *f) {
        const char *domain;
        int routing_only, r;

        r = sd_bus_message_read(m, "(sb)", &domain, &routing_only);
        if (r <= 0)
                return r;
        if (!routing_only) {
                r = item_print(f, domain);
                if (r < 0)
                        return r;
        }
        return 1;
}

static int list_get(sd_bus_message *m, const char *type, int (*item_read)(sd_bus_message *m, FILE *f),
                char **ret) {
        _cleanup_free_ char *text = NULL;
        _cleanup_fclose_ FILE *f = NULL;
        size_t size;
        int r;

        f = open_memstream(&text, &size);
        if (!f)
                return -ENOMEM;
        r = sd_bus_message_enter_container(m, 'a', type);
        if (r < 0)
                return r;
        do
                r = item_read(m, f);
        while (r > 0);
        if (r < 0)
                return r;
        if (fclose(TAKE_PTR(f)) != 0)
                return -ENOMEM;
        *ret = TAKE_PTR(text);
        return 0;
}

int resolved_get_dns(sd_bus *bus, int ifindex, char **ret, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = link_get(bus, ifindex, "DNS", "a(iay)", error, &m);
        return r < 0 ? r : list_get(m, "(iay)", server_read, ret);
}

int resolved_get_domains(sd_bus *bus, int ifindex, char **ret, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = link_get(bus, ifindex, "Domains", "a(sb)", error, &m);
        return r < 0 ? r : list_get(m, "(sb)", domain_read, ret);
}

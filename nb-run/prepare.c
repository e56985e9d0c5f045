/* SPDX-License-Identifier: Apache-2.0 */
/* Where does what a script gets to know come from? See prepare.h. */
#include "prepare.h"

#include <linux/wireless.h>
#include <sys/ioctl.h>

#include "document.h"
#include "generators.h"
#include "json-file.h"
#include "json-read.h"
#include "late-answer.h"
#include "lease-networkd.h"
#include "lease-variables.h"

/* The name of the wireless network that the link is in, or "". Other links refuse the question. */
static void read_essid(int socket_fd, const char *link, char ret[static IW_ESSID_MAX_SIZE + 1]) {
        struct iwreq request = { .u.essid = { .pointer = ret, .length = IW_ESSID_MAX_SIZE } };

        memcpy(request.ifr_name, link, strnlen(link, IF_NAMESIZE - 1));
        memset(ret, 0, IW_ESSID_MAX_SIZE + 1);
        if (ioctl(socket_fd, SIOCGIWESSID, &request) < 0)
                ret[0] = '\0';
}

/* A lease event carries its lease, with every other one it is looked up. */
static void read_lease(const PrepareRequest *request, int ifindex, char **ret) {
        _cleanup_(lease_freep) Lease *lease = NULL;
        int r = -ENOENT;

        if (event_file_get(request->file, "LEASE_EVENT") || event_file_get(request->file, "DHCP_LEASE"))
                return;

        if (ifindex > 0 && generators_include(request->generator, GENERATOR_NETWORKD))
                r = lease_read_networkd(LEASE_NETWORKD_FOLDER, ifindex, &lease);
        if (r < 0 && generators_include(request->generator, GENERATOR_DHCLIENT))
                r = lease_read(LEASE_FOLDER, request->link, &lease);
        if (r >= 0)
                r = lease_text(lease, ret);
        if (r < 0 && r != -ENOENT && r != -ENODATA)
                (void) log_message(LOG_WARNING, r, request->fields, "DHCP_LEASE= is left out: %m");
}

/* What nb-watch passed on; it may have to be waited for. *buffer may own it. */
static const char *networkd_object(const PrepareRequest *request, char **buffer) {
        const char *object = event_file_get(request->file, "NB_NETWORKD"),
                   *asked = event_file_get(request->file, "NB_NETWORKD_ASKED");
        int r = 0;

        if (object && streq(object, "null")) {
                r = -ENODATA;
                object = NULL;
        } else if (!object && asked) {
                r = late_answer_wait(LATE_ANSWER_FOLDER, request->instance, asked, buffer);
                object = *buffer;
        }
        if (r < 0 && r != -EINTR)
                (void) log_message(LOG_WARNING, r, request->fields,
                                "systemd-networkd does not say what it knows of the link, the JSON is without: %m");
        if (object && !json_is_object(object)) {
                (void) log_message(LOG_WARNING, 0, request->fields,
                                "What nb-watch passed on from systemd-networkd is no JSON object, and is left out");
                return NULL;
        }
        return object;
}

static void release_texts(Prepared *p) {
        snapshot_done(&p->snapshot);
        buffer_done(&p->json);
        buffer_done(&p->dispatcher);
}

static int add_json(Environment *e, const LogFields *fields, const LinkFacts *facts, Prepared *p) {
        char path[JSON_FILE_PATH_MAX];
        const char *text;
        int r;

        document_write(&p->json, facts);
        document_write_dispatcher(&p->dispatcher, facts);
        text = buffer_text(&p->json);
        if (!text || !buffer_text(&p->dispatcher))
                return -ENOMEM;

        p->json_fd = json_file_create(text, p->json.length, path);
        if (p->json_fd < 0)
                return p->json_fd;
        r = environment_set(e, "JSON_FILE", path);
        if (r >= 0)
                r = script_environment_add_one(e, fields, "JSON", text);
        if (r >= 0)
                r = script_environment_add_one(e, fields, "json", buffer_text(&p->dispatcher));
        /* Of thousands of routes it is too much to be held while scripts run. */
        if (p->json.length > ENVIRONMENT_VALUE_MAX)
                release_texts(p);
        return r;
}

/* The kernel's answer may be missing, the scripts run all the same. */
static void take_snapshot(Netlink *nl, const PrepareRequest *request, Snapshot *ret) {
        const char *index = event_file_get(request->file, "LINKINDEX");
        int r;

        r = netlink_open(nl);
        if (r >= 0)
                r = snapshot_take(nl, request->link, index ? (int) strtol(index, NULL, 10) : 0,
                                request->emit_json, ret);
        if (r < 0)
                (void) log_message(LOG_WARNING, r, request->fields,
                                "The kernel does not tell about the link, addresses and JSON are left out: %m%s%s",
                                *nl->error ? ": " : "", nl->error);
}

static int prepare_link(const PrepareRequest *request, Environment *e, Prepared *p) {
        char essid[IW_ESSID_MAX_SIZE + 1] = "";
        EventContext context = { .event = request->event,
                .link = request->link,
                .file = request->file,
                .snapshot = &p->snapshot,
                .essid = essid,
                .fields = request->fields };
        Device device;
        int r;

        take_snapshot(&p->nl, request, &p->snapshot);
        request->fields->ifindex = event_ifindex(&context);
        if (p->snapshot.exists)
                read_essid(p->nl.fd, request->link, essid);
        read_lease(request, request->fields->ifindex, &p->lease);
        context.lease = p->lease;
        r = script_environment_add(e, &context);
        if (r < 0 || !p->snapshot.exists || !request->emit_json)
                return r;

        device_read(p->nl.fd, p->snapshot.name, p->snapshot.ifindex, &device);
        return add_json(e, request->fields,
                        &(LinkFacts){ .snapshot = &p->snapshot,
                                        .device = &device,
                                        .networkd = networkd_object(request, &p->late),
                                        .operational_state = environment_get(e, "OperationalState"),
                                        .setup_state = environment_get(e, "AdministrativeState"),
                                        .essid = essid },
                        p);
}

int prepare_environment(const PrepareRequest *request, Environment *e, Prepared *p) {
        EventContext context = { .event = request->event,
                .link = "",
                .file = request->file,
                .snapshot = &p->snapshot,
                .essid = "",
                .fields = request->fields };

        if (event_info(request->event)->kind == EVENT_MANAGER)
                return script_environment_add(e, &context);
        return prepare_link(request, e, p);
}

void prepared_done(Prepared *p) {
        netlink_close(&p->nl);
        release_texts(p);
        free(p->lease);
        free(p->late);
        safe_close(p->json_fd);
        *p = (Prepared) PREPARED_INITIALIZER;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What must be told to whom? See apply.h. */
#include "apply.h"

#include "hostnamed.h"
#include "log.h"
#include "resolved.h"

/* One list of resolved's that a lease fills. */
typedef struct Facet {
        const char *what;
        int (*set)(sd_bus *bus, int ifindex, const char *list, sd_bus_error *error);
        int (*get)(sd_bus *bus, int ifindex, char **ret, sd_bus_error *error);
} Facet;

static const Facet dns_facet = { "DNS servers", resolved_set_dns, resolved_get_dns };
static const Facet domains_facet = { "search domains", resolved_set_domains, resolved_get_domains };

static int replace(char **value, const char *by) {
        char *copy = by ? strdup(by) : NULL;

        if (by && !copy)
                return -ENOMEM;
        free(*value);
        *value = copy;
        return 0;
}

static int failure_log(
                const Target *t, int error, const char *what, const char *value, const sd_bus_error *e) {
        const LogFields fields = { .link = t->link, .ifindex = t->ifindex };

        if (error == -ENXIO) {
                log_message(LOG_WARNING, 0, &fields,
                                "%s: the %s of its lease are not used, since systemd-resolved does not run: %s",
                                t->link, what, strempty(value));
                return 0;
        }
        if (error == -EBUSY) {
                log_message(LOG_WARNING, 0, &fields,
                                "%s: the %s of its lease are not used, since systemd-networkd manages the link: %s",
                                t->link, what, strempty(value));
                return 0;
        }
        return log_message(LOG_ERR, error, &fields, "%s: systemd-resolved does not take the %s \"%s\": %s",
                        t->link, what, strempty(value), e->message ? e->message : strerror(-error));
}

static int facet_set(const Target *t, const Facet *facet, const char *wish, char **recorded) {
        _cleanup_(sd_bus_error_free) sd_bus_error e = SD_BUS_ERROR_NULL;
        const LogFields fields = { .link = t->link, .ifindex = t->ifindex };
        int r;

        r = facet->set(t->bus, t->ifindex, wish, &e);
        if (r < 0)
                return failure_log(t, r, facet->what, wish, &e);
        log_message(LOG_INFO, 0, &fields, "%s: %s set to %s", t->link, facet->what, wish);
        return replace(recorded, wish);
}

static int facet_revert(const Target *t, const Facet *facet, char **recorded) {
        _cleanup_(sd_bus_error_free) sd_bus_error e = SD_BUS_ERROR_NULL;
        const LogFields fields = { .link = t->link, .ifindex = t->ifindex };
        _cleanup_free_ char *present = NULL;
        int r;

        r = facet->get(t->bus, t->ifindex, &present, &e);
        if (r >= 0 && value_equal(present, *recorded)) {
                r = facet->set(t->bus, t->ifindex, NULL, &e);
                if (r >= 0)
                        log_message(LOG_INFO, 0, &fields, "%s: %s %s taken back", t->link, facet->what,
                                        *recorded);
        } else if (r >= 0)
                log_message(LOG_INFO, 0, &fields, "%s: %s are %s now, which is not ours to take back",
                                t->link, facet->what, *present ? present : "none");
        /* A link that is gone took its settings along; of one that networkd manages, networkd has replaced them. */
        if (r == -ENXIO) {
                log_message(LOG_WARNING, 0, &fields,
                                "%s: %s %s not taken back yet, since systemd-resolved does not run", t->link,
                                facet->what, *recorded);
                return 0;
        }
        if (r < 0 && r != -ENODEV && r != -EBUSY)
                return failure_log(t, r, facet->what, "", &e);
        return replace(recorded, NULL);
}

static int facet_apply(const Target *t, const Facet *facet, const char *wish, char **recorded) {
        if (value_equal(wish, *recorded))
                return 0;
        return wish ? facet_set(t, facet, wish, recorded) : facet_revert(t, facet, recorded);
}

static int hostname_failure_log(const Target *t, int error, const char *name, const sd_bus_error *e) {
        const LogFields fields = { .link = t->link };

        if (error == -ENXIO) {
                log_message(LOG_WARNING, 0, &fields,
                                "%s: host name %s not set, systemd-hostnamed is not there", t->link, name);
                return 0;
        }
        return log_message(LOG_ERR, error, &fields,
                        "%s: systemd-hostnamed does not take the host name \"%s\": %s", t->link, name,
                        e->message ? e->message : strerror(-error));
}

/* The transient name to go back to: that of before the first of our links set one. */
static int previous_remember(const Target *t, const HostNames *names, Record *record) {
        _cleanup_free_ char *other = NULL, *previous = NULL;
        int r;

        if (record->hostname)
                return 0;
        r = record_other_hostname(t->folder_fd, t->link, &other, &previous);
        if (r < 0)
                return r;
        if (other)
                return replace(&record->previous_hostname, previous);
        return replace(&record->previous_hostname, names->transient ? names->name : NULL);
}

static int hostname_set(const Target *t, const char *wish, Record *record) {
        _cleanup_(sd_bus_error_free) sd_bus_error e = SD_BUS_ERROR_NULL;
        _cleanup_(host_names_done) HostNames names = {};
        const LogFields fields = { .link = t->link };
        int r;

        r = hostnamed_get(t->bus, &names, &e);
        if (r < 0)
                return hostname_failure_log(t, r, wish, &e);
        r = previous_remember(t, &names, record);
        if (r < 0)
                return r;

        /* hostnamed lets the static name win; to set a transient one beside it would do nothing. */
        if (*names.static_name)
                log_message(LOG_INFO, 0, &fields,
                                "%s: host name %s of the lease not used, %s is set statically", t->link,
                                wish, names.static_name);
        else {
                r = hostnamed_set(t->bus, wish, &e);
                if (r < 0)
                        return hostname_failure_log(t, r, wish, &e);
                log_message(LOG_INFO, 0, &fields, "%s: transient host name set to %s", t->link, wish);
        }
        return replace(&record->hostname, wish);
}

static int hostname_revert(const Target *t, Record *record) {
        _cleanup_(sd_bus_error_free) sd_bus_error e = SD_BUS_ERROR_NULL;
        _cleanup_free_ char *other = NULL, *previous = NULL;
        _cleanup_(host_names_done) HostNames names = {};
        const LogFields fields = { .link = t->link };
        const char *back;
        int r;

        r = record_other_hostname(t->folder_fd, t->link, &other, &previous);
        if (r < 0)
                return r;
        back = other ? other : strempty(record->previous_hostname);

        r = hostnamed_get(t->bus, &names, &e);
        if (r < 0)
                return hostname_failure_log(t, r, back, &e);
        if (!*names.static_name && streq(names.name, record->hostname)) {
                r = hostnamed_set(t->bus, back, &e);
                if (r < 0)
                        return hostname_failure_log(t, r, back, &e);
                log_message(LOG_INFO, 0, &fields, "%s: transient host name %s taken back", t->link,
                                record->hostname);
        }
        r = replace(&record->hostname, NULL);
        return r < 0 ? r : replace(&record->previous_hostname, NULL);
}

static int hostname_apply(const Target *t, const char *wish, Record *record) {
        if (value_equal(wish, record->hostname))
                return 0;
        return wish ? hostname_set(t, wish, record) : hostname_revert(t, record);
}

bool apply_is_needed(const Wish *wish, const Record *record, int ifindex) {
        bool same_link = record->ifindex == ifindex || (!record->dns && !record->domains);

        return !same_link || !value_equal(wish->dns, record->dns) ||
                        !value_equal(wish->domains, record->domains) ||
                        !value_equal(wish->hostname, record->hostname);
}

int apply(const Target *t, const Wish *wish, Record *record) {
        int r = 0, k;

        /* Another link of that name, or none: what was set for the old one went with it. */
        if (record->ifindex != t->ifindex) {
                (void) replace(&record->dns, NULL);
                (void) replace(&record->domains, NULL);
                record->ifindex = t->ifindex;
        }

        if (t->ifindex > 0) {
                r = facet_apply(t, &dns_facet, wish->dns, &record->dns);
                k = facet_apply(t, &domains_facet, wish->domains, &record->domains);
                if (r >= 0)
                        r = k;
        }
        k = hostname_apply(t, wish->hostname, record);
        return r < 0 ? r : k;
}

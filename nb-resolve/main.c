/* SPDX-License-Identifier: Apache-2.0 */
/* nb-resolve: do resolved and hostnamed know what the lease of this link says? */
#include <fcntl.h>
#include <net/if.h>
#include <sys/file.h>

#include "apply.h"
#include "bus.h"
#include "lease-files.h"
#include "log.h"
#include "options.h"
#include "output.h"
#include "unit-name.h"

static bool arg_dry_run;
static const char *arg_link;

static const char help[] =
                "Usage: nb-resolve [OPTION…] LINK\n\n"
                "Tells systemd-resolved and systemd-hostnamed what the lease of LINK says, as far as\n"
                "$NB_USE_DNS, $NB_USE_DOMAIN and $NB_USE_HOSTNAME are \"yes\", and takes back what was\n"
                "set before and is no longer to be.\n"
                "LINK is written as in the name of the unit nb-resolve@LINK.service.\n\n"
                "  -n, --dry-run   Print what should be set and what was, change nothing\n"
                "  -h, --help      Show this help\n"
                "      --version   Show the version";

/* Returns 0 if the program has nothing more to do. */
static int arguments_parse(int argc, char *argv[]) {
        static const Option options[] = { { "dry-run", 'n', &arg_dry_run }, {} };
        int r;

        r = options_parse(argc, argv, "nb-resolve", help, options);
        if (r <= 0)
                return r;
        if (r + 1 != argc)
                return log_error_errno(EINVAL, "nb-resolve: one link is wanted; see nb-resolve --help");
        arg_link = argv[r];
        return 1;
}

static bool option_get(const char *name) {
        const char *value = getenv(name);

        return value && streq(value, "yes");
}

static int wish_read(const char *link, Wish *ret) {
        const Options options = {
                .use_dns = option_get("NB_USE_DNS"),
                .use_domain = option_get("NB_USE_DOMAIN"),
                .use_hostname = option_get("NB_USE_HOSTNAME"),
        };
        _cleanup_(lease_freep) Lease *lease = NULL;
        const LogFields fields = { .link = link };
        int r;

        r = lease_read(LEASE_FOLDER, link, &lease);
        if (r == -ENOMEM)
                return r;
        if (r < 0 && r != -ENOENT)
                log_message(LOG_ERR, r, &fields, "%s: its file below " LEASE_FOLDER " is no lease: %m",
                                link);
        return wish_make(&options, lease, ret);
}

/* The records of all links are behind one lock, since they share one host name. */
static int folder_lock(void) {
        _cleanup_close_ int fd = -EBADF;

        fd = open(RECORD_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return negative_errno();
        while (flock(fd, LOCK_EX) < 0)
                if (errno != EINTR)
                        return negative_errno();
        return TAKE_FD(fd);
}

/* A path unit misses what happens while the service that it starts runs. nb-lease is over now, and a change from here
 * on starts it again; so one look tells whether there was one before. Its fingerprint is not trusted to end a loop:
 * for one state of the files it is asked once. Returns whether it must be asked. */
static bool files_changed(const Target *target, Record *record) {
        const char *patterns = getenv("NB_LEASE_FILES");
        _cleanup_(lease_sources_done) LeaseSources sources = {};
        uint64_t seen = 0, now;

        if (target->ifindex == 0) {
                record->asked = 0;
                return false;
        }
        if (lease_sources_find(patterns ? patterns : LEASE_FILES_DEFAULT, &sources) < 0)
                return false;
        now = lease_sources_fingerprint(&sources);
        if (lease_fingerprint_read(LEASE_FOLDER, target->link, &seen, NULL) >= 0 && seen == now) {
                record->asked = 0;
                return false;
        }
        if (record->asked == now)
                return false;
        record->asked = now;
        return true;
}

static int lease_ask(sd_bus *bus, const char *link) {
        _cleanup_(sd_bus_error_free) sd_bus_error e = SD_BUS_ERROR_NULL;
        const LogFields fields = { .link = link };
        char unit[UNIT_NAME_LENGTH_MAX];
        int r;

        r = unit_name_format(UNIT_LEASE_SERVICE, 0, link, unit);
        if (r < 0)
                return r;
        log_message(LOG_DEBUG, 0, &fields, "%s: the lease files changed meanwhile", link);
        r = bus_start_unit(bus, unit, &e);
        if (r < 0)
                return log_message(LOG_ERR, r, &fields, "%s: cannot start %s: %s", link, unit,
                                e.message ? e.message : strerror(-r));
        return 0;
}

static int print(const Wish *wish, const Record *record) {
        printf("should be: DNS=%s DOMAINS=%s HOSTNAME=%s\n", strempty(wish->dns), strempty(wish->domains),
                        strempty(wish->hostname));
        printf("was set:   DNS=%s DOMAINS=%s HOSTNAME=%s\n", strempty(record->dns),
                        strempty(record->domains), strempty(record->hostname));
        return output_flush();
}

static int update(const char *link, int folder_fd, const Wish *wish, Record *record) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        const LogFields fields = { .link = link };
        Target target = { .link = link, .ifindex = (int) if_nametoindex(link), .folder_fd = folder_fd };
        uint64_t asked = record->asked;
        bool ask = files_changed(&target, record), needed = apply_is_needed(wish, record, target.ifindex);
        int r = 0, k;

        if (needed || ask) {
                r = bus_open(&bus);
                if (r < 0)
                        return log_message(LOG_ERR, r, &fields, "%s: cannot reach the system bus: %m", link);
        }
        if (needed) {
                target.bus = bus;
                r = apply(&target, wish, record);
        }
        if (needed || record->asked != asked) {
                k = record_write(folder_fd, link, record);
                if (k < 0)
                        return log_message(LOG_ERR, k, &fields,
                                        "%s: cannot write below " RECORD_FOLDER ": %m", link);
        }
        k = ask ? lease_ask(bus, link) : 0;
        return r < 0 ? r : k;
}

static int run(int argc, char *argv[]) {
        _cleanup_(record_done) Record record = {};
        _cleanup_(wish_done) Wish wish = {};
        _cleanup_close_ int folder_fd = -EBADF;
        char unit[UNIT_NAME_LENGTH_MAX];
        UnitName name;
        int r;

        log_setup("nb-resolve", LOG_TARGET_AUTO);
        r = arguments_parse(argc, argv);
        if (r <= 0)
                return r;
        r = arg_dry_run ? output_check() : 0;
        if (r < 0)
                return r;

        r = snprintf(unit, sizeof(unit), "nb-lease@%s.service", arg_link);
        if (r >= (int) sizeof(unit) || unit_name_parse(unit, &name) < 0)
                return log_error_errno(EINVAL, "%s: not the name of a link as unit names hold it", arg_link);

        folder_fd = folder_lock();
        if (folder_fd < 0)
                return log_error_errno(folder_fd, "cannot open " RECORD_FOLDER ": %m");
        r = record_read(folder_fd, name.link, &record);
        if (r < 0)
                return log_error_errno(r, "%s: cannot read its record in " RECORD_FOLDER ": %m", name.link);
        r = wish_read(name.link, &wish);
        if (r < 0)
                return log_error_errno(r, "%s: cannot read its lease: %m", name.link);

        return arg_dry_run ? print(&wish, &record) : update(name.link, folder_fd, &wish, &record);
}

DEFINE_MAIN_FUNCTION(run);

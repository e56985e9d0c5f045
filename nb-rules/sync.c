/* SPDX-License-Identifier: Apache-2.0 */
/* How does the kernel come to what should be? See sync.h. */
#include "sync.h"

#include <inttypes.h>

#include "claims.h"
#include "desired.h"
#include "kernel.h"
#include "left-out.h"
#include "log.h"
#include "output.h"
#include "print.h"

#define ROUNDS_MAX 3U

typedef struct Sync {
        const char *link;
        SyncMode mode;
        const Settings *settings;
        LogFields fields;
        Netlink nl;
        int dir_fd;

        /* Of this round. */
        int ifindex;
        Array records;
        Claims claims;
        Snapshot snapshot;
        Wanted wanted;
        Plan plan;

        uint32_t left_out; /* of this set, for the record */
        unsigned n_added, n_deleted;
} Sync;

static void sync_done(Sync *s) {
        plan_done(&s->plan);
        wanted_done(&s->wanted);
        snapshot_done(&s->snapshot);
        array_done(&s->records);
        netlink_close(&s->nl);
        safe_close(s->dir_fd);
}

static int lookup_link(const char *link, void *userdata) {
        return (int) if_nametoindex(link);
}

static int make_claims(Sync *s) {
        Claim wish = { .protocol = s->settings->protocol };
        int r;

        s->ifindex = lookup_link(s->link, NULL);
        s->fields.ifindex = s->ifindex;
        if (s->dir_fd >= 0) {
                r = records_load(s->dir_fd, &s->records);
                if (r < 0)
                        return log_message(
                                        LOG_ERR, r, &s->fields, "Failed to read the records of rules: %m");
        }
        if (s->ifindex <= 0) {
                claims_make(&s->records, s->link, NULL, lookup_link, NULL, &s->claims);
                return 0;
        }

        wish.ifindex = s->ifindex;
        r = table_of_link(s->settings->table_base, s->ifindex, &wish.table);
        if (r < 0 && s->mode == SYNC_REMOVE) {
                claims_make(&s->records, s->link, NULL, lookup_link, NULL, &s->claims);
                return 0;
        }
        if (r < 0)
                return log_message(LOG_ERR, r, &s->fields,
                                "%s: table %" PRIu64 " (RouteTableBase %" PRIu32
                                " + interface index %i) cannot be "
                                "used: 0, 253 to 255 and more than 4294967295 are not free.",
                                s->link, (uint64_t) s->settings->table_base + (uint64_t) s->ifindex,
                                s->settings->table_base, s->ifindex);

        claims_make(&s->records, s->link, &wish, lookup_link, NULL, &s->claims);
        return 0;
}

/* Without a link, or at a removal, nothing is wanted. */
static bool is_wanted(const Sync *s) {
        return s->claims.wish && s->mode != SYNC_REMOVE;
}

static int check_foreign(const Sync *s) {
        char destination[DESTINATION_MAX];
        const Route *foreign;

        foreign = plan_foreign_route(&s->snapshot, s->claims.claims[0].table, s->claims.claims, s->claims.n);
        if (!foreign)
                return 0;

        print_destination(foreign, destination);
        return log_message(LOG_ERR, EEXIST, &s->fields,
                        "%s: table %" PRIu32
                        " holds routes of somebody else (%s, protocol %u); changing nothing. "
                        "Choose another RouteTableBase= in [Network].",
                        s->link, s->claims.claims[0].table, destination, foreign->protocol);
}

static int compare(Sync *s) {
        int r;

        plan_done(&s->plan);
        wanted_done(&s->wanted);
        if (is_wanted(s)) {
                r = check_foreign(s);
                if (r < 0)
                        return r;
                r = desired_make(&s->snapshot, s->claims.claims, &s->wanted);
                if (r < 0)
                        return r;
        }
        return plan_make(&s->snapshot, &s->wanted, s->claims.claims, s->claims.n, &s->plan);
}

/* nb-watch, which has no privilege, may say that nothing is to be done; what is done comes from the kernel. */
static int look(Sync *s) {
        int r;

        plan_done(&s->plan);
        wanted_done(&s->wanted);
        snapshot_done(&s->snapshot);

        r = make_claims(s);
        if (r < 0)
                return r;
        if (s->claims.n == 0)
                return 0;

        r = kernel_read(&s->nl, is_wanted(s) ? s->ifindex : 0, s->claims.claims, s->claims.n,
                        s->mode == SYNC_KEEP, &s->snapshot);
        if (r >= 0)
                r = compare(s);
        if (r < 0 || !s->snapshot.main_is_told || s->plan.changes.n == 0)
                return r;

        r = kernel_read_main(&s->nl, s->ifindex, &s->snapshot);
        return r < 0 ? r : compare(s);
}

/* The link may go away between two questions; a dump may show one rule twice and another never. Both are seen by
 * looking again. */
static int look_well(Sync *s) {
        int r = -ENODEV;

        for (unsigned i = 0; i < ROUNDS_MAX && r == -ENODEV; i++)
                r = look(s);
        if (r >= 0 && s->plan.doubtful)
                r = look(s);
        return r;
}

static int save_claims(Sync *s) {
        const Record *is = records_find(&s->records, s->link);
        Record record;
        int r;

        claims_to_record(&s->claims, s->link, &record);
        record.left_out = s->left_out;
        if (is && is->left_out == record.left_out && is->n_claims == record.n_claims &&
                        memcmp(is->claims, record.claims, record.n_claims * sizeof(Claim)) == 0)
                return 0;
        r = record_save(s->dir_fd, &record);
        if (r < 0)
                return log_message(LOG_ERR, r, &s->fields, "%s: failed to write the record of rules: %m",
                                s->link);
        return 0;
}

static int settle_record(Sync *s) {
        int r;

        if (is_wanted(s)) {
                s->claims.n = 1;
                return save_claims(s);
        }
        r = record_remove(s->dir_fd, s->link);
        if (r < 0)
                return log_message(LOG_ERR, r, &s->fields, "%s: failed to remove the record of rules: %m",
                                s->link);
        return 0;
}

/* At the start, when there is no record yet, and when something else is left out. */
static void warn_of_left_out(Sync *s) {
        const Record *is = records_find(&s->records, s->link);

        s->left_out = left_out_fingerprint(&s->snapshot);
        if (!is || is->left_out != s->left_out)
                left_out_log(&s->snapshot, s->claims.claims[0].table, &s->fields);
}

static int apply(Sync *s, int *ret_refused) {
        const Change *changes = s->plan.changes.items, *failed = NULL;
        char command[COMMAND_MAX];
        int r;

        r = kernel_apply(&s->nl, &s->plan, &failed);
        if (r == -EPERM)
                return log_message(LOG_ERR, r, &s->fields,
                                "%s: not permitted to change rules and routes; that needs CAP_NET_ADMIN.",
                                s->link);
        if (r < 0 && !failed)
                return log_message(LOG_ERR, r, &s->fields, "%s: failed to talk to the kernel: %m", s->link);
        if (failed) {
                print_change(failed, s->link, command);
                log_message(LOG_DEBUG, r, &s->fields, "%s: refused: %s: %m", s->link, command);
        }
        *ret_refused = r;

        for (size_t i = 0; i < s->plan.changes.n; i++)
                if (changes[i].verb == CHANGE_DELETE)
                        s->n_deleted++;
                else
                        s->n_added++;
        return 0;
}

static int give_up(const Sync *s, int refused) {
        const Change *changes = s->plan.changes.items;
        char command[COMMAND_MAX];

        print_change(changes, s->link, command);
        if (refused < 0)
                return log_message(LOG_ERR, refused, &s->fields, "%s: the kernel refuses '%s': %m", s->link,
                                command);
        return log_message(LOG_ERR, EAGAIN, &s->fields,
                        "%s: after %u rounds '%s' is still needed: somebody else changes it, too.", s->link,
                        ROUNDS_MAX, command);
}

static void log_result(const Sync *s) {
        if (s->n_added + s->n_deleted > 0)
                log_message(LOG_INFO, 0, &s->fields, "%s: %u rules and routes added, %u removed%s.", s->link,
                                s->n_added, s->n_deleted,
                                !is_wanted(s)                           ? "; nothing is kept"
                                                : s->wanted.rules.n > 0 ? ""
                                                                        : "; it has no address");
        else
                log_message(LOG_DEBUG, 0, &s->fields, "%s: %zu rules and %zu routes, nothing to change.",
                                s->link, s->wanted.rules.n, s->wanted.routes.n);
}

static int run(Sync *s) {
        _cleanup_close_ int lock = -EBADF;
        int refused = 0, r;

        lock = records_lock(s->dir_fd);
        if (lock < 0)
                return log_message(LOG_ERR, lock, &s->fields, "Failed to wait for another nb-rules: %m");

        for (unsigned round = 0;; round++) {
                r = look_well(s);
                if (r < 0)
                        return r;
                if (round == 0 && is_wanted(s))
                        warn_of_left_out(s);
                if (s->plan.changes.n == 0)
                        break;
                if (round == ROUNDS_MAX)
                        return give_up(s, refused);

                r = save_claims(s);
                if (r < 0)
                        return r;
                r = apply(s, &refused);
                if (r < 0)
                        return r;
        }

        log_result(s);
        return settle_record(s);
}

static int show(Sync *s) {
        const Change *changes;
        char command[COMMAND_MAX];
        int r;

        r = look_well(s);
        if (r < 0)
                return r;
        if (is_wanted(s))
                left_out_log(&s->snapshot, s->claims.claims[0].table, &s->fields);

        changes = s->plan.changes.items;
        for (size_t i = 0; i < s->plan.changes.n; i++) {
                print_change(changes + i, s->link, command);
                puts(command);
        }
        if (s->ifindex <= 0)
                printf("# There is no link %s.\n", s->link);
        if (s->plan.changes.n == 0)
                printf("# %s: %zu rules and %zu routes, nothing to change.\n", s->link, s->wanted.rules.n,
                                s->wanted.routes.n);
        return output_flush();
}

int sync_link(const char *link, SyncMode mode, const Settings *settings) {
        _cleanup_(sync_done) Sync s = {
                .link = link,
                .mode = mode,
                .settings = settings,
                .fields = { .link = link },
                .nl = NETLINK_INITIALIZER,
                .dir_fd = -EBADF,
        };
        int r;

        s.dir_fd = records_open();
        if (s.dir_fd < 0 && !(mode == SYNC_SHOW && s.dir_fd == -ENOENT))
                return log_message(LOG_ERR, s.dir_fd, &s.fields,
                                "Failed to open /run/network-broker/rules (systemd-tmpfiles makes it): %m");
        r = kernel_open(&s.nl);
        if (r < 0)
                return r;
        r = mode == SYNC_SHOW ? show(&s) : run(&s);
        if (r == -ENOMEM || r == -ENODEV)
                log_message(LOG_ERR, r, &s.fields, "%s: failed to keep the rules: %m", link);
        return r;
}

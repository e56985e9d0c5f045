/* SPDX-License-Identifier: Apache-2.0 */
/* How does the lease of a link get from the files of dhclient to nb-watch and nb-resolve? See update.h. */
#include "update.h"

#include <fcntl.h>

#include "dhclient.h"
#include "log.h"
#include "time-util.h"
#include "unit-name.h"

/* Of a larger file the end is read: dhclient appends. */
#define READ_MAX (64U * 1024U * 1024U)
#define ROUNDS_MAX 10U

/* Kernels before 6.13 stamp a file with the time of the last timer tick, so two writes of the same length within
 * one tick look like one. A file as young as this is looked at again. */
#define TICK_NSEC 20000000L

static uint64_t realtime_nsec(void) {
        struct timespec ts;

        (void) clock_gettime(CLOCK_REALTIME, &ts);
        return timespec_nsec(&ts);
}

typedef struct FileReader {
        int fd;
        size_t left;
} FileReader;

static ssize_t file_reader_read(void *userdata, char *data, size_t size) {
        FileReader *reader = userdata;
        ssize_t n;

        if (size > reader->left)
                size = reader->left;
        do
                n = read(reader->fd, data, size);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return negative_errno();
        reader->left -= (size_t) n;
        return n;
}

static int source_read(
                DhclientLeases *leases, size_t number, const LeaseSource *source, const LogFields *fields) {
        _cleanup_close_ int fd = -EBADF;
        FileReader reader = { .left = READ_MAX };
        size_t blocks = dhclient_leases_blocks(leases);
        int r;

        fd = open(source->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0)
                return negative_errno();
        if (source->st.st_size > READ_MAX) {
                log_message(LOG_WARNING, 0, fields, "%s: %lli bytes, reading the last %u only", source->path,
                                (long long) source->st.st_size, READ_MAX);
                if (lseek(fd, source->st.st_size - READ_MAX, SEEK_SET) < 0)
                        return negative_errno();
        }

        reader.fd = fd;
        r = dhclient_leases_read(leases, number, file_reader_read, &reader);
        if (r < 0)
                return r;
        if (source->st.st_size > 0 && dhclient_leases_blocks(leases) == blocks)
                log_message(dhclient_leases_broken(leases) > 0 ? LOG_WARNING : LOG_DEBUG, 0, fields,
                                "%s: holds no lease of dhclient", source->path);
        return 0;
}

static void denied_log(const char *path, bool strict, const LogFields *fields) {
        log_message(strict ? LOG_ERR : LOG_INFO, 0, fields,
                        "%s: nb-lease's user may not read it, so leases there are not seen (nb-lease(8) tells how "
                        "to let it)",
                        path);
}

/* -ESTALE: a file went away meanwhile. */
static int sources_read(DhclientLeases *leases, LeaseSources *sources, const LogFields *fields) {
        for (size_t i = 0; i < sources->n; i++) {
                const char *path = sources->items[i].path;
                int r = source_read(leases, i + 1, &sources->items[i], fields);

                if (r == -ENOMEM)
                        return r;
                if (r == -ENOENT)
                        return -ESTALE;
                if (r == -EACCES || r == -EPERM)
                        denied_log(path, true, fields);
                else if (r < 0)
                        log_message(LOG_ERR, r, fields, "%s: cannot read: %m", path);
                sources->items[i].failed = r < 0;
        }
        return 0;
}

static bool sources_are_young(const LeaseSources *sources) {
        uint64_t now = realtime_nsec(), then;

        if (sources->n == 0)
                return false;
        then = timespec_nsec(&sources->items[sources->n - 1].st.st_mtim);
        return then <= now && now - then < TICK_NSEC;
}

/* Whether a file is named by the patterns and there, as far as we are allowed to know, but was not read. */
static bool is_hidden(const LeaseQuery *query, const LeaseSources *sources, const char *path) {
        struct stat st;

        for (size_t i = 0; i < sources->n; i++)
                if (streq(sources->items[i].path, path))
                        return sources->items[i].failed;
        return lease_patterns_name(query->patterns, path) &&
                        (stat(path, &st) >= 0 || (errno != ENOENT && errno != ENOTDIR));
}

static int look_hidden(const LeaseQuery *query, const LeaseSources *sources, LeaseLook *look) {
        const char *line = strempty(query->known_from);

        for (size_t i = 0; i < LEASE_PARTS && *line; i++) {
                size_t n = strcspn(line, "\n");
                _cleanup_free_ char *path = strndup(line, n);

                if (!path)
                        return -ENOMEM;
                look->parts[i].hidden = *path && is_hidden(query, sources, path);
                line += n + (line[n] == '\n');
        }
        return 0;
}

/* The lease, and the files that it is from. */
static int look_current(const DhclientLeases *leases, const LeaseSources *sources, LeaseLook *look) {
        size_t files[LEASE_PARTS];
        int r;

        r = dhclient_leases_current(leases, &look->lease);
        if (r < 0)
                return r == -ENODATA ? 0 : r;
        dhclient_leases_files(leases, files);
        for (size_t i = 0; i < LEASE_PARTS; i++) {
                const LeaseSource *source = files[i] > 0 ? &sources->items[files[i] - 1] : NULL;

                if (!source)
                        continue;
                look->parts[i].written = timespec_nsec(&source->st.st_mtim);
                look->parts[i].path = strdup(source->path);
                if (!look->parts[i].path)
                        return -ENOMEM;
        }
        return 0;
}

/* One round: returns 1 if the files stayed the same, 0 if they did not and there should be another one, of which *ret is
 * as it was if nothing could be read. */
static int look_once(const LeaseQuery *query, bool patient, const LogFields *fields, LeaseLook *ret) {
        _cleanup_(dhclient_leases_freep) DhclientLeases *leases = NULL;
        _cleanup_(lease_sources_done) LeaseSources before = {}, after = {};
        _cleanup_(lease_look_done) LeaseLook look = {};
        int r;

        leases = dhclient_leases_new(query->link, realtime_nsec() / 1000000000U);
        if (!leases)
                return -ENOMEM;
        r = lease_sources_find(query->patterns, &before);
        if (r < 0)
                return r;
        if (patient && sources_are_young(&before))
                return 0;

        r = sources_read(leases, &before, fields);
        if (r == -ESTALE)
                return 0;
        if (r < 0)
                return r;
        r = lease_sources_find(query->patterns, &after);
        if (r < 0)
                return r;

        r = look_hidden(query, &before, &look);
        if (r < 0)
                return r;
        if (after.denied)
                denied_log(after.denied, query->strict || look.parts[0].hidden || look.parts[1].hidden,
                                fields);
        if (after.too_many)
                log_message(LOG_ERR, 0, fields, "more than %u lease files, the others are not read",
                                LEASE_FILES_MAX);

        r = look_current(leases, &before, &look);
        if (r < 0)
                return r;
        look.fingerprint = lease_sources_fingerprint(&before);
        r = lease_sources_fingerprint(&after) == look.fingerprint;
        lease_look_done(ret);
        *ret = TAKE_STRUCT(look);
        return r;
}

int lease_look(const LeaseQuery *query, LeaseLook *ret) {
        const struct timespec pause = { .tv_nsec = TICK_NSEC };
        const LogFields fields = { .link = query->link };
        /* Until a round has read something, it is not known that there is none. */
        LeaseLook look = { .parts = { { .hidden = true }, { .hidden = true } } };
        int r = 0;

        for (unsigned i = 0; i < ROUNDS_MAX; i++) {
                r = look_once(query, i + 1 < ROUNDS_MAX, &fields, &look);
                if (r != 0)
                        break;
                (void) nanosleep(&pause, NULL);
        }
        if (r < 0) {
                lease_look_done(&look);
                return r;
        }
        /* The fingerprint is that of what was read, so nb-resolve will see that there is more. */
        if (r == 0)
                log_message(LOG_DEBUG, 0, &fields, "the lease files do not stop changing");

        *ret = look;
        return 0;
}

void lease_look_done(LeaseLook *look) {
        lease_free(look->lease);
        for (size_t i = 0; i < LEASE_PARTS; i++)
                free(look->parts[i].path);
        *look = (LeaseLook){};
}

void lease_look_forget(LeaseLook *look) {
        uint64_t fingerprint = look->fingerprint;

        lease_look_done(look);
        look->fingerprint = fingerprint;
}

static void change_log(const char *link, LeaseChange change, const Lease *lease, const Lease *before) {
        const LogFields fields = { .link = link };
        const char *address;
        char until[64] = "for ever";
        time_t when;
        struct tm tm;

        if (change == LEASE_CHANGE_NONE)
                return;
        if (change == LEASE_CHANGE_LOST) {
                address = lease_get(before, LEASE_ADDRESS);
                log_message(LOG_INFO, 0, &fields, "%s: lease of %s lost", link,
                                address ? address : strempty(lease_get(before, LEASE_ADDRESS6)));
                return;
        }

        when = (time_t) lease_next_expiry(lease);
        if (lease_next_expiry(lease) < UINT64_MAX && gmtime_r(&when, &tm))
                strftime(until, sizeof(until), "until %Y-%m-%d %H:%M:%S UTC", &tm);
        address = lease_get(lease, LEASE_ADDRESS);
        log_message(LOG_INFO, 0, &fields, "%s: lease of %s %s, valid %s", link,
                        address ? address : strempty(lease_get(lease, LEASE_ADDRESS6)),
                        lease_change_name(change), until);
}

/* When the lease was published, in nanoseconds as a file's time; 0 if that is not known. */
static uint64_t published(const char *folder, const char *link) {
        _cleanup_free_ char *path = NULL;
        char name[INSTANCE_MAX];
        struct stat st;

        if (link_name_escape(link, name) < 0 || asprintf(&path, "%s/%s", folder, name) < 0) {
                path = NULL;
                return 0;
        }
        return lstat(path, &st) < 0 ? 0 : timespec_nsec(&st.st_mtim);
}

/* That a file cannot be read any more does not end the lease in it, nor does what was written before; its time does. */
static bool known_stays(const char *folder, const char *link, const Lease *known, const LeaseLook *look) {
        uint64_t when;

        if (!known || lease_next_expiry(known) <= realtime_nsec() / 1000000000U)
                return false;
        when = published(folder, link);
        for (size_t i = 0; i < LEASE_PARTS; i++)
                if (look->parts[i].hidden && look->parts[i].written <= when)
                        return true;
        return false;
}

static int fingerprint_publish(const char *folder, const char *link, const LeaseLook *look) {
        const char *paths[LEASE_PARTS];
        _cleanup_free_ char *from = NULL;

        for (size_t i = 0; i < LEASE_PARTS; i++) {
                paths[i] = strempty(look->parts[i].path);
                if (strchr(paths[i], '\n'))
                        paths[i] = "";
        }
        if (asprintf(&from, "%s\n%s\n", paths[0], paths[1]) < 0) {
                from = NULL;
                return -ENOMEM;
        }
        return lease_fingerprint_write(folder, link, look->fingerprint, from);
}

int lease_publish(const char *folder, const LeaseQuery *query, const LeaseLook *look) {
        _cleanup_(lease_freep) Lease *known = NULL;
        const char *link = query->link;
        int r;

        r = lease_read(folder, link, &known);
        if (r < 0 && r != -ENOENT && r != -ENODATA)
                return r;
        if (known_stays(folder, link, known, look))
                return lease_fingerprint_write(folder, link, look->fingerprint, strempty(query->known_from));

        r = lease_write(folder, link, look->lease);
        if (r < 0)
                return r;
        change_log(link, lease_compare(known, look->lease), look->lease, known);
        return look->link_gone ? lease_fingerprint_remove(folder, link)
                               : fingerprint_publish(folder, link, look);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What was delivered before a crash? See state-directory.h. */
#include "state-directory.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "file-util.h"
#include "log.h"
#include "number.h"
#include "state-mark.h"

/* Made by tmpfiles.d, and nobody else's to read: who may read a file may lock it. */
#define LOCK_FILE "@lock"
#define STATE_FILE_MAX (4U * 1024U * 1024U)
/* All of one size, so that one can be written over another. */
#define RECORD_SIZE 256U

int state_directory_open(void) {
        int fd;

        fd = open(STATE_DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return fd < 0 ? negative_errno() : fd;
}

int state_directory_lock(int dir_fd) {
        _cleanup_close_ int fd = -EBADF;

        fd = openat(dir_fd, LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600);
        if (fd < 0)
                return negative_errno();
        if (flock(fd, LOCK_EX | LOCK_NB) < 0)
                return errno == EWOULDBLOCK ? -EALREADY : negative_errno();
        return TAKE_FD(fd);
}

void record_enter(Record *record, EventType state, bool started) {
        if (!event_is_level(state))
                return;
        if (event_info(state)->kind == EVENT_OPERATIONAL) {
                record->operational = (int) state;
                record->operational_started = started;
        } else {
                record->setup = (int) state;
                record->setup_started = started;
        }
        record->left = false;
}

static const char *state_name(int event) {
        return event < 0 ? "-" : event_name((EventType) event);
}

/* Nothing but that the link is there, as for most of those that nobody wants to hear of. */
static bool record_is_name(const Record *record) {
        return record->operational < 0 && record->setup < 0 && record->routes == 0 && !record->left;
}

int state_record_write(int dir_fd, const Record *record) {
        char file[32], text[RECORD_SIZE + 1], escaped[INSTANCE_MAX];
        int n, r;

        r = link_name_escape(record->name, escaped);
        if (r < 0)
                return r;
        snprintf(file, sizeof(file), "@%i", record->ifindex);
        n = snprintf(text, sizeof(text), "%s %s %i %s %i %" PRIx64 " %i\n", escaped,
                        state_name(record->operational), record->operational_started,
                        state_name(record->setup), record->setup_started, record->routes, record->left);
        if (n > (int) RECORD_SIZE)
                return -ENAMETOOLONG;
        if (record_is_name(record)) {
                if (symlinkat(text, dir_fd, file) >= 0)
                        return 0;
                if (errno != EEXIST)
                        return negative_errno();
        }
        memset(text + n, '\n', RECORD_SIZE - (size_t) n);
        r = file_write_page(dir_fd, file, text, RECORD_SIZE, false, 0644);
        return r == -ELOOP ? file_write_atomic(dir_fd, file, text, RECORD_SIZE, 0644) : r;
}

int state_record_remove(int dir_fd, int ifindex, bool alone) {
        static const char *const suffixes[] = { ".addresses.next", ".addresses", ".lease.next", ".lease",
                "" };
        char file[48];
        int r = 0, q;

        for (size_t i = alone ? ELEMENTSOF(suffixes) - 1 : 0; i < ELEMENTSOF(suffixes); i++) {
                snprintf(file, sizeof(file), "@%i%s", ifindex, suffixes[i]);
                q = file_remove(dir_fd, file);
                r = r < 0 ? r : q;
        }
        return r;
}

static int prepare(int dir_fd, int ifindex, const char *what, const char *text) {
        char file[48];

        snprintf(file, sizeof(file), "@%i.%s.next", ifindex, what);
        return file_write_atomic(dir_fd, file, text, strlen(text), 0644);
}

static int commit(int dir_fd, int ifindex, const char *what) {
        char from[48], to[48];

        snprintf(from, sizeof(from), "@%i.%s.next", ifindex, what);
        snprintf(to, sizeof(to), "@%i.%s", ifindex, what);
        /* Not there: it was done before. */
        return renameat(dir_fd, from, dir_fd, to) < 0 && errno != ENOENT ? negative_errno() : 0;
}

int state_addresses_prepare(int dir_fd, int ifindex, const AddressSet *addresses) {
        _cleanup_free_ char *text = NULL;
        int r;

        r = address_set_save(addresses, &text);
        if (r < 0)
                return r;
        return prepare(dir_fd, ifindex, "addresses", text);
}

int state_addresses_commit(int dir_fd, int ifindex) {
        return commit(dir_fd, ifindex, "addresses");
}

int state_lease_prepare(int dir_fd, int ifindex, const char *lease) {
        return prepare(dir_fd, ifindex, "lease", strempty(lease));
}

int state_lease_commit(int dir_fd, int ifindex) {
        return commit(dir_fd, ifindex, "lease");
}

int state_broker_write(int dir_fd, uint64_t usec) {
        char text[32];
        int n;

        n = snprintf(text, sizeof(text), "%" PRIu64 "\n", usec);
        return file_write_atomic(dir_fd, "@broker", text, (size_t) n, 0644);
}

int state_broker_read(int dir_fd, uint64_t *ret) {
        _cleanup_free_ char *text = NULL;
        int r;

        r = file_read_untrusted(dir_fd, "@broker", 64, &text, NULL);
        if (r == -ENOENT) {
                *ret = 0;
                return 0;
        }
        if (r < 0)
                return r;
        text[strcspn(text, "\n")] = '\0';
        return number_parse(text, 10, UINT64_MAX, ret);
}

static int parse_state(const char *name, int *ret) {
        EventType event;

        if (streq(name, "-")) {
                *ret = -1;
                return 0;
        }
        if (event_from_name(name, &event) < 0 || !event_is_level(event))
                return -EBADMSG;
        *ret = (int) event;
        return 0;
}

static int load_addresses(int dir_fd, const char *file, const char *suffix, AddressSet *ret) {
        _cleanup_free_ char *text = NULL;
        char path[64];
        int r;

        snprintf(path, sizeof(path), "%s%s", file, suffix);
        r = file_read_untrusted(dir_fd, path, STATE_FILE_MAX, &text, NULL);
        if (r < 0)
                return r;
        return address_set_load(text, ret);
}

/* Its writer may have been killed before the first byte. */
static int read_file(int dir_fd, const char *file, char **ret) {
        size_t size;
        int r;

        r = file_read_untrusted(dir_fd, file, STATE_FILE_MAX, ret, &size);
        if (r >= 0 && size == 0) {
                free(TAKE_PTR(*ret));
                return -ENOENT;
        }
        return r;
}

static int read_link(int dir_fd, const char *file, char **ret) {
        char text[RECORD_SIZE + 1];
        ssize_t n;

        n = readlinkat(dir_fd, file, text, sizeof(text));
        if (n < 0)
                return negative_errno();
        if ((size_t) n == sizeof(text))
                return -EBADMSG;
        *ret = strndup(text, (size_t) n);
        return *ret ? 0 : -ENOMEM;
}

static void record_clear(Record *record) {
        address_set_clear(&record->addresses);
        address_set_clear(&record->addresses_next);
        free(record->lease);
        free(record->lease_next);
}

static int load_line(int dir_fd, const char *file, Record *ret) {
        char escaped[INSTANCE_MAX], operational[32], setup[32], started[2][2], left[2], routes[17],
                        instance[INSTANCE_MAX + 8];
        _cleanup_free_ char *text = NULL;
        EventType event;
        Record record = {};
        int r;

        r = read_file(dir_fd, file, &text);
        if (r == -ELOOP)
                r = read_link(dir_fd, file, &text);
        if (r < 0)
                return r;
        if (ifindex_parse(file + 1, &record.ifindex) < 0 ||
                        sscanf(text, "%95s %31s %1s %31s %1s %16s %1s", escaped, operational, started[0],
                                        setup, started[1], routes, left) != 7 ||
                        number_parse(routes, 16, UINT64_MAX, &record.routes) < 0)
                return -EBADMSG;
        if (parse_state(operational, &record.operational) < 0 || parse_state(setup, &record.setup) < 0)
                return -EBADMSG;
        record.operational_started = streq(started[0], "1");
        record.setup_started = streq(started[1], "1");
        record.left = streq(left, "1");

        /* The codec knows names only as part of an instance. */
        snprintf(instance, sizeof(instance), "off:%s", escaped);
        r = instance_parse(instance, &event, record.name);
        if (r < 0)
                return r;

        *ret = record;
        return 0;
}

int state_record_read(int dir_fd, int ifindex, Record *ret) {
        char file[32];

        snprintf(file, sizeof(file), "@%i", ifindex);
        return load_line(dir_fd, file, ret);
}

static int load_record(int dir_fd, const char *file, Record *ret) {
        char path[NAME_MAX + 16];
        Record record;
        int r;

        r = load_line(dir_fd, file, &record);
        if (r < 0)
                return r;
        r = load_addresses(dir_fd, file, ".addresses", &record.addresses);
        if (r < 0 && r != -ENOENT)
                return r;
        r = load_addresses(dir_fd, file, ".addresses.next", &record.addresses_next);
        record.has_next = r >= 0;
        snprintf(path, sizeof(path), "%s.lease", file);
        (void) file_read_untrusted(dir_fd, path, STATE_FILE_MAX, &record.lease, NULL);
        snprintf(path, sizeof(path), "%s.lease.next", file);
        (void) file_read_untrusted(dir_fd, path, STATE_FILE_MAX, &record.lease_next, NULL);

        *ret = record;
        return 0;
}

static int load_one(int dir_fd, const char *file, State *state) {
        int r;

        if (file[0] == '@') {
                Record record, *records;

                /* A link may be called a.lease, a record not. */
                if (streq(file, "@broker") || streq(file, LOCK_FILE) || strchr(file, '.'))
                        return 0;

                r = load_record(dir_fd, file, &record);
                if (r < 0)
                        return r;
                records = reallocarray(state->records, state->n_records + 1, sizeof(Record));
                if (!records) {
                        record_clear(&record);
                        return -ENOMEM;
                }
                state->records = records;
                state->records[state->n_records++] = record;
        } else {
                EventMark mark, *marks;

                r = state_mark_read(dir_fd, file, &mark);
                if (r < 0)
                        return r;
                marks = reallocarray(state->marks, state->n_marks + 1, sizeof(EventMark));
                if (!marks)
                        return -ENOMEM;
                state->marks = marks;
                state->marks[state->n_marks++] = mark;
        }
        return 0;
}

int state_load(int dir_fd, State *ret) {
        _cleanup_(closedirp) DIR *d = NULL;
        State state = {};
        int r;

        d = directory_list(dir_fd);
        if (!d)
                return negative_errno();

        for (struct dirent *de; (de = readdir(d));) {
                if (de->d_type == DT_DIR)
                        continue;
                r = load_one(dir_fd, de->d_name, &state);
                if (r == -ENOMEM) {
                        state_clear(&state);
                        return r;
                }
                if (r < 0 && r != -ENOENT)
                        log_warning_errno(r, "Ignoring %s/%s: %m", STATE_DIRECTORY, de->d_name);
                if (r < 0)
                        (void) file_remove(dir_fd, de->d_name);
        }

        *ret = state;
        return 0;
}

void state_clear(State *state) {
        for (size_t i = 0; i < state->n_records; i++)
                record_clear(&state->records[i]);
        free(state->records);
        free(state->marks);
        *state = (State){};
}

int state_wipe(int dir_fd) {
        _cleanup_(closedirp) DIR *d = NULL;
        int r = 0, q;

        d = directory_list(dir_fd);
        if (!d)
                return negative_errno();

        for (struct dirent *de; (de = readdir(d));) {
                if (de->d_type == DT_DIR || streq(de->d_name, LOCK_FILE))
                        continue;
                q = file_remove(dir_fd, de->d_name);
                r = r < 0 ? r : q;
        }
        return r;
}

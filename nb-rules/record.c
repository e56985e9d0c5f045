/* SPDX-License-Identifier: Apache-2.0 */
/* What did nb-rules make, for which link? See record.h. */
#include "record.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/stat.h>

#include "file-util.h"
#include "log.h"
#include "unit-name.h"

#define RECORDS "/run/network-broker/rules"
#define LOCK_FILE ".#lock"

static bool read_number(const char **p, char end, uintmax_t max, uintmax_t *ret) {
        uintmax_t u;
        char *e;

        if (**p < '1' || **p > '9')
                return false;
        errno = 0;
        u = strtoumax(*p, &e, 10);
        if (errno > 0 || u > max || *e != end)
                return false;

        *p = e + 1;
        *ret = u;
        return true;
}

static bool read_claim(const char **p, Claim *ret) {
        uintmax_t ifindex, table, protocol;
        uint32_t checked;

        if (!read_number(p, ' ', INT_MAX, &ifindex) || !read_number(p, ' ', UINT32_MAX, &table) ||
                        !read_number(p, '\n', UINT8_MAX, &protocol))
                return false;
        /* Whatever is in the file, no table of the system's is ever cleaned. */
        if (table_of_link((uint32_t) table - 1, 1, &checked) < 0)
                return false;

        *ret = (Claim){ .ifindex = (int) ifindex, .table = checked, .protocol = (uint8_t) protocol };
        return true;
}

int record_parse(const char *text, Record *ret) {
        Record record = {};
        const char *p, *end, *number;
        uintmax_t left_out;

        p = startswith(text, "LINK=");
        end = p ? strchr(p, '\n') : NULL;
        if (!end || (size_t) (end - p) >= sizeof(record.link))
                return -EBADMSG;
        memcpy(record.link, p, (size_t) (end - p));
        if (!link_name_is_valid(record.link))
                return -EBADMSG;

        p = end + 1;
        number = startswith(p, "LEFT-OUT=");
        if (number) {
                if (!read_number(&number, '\n', UINT32_MAX, &left_out))
                        return -EBADMSG;
                record.left_out = (uint32_t) left_out;
                p = number;
        }
        while (*p) {
                p = startswith(p, "SET=");
                if (!p || record.n_claims >= RECORD_CLAIMS_MAX ||
                                !read_claim(&p, record.claims + record.n_claims))
                        return -EBADMSG;
                record.n_claims++;
        }
        if (record.n_claims == 0)
                return -EBADMSG;

        *ret = record;
        return 0;
}

void record_format(const Record *record, char ret[static RECORD_TEXT_MAX]) {
        int n;

        n = snprintf(ret, RECORD_TEXT_MAX, "LINK=%s\n", record->link);
        if (record->left_out > 0)
                n += snprintf(ret + n, RECORD_TEXT_MAX - (size_t) n, "LEFT-OUT=%" PRIu32 "\n",
                                record->left_out);
        for (size_t i = 0; i < record->n_claims; i++)
                n += snprintf(ret + n, RECORD_TEXT_MAX - (size_t) n, "SET=%i %" PRIu32 " %u\n",
                                record->claims[i].ifindex, record->claims[i].table,
                                record->claims[i].protocol);
}

int records_open(void) {
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        fd = open(RECORDS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return negative_errno();

        /* What root writes here from a terminal must not be in the way of the unit's user. */
        if (geteuid() == 0) {
                if (fstat(fd, &st) < 0)
                        return negative_errno();
                (void) setfsgid(st.st_gid);
                (void) setfsuid(st.st_uid);
        }
        return TAKE_FD(fd);
}

int records_lock(int dir_fd) {
        _cleanup_close_ int fd = -EBADF;

        /* A file that others cannot open, or any user could hold us up. No record has this name: '#' is escaped. */
        fd = openat(dir_fd, LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
                return negative_errno();
        while (flock(fd, LOCK_EX) < 0)
                if (errno != EINTR)
                        return negative_errno();
        return TAKE_FD(fd);
}

static int load(int dir_fd, const char *name, Record *ret) {
        _cleanup_free_ char *text = NULL;
        char escaped[INSTANCE_MAX];
        Record record;
        size_t size;
        int r;

        r = file_read_untrusted(dir_fd, name, RECORD_TEXT_MAX - 1, &text, &size);
        if (r < 0)
                return r;
        if (strlen(text) != size)
                return -EBADMSG;
        r = record_parse(text, &record);
        if (r < 0)
                return r;
        r = link_name_escape(record.link, escaped);
        if (r < 0 || !streq(escaped, name))
                return -EBADMSG;

        *ret = record;
        return 0;
}

int records_load(int dir_fd, Array *ret) {
        _cleanup_(closedirp) DIR *dir = NULL;
        Record record, *added;
        struct dirent *entry;
        int r;

        dir = directory_list(dir_fd);
        if (!dir)
                return negative_errno();

        array_clear(ret);
        while ((entry = readdir(dir))) {
                /* Not a file that is being written, either; a link's name may start with a dot. */
                if (streq(entry->d_name, ".") || streq(entry->d_name, "..") ||
                                startswith(entry->d_name, ".#"))
                        continue;
                r = load(dir_fd, entry->d_name, &record);
                if (r == -ENOMEM)
                        return r;
                if (r == -ENOENT)
                        continue;
                if (r < 0) {
                        (void) log_warning_errno(r, "%s/%s is not a record of rules, ignoring it: %m",
                                        RECORDS, entry->d_name);
                        continue;
                }
                added = array_add(ret, sizeof(*added));
                if (!added)
                        return -ENOMEM;
                *added = record;
        }
        return 0;
}

int record_save(int dir_fd, const Record *record) {
        char escaped[INSTANCE_MAX], text[RECORD_TEXT_MAX];
        int r;

        r = link_name_escape(record->link, escaped);
        if (r < 0)
                return r;
        record_format(record, text);
        return file_write_atomic(dir_fd, escaped, text, strlen(text), 0644);
}

int record_remove(int dir_fd, const char *link) {
        char escaped[INSTANCE_MAX];
        int r;

        r = link_name_escape(link, escaped);
        return r < 0 ? r : file_remove(dir_fd, escaped);
}

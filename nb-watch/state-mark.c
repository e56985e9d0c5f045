/* SPDX-License-Identifier: Apache-2.0 */
/* What does the file say that allows an event to run? See state-mark.h. */
#include "state-mark.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "file-util.h"
#include "number.h"

/* Of an event without a unit there is nothing to say but that it is there. By its mode such a file is told from one whose
 * writer was killed before the first byte. */
#define WITHOUT_UNIT_MODE 0444
#define MARK_FILE_MAX (1024U * 1024U)

static int make_empty(int dir_fd, const char *instance) {
        return mknodat(dir_fd, instance, S_IFREG | WITHOUT_UNIT_MODE, 0) < 0 ? negative_errno() : 0;
}

static int write_without_unit(int dir_fd, const char *instance) {
        int r;

        r = make_empty(dir_fd, instance);
        if (r != -EEXIST)
                return r;
        r = file_remove(dir_fd, instance);
        return r < 0 ? r : make_empty(dir_fd, instance);
}

int state_mark_write(int dir_fd, const EventMark *mark) {
        _cleanup_free_ char *text = NULL;
        char instance[INSTANCE_MAX];
        int n, r;

        r = instance_format(mark->event, mark->link, instance);
        if (r < 0)
                return r;
        if (mark->asked_usec == 0)
                return write_without_unit(dir_fd, instance);
        if (mark->networkd)
                n = asprintf(&text, "%i %" PRIu64 "\n%" PRIu64 " %s\n", mark->ifindex, mark->asked_usec,
                                mark->networkd_usec, mark->networkd);
        else
                n = asprintf(&text, "%i %" PRIu64 "\n", mark->ifindex, mark->asked_usec);
        if (n < 0) {
                text = NULL;
                return -ENOMEM;
        }

        /* A file is written before the unit is asked for, so nobody reads a new one yet. One that is there may be read
         * by an nb-run that waits for another to take its place. */
        r = mark->networkd ? -EEXIST : file_write_page(dir_fd, instance, text, (size_t) n, true, 0644);
        return r == -EEXIST ? file_write_atomic(dir_fd, instance, text, (size_t) n, 0644) : r;
}

int state_mark_remove(int dir_fd, EventType event, const char *link) {
        char instance[INSTANCE_MAX];
        int r;

        r = instance_format(event, link, instance);
        return r < 0 ? r : file_remove(dir_fd, instance);
}

int state_mark_ended(int dir_fd, EventType event, const char *link) {
        char instance[INSTANCE_MAX];
        int r;

        r = instance_format(event, link, instance);
        if (r >= 0 && utimensat(dir_fd, instance, NULL, AT_SYMLINK_NOFOLLOW) < 0)
                r = negative_errno();
        return r;
}

int state_mark_time(int dir_fd, EventType event, const char *link, struct timespec *ret) {
        char instance[INSTANCE_MAX];
        struct stat st;
        int r;

        r = instance_format(event, link, instance);
        if (r >= 0 && fstatat(dir_fd, instance, &st, AT_SYMLINK_NOFOLLOW) < 0)
                r = negative_errno();
        if (r < 0)
                return r;

        *ret = st.st_mtim;
        return 0;
}

/* Fills in all but the event and the link. */
static int read_text(int dir_fd, const char *file, EventMark *mark) {
        _cleanup_free_ char *text = NULL;
        char ifindex[16], asked[24];
        uint64_t number;
        struct stat st;
        size_t size;
        int r;

        if (fstatat(dir_fd, file, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return negative_errno();
        if (S_ISREG(st.st_mode) && st.st_size == 0 && !(st.st_mode & S_IWUSR))
                return 0;
        r = file_read_untrusted(dir_fd, file, MARK_FILE_MAX, &text, &size);
        if (r < 0)
                return r;
        /* Its writer may have been killed before the first byte. */
        if (size == 0)
                return -ENOENT;
        if (sscanf(text, "%15s %23s", ifindex, asked) != 2 ||
                        number_parse(ifindex, 10, INT32_MAX, &number) < 0 ||
                        number_parse(asked, 10, UINT64_MAX, &mark->asked_usec) < 0)
                return -EBADMSG;
        mark->ifindex = (int) number; /* 0 for the manager event */
        return 0;
}

int state_mark_read(int dir_fd, const char *file, EventMark *ret) {
        EventMark mark = {};
        int r;

        r = instance_parse(file, &mark.event, mark.link);
        if (r >= 0)
                r = read_text(dir_fd, file, &mark);
        if (r < 0)
                return r;

        *ret = mark;
        return 0;
}

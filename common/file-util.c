/* SPDX-License-Identifier: Apache-2.0 */
/* How are small files read and written safely? See file-util.h. */
#include "file-util.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

int file_write_all(int fd, const void *data, size_t size) {
        const char *p = data;

        while (size > 0) {
                ssize_t n = write(fd, p, size);

                if (n < 0) {
                        if (errno == EINTR)
                                continue;
                        return negative_errno();
                }
                p += n;
                size -= (size_t) n;
        }
        return 0;
}

DIR *directory_list(int dir_fd) {
        int fd;
        DIR *d;

        fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return NULL;
        d = fdopendir(fd);
        if (!d)
                safe_close(fd);
        return d;
}

int file_write_atomic(int dir_fd, const char *name, const void *data, size_t size, mode_t mode) {
        _cleanup_close_ int fd = -EBADF;
        char aside[NAME_MAX + 1];
        int r;

        r = snprintf(aside, sizeof(aside), ".#%s", name);
        if (r >= (int) sizeof(aside))
                return -ENAMETOOLONG;

        /* A left-over of a crash is ours: the folder belongs to the writer alone. */
        fd = openat(dir_fd, aside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
        if (fd < 0)
                return negative_errno();

        r = file_write_all(fd, data, size);
        if (r >= 0 && renameat(dir_fd, aside, dir_fd, name) < 0)
                r = negative_errno();
        if (r < 0)
                (void) unlinkat(dir_fd, aside, 0);
        return r;
}

int file_write_page(int dir_fd, const char *name, const void *data, size_t size, bool fresh, mode_t mode) {
        _cleanup_close_ int fd = -EBADF;
        ssize_t n;
        int r = 0;

        if (size > FILE_PAGE_MAX)
                return -EFBIG;
        fd = openat(dir_fd, name, O_WRONLY | O_CREAT | (fresh ? O_EXCL : 0) | O_NOFOLLOW | O_CLOEXEC, mode);
        if (fd < 0)
                return negative_errno();

        n = write(fd, data, size);
        if (n < 0)
                r = negative_errno();
        else if ((size_t) n < size)
                r = -EIO;
        return r;
}

int file_remove(int dir_fd, const char *name) {
        return unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT ? negative_errno() : 0;
}

int file_read_untrusted(int dir_fd, const char *path, size_t max, char **ret, size_t *ret_size) {
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *data = NULL;
        size_t length = 0, size;
        struct stat st;

        fd = openat(dir_fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0)
                return negative_errno();
        if (fstat(fd, &st) < 0)
                return negative_errno();
        if (!S_ISREG(st.st_mode))
                return -ENODATA;
        if ((uintmax_t) st.st_size > max)
                return -EFBIG;

        /* One byte more than it says, to notice that it grew; /proc and /sys say 0 or 4096. */
        size = (size_t) st.st_size > 4096 ? (size_t) st.st_size + 2 : 4098;
        data = malloc(size);
        if (!data)
                return -ENOMEM;

        for (;;) {
                ssize_t n = read(fd, data + length, size - length - 1);

                if (n < 0) {
                        if (errno == EINTR)
                                continue;
                        return negative_errno();
                }
                if (n == 0)
                        break;
                length += (size_t) n;
                if (length > max)
                        return -EFBIG;
                if (length == size - 1) {
                        char *larger = realloc(data, size * 2);

                        if (!larger)
                                return -ENOMEM;
                        data = larger;
                        size *= 2;
                }
        }
        data[length] = '\0';

        *ret = TAKE_PTR(data);
        if (ret_size)
                *ret_size = length;
        return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* How does JSON of any size reach a script? See json-file.h. */
#include "json-file.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "file-util.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

/* Out of the way of the digits that shell scripts redirect. */
#define LOWEST_FD 20

static int memory_file(void) {
        int fd;

        fd = memfd_create("network-broker-json", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
        /* Linux before 6.3. */
        if (fd < 0 && errno == EINVAL)
                fd = memfd_create("network-broker-json", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        return fd < 0 ? negative_errno() : fd;
}

int json_file_create(const char *text, size_t size, char ret_path[static JSON_FILE_PATH_MAX]) {
        _cleanup_close_ int fd = -EBADF;
        int inherited, r;

        fd = memory_file();
        if (fd < 0)
                return fd;
        r = file_write_all(fd, text, size);
        if (r < 0)
                return r;
        if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
                return negative_errno();

        inherited = fcntl(fd, F_DUPFD, LOWEST_FD);
        if (inherited < 0)
                return negative_errno();
        (void) snprintf(ret_path, JSON_FILE_PATH_MAX, "/proc/self/fd/%i", inherited);
        return inherited;
}

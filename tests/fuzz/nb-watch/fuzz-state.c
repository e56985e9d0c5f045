/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a record, as a mark and as the addresses of a link, in a folder of their own. */
#include <fcntl.h>
#include <sys/stat.h>

#include "file-util.h"
#include "log.h"
#include "state-directory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int folder(void) {
        char path[] = "/dev/shm/fuzz-state-XXXXXX";
        int fd;

        if (!mkdtemp(path))
                abort();
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                abort();
        return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const char *const names[] = { "@2", "routable:eth0", "@2.addresses.next" };
        static const char record[] = "eth0 routable 1 - 0 1\n";
        static int fd = -EBADF;
        uint64_t usec;
        State state;

        if (fd < 0) {
                (void) log_set_level("fatal");
                fd = folder();
        }
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                if (file_write_atomic(fd, "@2", record, sizeof(record) - 1, 0600) < 0 ||
                                file_write_atomic(fd, names[i], data, size, 0600) < 0 ||
                                state_load(fd, &state) < 0)
                        abort();
                for (size_t j = 0; j < state.n_records; j++)
                        if (state_record_write(fd, &state.records[j]) < 0)
                                abort();
                state_clear(&state);
                if (state_wipe(fd) < 0)
                        abort();
        }
        if (file_write_atomic(fd, "@broker", data, size, 0600) < 0)
                abort();
        (void) state_broker_read(fd, &usec);
        if (state_wipe(fd) < 0)
                abort();
        return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Whose variables are there to be read? See event-files.h. */
#include "event-files.h"

#include <fcntl.h>

#include "file-util.h"

#define STATE_DIRECTORY "/run/network-broker/state"

/* nb-watch writes the file in state/ before it asks for the unit. */
static void sweep(int dir_fd) {
        _cleanup_(closedirp) DIR *d = directory_list(dir_fd);
        _cleanup_close_ int state_fd = -EBADF;

        state_fd = open(STATE_DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (!d || state_fd < 0)
                return;
        for (struct dirent *entry; (entry = readdir(d));)
                if (entry->d_type == DT_REG && faccessat(state_fd, entry->d_name, F_OK, 0) < 0 &&
                                errno == ENOENT)
                        (void) unlinkat(dir_fd, entry->d_name, 0);
}

int event_files_open(void) {
        int fd;

        fd = open(EVENTS_DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0)
                return negative_errno();
        sweep(fd);
        return fd;
}

/* Each with its NUL. */
static int save_variables(int dir_fd, const Request *request) {
        const char *first, *last;

        if (request->n_variables == 0)
                return file_write_atomic(dir_fd, request->unit.instance, "", 0, 0644);

        /* They stand one behind the other in the message. */
        first = request->variables[0];
        last = request->variables[request->n_variables - 1];
        return file_write_atomic(dir_fd, request->unit.instance, first,
                        (size_t) (last - first) + strlen(last) + 1, 0644);
}

int event_files_follow(int dir_fd, const Request *request) {
        if (request->unit.kind != UNIT_RUN)
                return 0;
        if (request->verb == VERB_START)
                return save_variables(dir_fd, request);
        return file_remove(dir_fd, request->unit.instance);
}

int event_files_forget(int dir_fd, const Request *request) {
        if (request->unit.kind != UNIT_RUN || request->verb != VERB_START)
                return 0;
        return file_remove(dir_fd, request->unit.instance);
}

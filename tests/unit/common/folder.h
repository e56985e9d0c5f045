/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of its own for a test; include it behind cmocka.h. */
#pragma once

#include <fcntl.h>

#include "macros.h"

typedef struct Folder {
        char path[32];
        int fd;
} Folder;

static inline int folder_setup(void **state) {
        Folder *f = calloc(1, sizeof(*f));

        assert_non_null(f);
        strcpy(f->path, "/tmp/nb-test-XXXXXX");
        assert_non_null(mkdtemp(f->path));
        f->fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(f->fd >= 0);
        *state = f;
        return 0;
}

/* It must be empty. */
static inline int folder_teardown(void **state) {
        Folder *f = *state;

        assert_int_equal(rmdir(f->path), 0);
        safe_close(f->fd);
        free(f);
        return 0;
}

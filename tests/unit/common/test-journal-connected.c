/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>

#include <inttypes.h>
#include <sys/stat.h>

#include "journal-connected.h"

#include <cmocka.h>

static bool is_connected(int fd, const char *stream) {
        assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
        return journal_is_connected(fd);
}

static void test_device_and_inode_count(void **state) {
        uint64_t device, inode;
        char stream[64];
        struct stat st;
        int fds[2];

        assert_int_equal(pipe(fds), 0);
        assert_int_equal(fstat(fds[1], &st), 0);
        device = st.st_dev;
        inode = st.st_ino;

        assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
        assert_false(journal_is_connected(fds[1]));
        snprintf(stream, sizeof(stream), "%" PRIu64 ":%" PRIu64, device, inode);
        assert_true(is_connected(fds[1], stream));
        assert_false(is_connected(STDIN_FILENO, stream));
        assert_false(is_connected(-1, stream));

        /* Not only digits, another device, another inode. */
        strcat(stream, "x");
        assert_false(is_connected(fds[1], stream));
        snprintf(stream, sizeof(stream), "%" PRIu64 ":%" PRIu64, device + 1, inode);
        assert_false(is_connected(fds[1], stream));
        snprintf(stream, sizeof(stream), "%" PRIu64 ":%" PRIu64, device, inode + 1);
        assert_false(is_connected(fds[1], stream));
        assert_false(is_connected(fds[1], ""));
        assert_false(is_connected(fds[1], "journal"));

        close(fds[0]);
        close(fds[1]);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_device_and_inode_count),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "file-util.h"

#include <cmocka.h>

#include "folder.h"

static int teardown(void **state) {
        static const char *const names[] = { "file", "link", "fifo", ".#file" };
        const Folder *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                (void) unlinkat(f->fd, names[i], 0);
        return folder_teardown(state);
}

static void check_file(int fd, const char *data, size_t size) {
        char *text = NULL;
        size_t n;

        assert_int_equal(file_read_untrusted(fd, "file", size, &text, &n), 0);
        assert_int_equal(n, size);
        assert_memory_equal(text, data, size);
        assert_int_equal(text[size], '\0');
        free(text);
        if (size > 0)
                assert_int_equal(file_read_untrusted(fd, "file", size - 1, &text, NULL), -EFBIG);
}

static void test_round_trip(void **state) {
        static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 4098, 100000 };
        Folder *f = *state;
        struct stat st;

        for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
                char *data = calloc(1, sizes[i] + 1);

                assert_non_null(data);
                if (sizes[i] > 0)
                        memset(data, 'x', sizes[i] - 1);
                assert_int_equal(file_write_atomic(f->fd, "file", data, sizes[i], 0640), 0);
                check_file(f->fd, data, sizes[i]);
                free(data);
        }
        assert_int_equal(fstatat(f->fd, "file", &st, 0), 0);
        assert_int_equal(st.st_mode & 0777, 0640);
        assert_int_equal(faccessat(f->fd, ".#file", F_OK, 0), -1);
}

static void test_refused(void **state) {
        Folder *f = *state;
        char *text = NULL;

        assert_int_equal(file_read_untrusted(f->fd, "file", 10, &text, NULL), -ENOENT);
        assert_int_equal(symlinkat("/etc/passwd", f->fd, "link"), 0);
        assert_int_equal(file_read_untrusted(f->fd, "link", 100000, &text, NULL), -ELOOP);
        /* Nobody writes into it: an open() that waits would wait for ever. */
        assert_int_equal(mkfifoat(f->fd, "fifo", 0600), 0);
        assert_int_equal(file_read_untrusted(f->fd, "fifo", 10, &text, NULL), -ENODATA);
        assert_int_equal(file_read_untrusted(f->fd, ".", 10, &text, NULL), -ENODATA);
        assert_int_equal(file_read_untrusted(AT_FDCWD, "/dev/zero", 10, &text, NULL), -ENODATA);
        assert_null(text);
}

/* Files of /proc are larger than they say. */
static void test_growth(void **state) {
        char *text = NULL;
        size_t n;

        assert_int_equal(file_read_untrusted(AT_FDCWD, "/proc/self/maps", 1U << 20, &text, &n), 0);
        assert_true(n > 0);
        assert_int_equal(strlen(text), n);
        free(text);
        text = NULL;
        assert_int_equal(file_read_untrusted(AT_FDCWD, "/proc/self/maps", 100, &text, &n), -EFBIG);
        assert_null(text);
}

static void test_write(void **state) {
        Folder *f = *state;
        char name[300];

        memset(name, 'a', sizeof(name) - 1);
        name[sizeof(name) - 1] = '\0';
        assert_int_equal(file_write_atomic(f->fd, name, "x", 1, 0600), -ENAMETOOLONG);
        /* A left-over does not show in what is written next; a symlink is not followed. */
        assert_int_equal(file_write_atomic(f->fd, ".#file", "left over and long", 18, 0600), 0);
        assert_int_equal(file_write_atomic(f->fd, "file", "x", 1, 0600), 0);
        check_file(f->fd, "x", 1);
        assert_int_equal(symlinkat("fifo", f->fd, ".#file"), 0);
        assert_int_equal(file_write_atomic(f->fd, "file", "y", 1, 0600), -ELOOP);
        check_file(f->fd, "x", 1);
}

static void test_write_page(void **state) {
        char page[FILE_PAGE_MAX + 1];
        Folder *f = *state;
        struct stat st;

        memset(page, 'x', sizeof(page));
        assert_int_equal(file_write_page(f->fd, "file", page, sizeof(page), false, 0600), -EFBIG);
        assert_int_equal(file_write_page(f->fd, "file", page, FILE_PAGE_MAX, true, 0640), 0);
        check_file(f->fd, page, FILE_PAGE_MAX);
        assert_int_equal(fstatat(f->fd, "file", &st, 0), 0);
        assert_int_equal(st.st_mode & 0777, 0640);
        assert_int_equal(file_write_page(f->fd, "file", page, FILE_PAGE_MAX, true, 0640), -EEXIST);
        page[0] = 'y';
        assert_int_equal(file_write_page(f->fd, "file", page, FILE_PAGE_MAX, false, 0640), 0);
        check_file(f->fd, page, FILE_PAGE_MAX);
        assert_int_equal(symlinkat("file", f->fd, "link"), 0);
        assert_int_equal(file_write_page(f->fd, "link", "z", 1, false, 0640), -ELOOP);
        check_file(f->fd, page, FILE_PAGE_MAX);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_round_trip, folder_setup, teardown),
                cmocka_unit_test_setup_teardown(test_refused, folder_setup, teardown),
                cmocka_unit_test(test_growth),
                cmocka_unit_test_setup_teardown(test_write, folder_setup, teardown),
                cmocka_unit_test_setup_teardown(test_write_page, folder_setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

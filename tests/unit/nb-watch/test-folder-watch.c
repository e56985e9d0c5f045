/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "folder-watch.h"

#include <cmocka.h>

#include "../common/folder.h"

static FolderWatch watch = { .notify_fd = -EBADF, .mounts_fd = -EBADF };

static void make_file(int fd, const char *name) {
        int r;

        r = openat(fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
        assert_true(r >= 0);
        safe_close(r);
}

/* Each is done in the folder of the test, one after the other. */
static void make_root(int fd) {
        assert_int_equal(mkdirat(fd, "root", 0700), 0);
}

static void make_scripts(int fd) {
        assert_int_equal(mkdirat(fd, "root/x.d", 0700), 0);
}

static void make_script(int fd) {
        make_file(fd, "root/x.d/10-script");
}

static void rename_script(int fd) {
        assert_int_equal(renameat(fd, "root/x.d/10-script", fd, "root/20-script"), 0);
}

static void return_script(int fd) {
        assert_int_equal(renameat(fd, "root/20-script", fd, "root/x.d/20-script"), 0);
}

static void restrict_scripts(int fd) {
        assert_int_equal(fchmodat(fd, "root/x.d", 0500, 0), 0);
}

static void open_scripts(int fd) {
        assert_int_equal(fchmodat(fd, "root/x.d", 0700, 0), 0);
}

static void remove_script(int fd) {
        assert_int_equal(unlinkat(fd, "root/x.d/20-script", 0), 0);
}

static void exchange_scripts(int fd) {
        assert_int_equal(mkdirat(fd, "y.d", 0700), 0);
        make_file(fd, "y.d/10-script");
        assert_int_equal(renameat(fd, "y.d", fd, "root/x.d"), 0);
}

static void exchange_root(int fd) {
        assert_int_equal(renameat(fd, "root", fd, "old"), 0);
        assert_int_equal(mkdirat(fd, "root", 0700), 0);
}

static void remove_root(int fd) {
        assert_int_equal(unlinkat(fd, "root", AT_REMOVEDIR), 0);
        assert_int_equal(unlinkat(fd, "old/x.d/10-script", 0), 0);
        assert_int_equal(unlinkat(fd, "old/x.d", AT_REMOVEDIR), 0);
        assert_int_equal(unlinkat(fd, "old", AT_REMOVEDIR), 0);
}

/* It is what it was, unless the test is slow. */
static unsigned settled_turn(const char *path) {
        unsigned turn;

        do {
                turn = folder_watch_turn(&watch);
                assert_true(turn > 0);
                assert_true(folder_watch_add(&watch, path));
        } while (folder_watch_turn(&watch) != turn);
        return turn;
}

static void test_changes(void **state) {
        static void (*const changes[])(int fd) = { make_root, make_scripts, make_script, rename_script,
                return_script, restrict_scripts, open_scripts, remove_script, exchange_scripts,
                exchange_root, remove_root, make_root };
        Folder *f = *state;
        char path[64];

        snprintf(path, sizeof(path), "%s/root/x.d", f->path);
        for (size_t i = 0; i < ELEMENTSOF(changes); i++) {
                unsigned turn = settled_turn(path);

                changes[i](f->fd);
                if (folder_watch_turn(&watch) == turn)
                        fail_msg("change %zu", i);
        }
        assert_int_equal(unlinkat(f->fd, "root", AT_REMOVEDIR), 0);
}

/* What it leads to may be exchanged without a sign. */
static void test_link(void **state) {
        Folder *f = *state;
        char path[64];

        snprintf(path, sizeof(path), "%s/root/x.d", f->path);
        make_root(f->fd);
        for (unsigned i = 0; i < 2; i++) {
                assert_int_equal(symlinkat(i == 0 ? "/etc" : "nowhere", f->fd, "root/x.d"), 0);
                assert_true(folder_watch_turn(&watch) > 0);
                assert_false(folder_watch_add(&watch, path));
                assert_int_equal(unlinkat(f->fd, "root/x.d", 0), 0);
        }
        assert_int_equal(unlinkat(f->fd, "root", AT_REMOVEDIR), 0);
        assert_int_equal(symlinkat("/etc", f->fd, "root"), 0);
        assert_false(folder_watch_add(&watch, path));
        assert_int_equal(unlinkat(f->fd, "root", 0), 0);
}

static int teardown(void **state) {
        folder_watch_done(&watch);
        return folder_teardown(state);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_changes, folder_setup, teardown),
                cmocka_unit_test_setup_teardown(test_link, folder_setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

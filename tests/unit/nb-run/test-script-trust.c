/* SPDX-License-Identifier: Apache-2.0 */
/* Which scripts are refused, and why? */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "script-tree.h"

static void test_refusals(void **state) {
        static const struct {
                const char *text;
                mode_t mode;
                const char *why;
        } cases[] = {
                { "#!/bin/sh\n", 0775, "writable by group or others" },
                { "#!/bin/sh\n", 0757, "writable by group or others" },
                { "#!/bin/sh\n", 04755, "set-user-ID" },
                { "#!/bin/sh\n", 02755, "set-group-ID" },
                { "#!/bin/sh\n", 0644, "not executable" },
        };
        Tree *t = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                make_file(t, ETC "/a", cases[i].text, cases[i].mode);
                assert_refused(t, "!a", cases[i].why);
        }
        make_file(t, ETC "/a", "#!/bin/sh\n", 0700);
        assert_found(t, "+a");
        /* No interpreter line, or a wrong one, is for execve() to say. */
        make_file(t, ETC "/a", "echo\n", 0555);
        assert_found(t, "+a");
}

static void test_what_is_no_file_is_refused(void **state) {
        Tree *t = *state;

        assert_int_equal(mkfifo(at(t, ETC "/a"), 0755), 0);
        assert_refused(t, "!a", "not a regular file");
        assert_int_equal(unlink(at(t, ETC "/a")), 0);
        make_folders(t, ETC "/a");
        assert_refused(t, "!a", "is a directory");
        assert_int_equal(rmdir(at(t, ETC "/a")), 0);
        assert_int_equal(symlink("/nowhere", at(t, ETC "/a")), 0);
        assert_refused(t, "!a", "dangling");
        assert_int_equal(unlink(at(t, ETC "/a")), 0);
        assert_int_equal(symlink("a", at(t, ETC "/a")), 0);
        assert_refused(t, "!a", "Too many levels");
}

static void test_owner(void **state) {
        Tree *t = *state;

        if (getuid() != 0)
                skip();
        make_script(t, ETC "/a");
        assert_int_equal(chown(at(t, ETC "/a"), 65534, 0), 0);
        assert_refused(t, "!a", "not owned by root");
        assert_int_equal(chown(at(t, ETC "/a"), 0, 65534), 0);
        assert_found(t, "+a");
        assert_int_equal(chown(at(t, ETC), 65534, 0), 0);
        assert_refused(t, "!" ETC, "the folder " ETC " is not owned by root");
}

static void test_folders_on_the_way(void **state) {
        static const struct {
                const char *folder, *expected;
        } cases[] = {
                { ETC, "!" ETC " +b" },
                { "/etc/network-broker", "!" ETC " +b" },
                { "/etc", "!" ETC " +b" },
                { "/usr/lib", "!" LIB " +a" },
                { "", "!" ETC " !" LIB },
        };
        Tree *t = *state;

        make_script(t, ETC "/a");
        make_script(t, LIB "/b");
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                assert_int_equal(chmod(at(t, cases[i].folder), 01777), 0);
                assert_refused(t, cases[i].expected, "writable by group or others");
                assert_int_equal(chmod(at(t, cases[i].folder), 0755), 0);
        }
        assert_found(t, "+a +b");
}

static void test_links_are_followed(void **state) {
        Tree *t = *state;

        make_script(t, "/opt/vendor/bin/script");
        make_script(t, "/opt/vendor/real");
        assert_int_equal(symlink("/opt/vendor/bin/script", at(t, ETC "/a")), 0);
        assert_int_equal(symlink("../../../opt/vendor/./bin/../real", at(t, ETC "/b")), 0);
        assert_int_equal(symlink("vendor", at(t, "/opt/link")), 0);
        assert_int_equal(symlink("/opt/link/bin/script", at(t, ETC "/c")), 0);
        assert_int_equal(symlink("/dev/null", at(t, "/opt/mask")), 0);
        assert_found(t, "+a +b +c");

        assert_int_equal(chmod(at(t, "/opt/vendor/bin"), 0775), 0);
        assert_refused(t, "!a !b !c", "the folder /opt/vendor/bin is writable");
        assert_int_equal(chmod(at(t, "/opt/vendor/bin"), 0755), 0);
        assert_int_equal(chmod(at(t, "/opt"), 01777), 0);
        assert_refused(t, "!a !b !c", "the folder /opt is writable");
}

static void test_a_link_does_not_leave_the_root(void **state) {
        Tree *t = *state;

        make_script(t, "/x");
        assert_int_equal(symlink("../../../../../../../../x", at(t, ETC "/a")), 0);
        assert_found(t, "+a");
}

static void test_folder_behind_a_link(void **state) {
        Tree *t = *state;

        make_script(t, "/opt/scripts/a");
        assert_int_equal(rmdir(at(t, ETC)), 0);
        assert_int_equal(symlink("../../opt/scripts", at(t, ETC)), 0);
        assert_found(t, "+a");
        assert_int_equal(chmod(at(t, "/opt"), 0777), 0);
        assert_refused(t, "!" ETC, "the folder /opt is writable");
}

static void test_what_changes_after_the_first_look(void **state) {
        static const struct {
                const char *path;
                mode_t mode; /* 0: it is removed, 1: and a link to /dev/null takes its place */
                ScriptVerdict verdict;
                const char *why;
        } cases[] = {
                { ETC, 0777, SCRIPT_REFUSED, "the folder " ETC " is writable by group or others" },
                { "/etc", 01777, SCRIPT_REFUSED, "the folder /etc is writable by group or others" },
                { "/opt", 0777, SCRIPT_REFUSED, "the folder /opt is writable by group or others" },
                { "/opt/b", 0777, SCRIPT_REFUSED, "it is writable by group or others" },
                { "/opt/b", 0644, SCRIPT_REFUSED, "it is not executable" },
                { "/opt/b", 0, SCRIPT_REFUSED, "it is a dangling symbolic link" },
                { ETC "/b", 0, SCRIPT_SKIPPED, "it was removed meanwhile" },
                { ETC "/b", 1, SCRIPT_MASKED, "masked by a link to /dev/null" },
        };
        Tree *t = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                ScriptList list;

                make_script(t, "/opt/b");
                assert_true(unlink(at(t, ETC "/b")) == 0 || errno == ENOENT);
                assert_int_equal(symlink("/opt/b", at(t, ETC "/b")), 0);
                assert_int_equal(scripts_find(&t->trust, EVENT_TYPE_ROUTABLE, &list), 0);
                assert_int_equal(script_examine_again(&t->trust, &list.items[0]), 0);
                assert_int_equal(list.items[0].verdict, SCRIPT_RUN);

                if (cases[i].mode > 1)
                        assert_int_equal(chmod(at(t, cases[i].path), cases[i].mode), 0);
                else
                        assert_int_equal(unlink(at(t, cases[i].path)), 0);
                if (cases[i].mode == 1)
                        assert_int_equal(symlink("/dev/null", at(t, cases[i].path)), 0);
                assert_int_equal(script_examine_again(&t->trust, &list.items[0]), 0);
                assert_int_equal(list.items[0].verdict, cases[i].verdict);
                assert_string_equal(list.items[0].reason, cases[i].why);
                scripts_done(&list);
                if (cases[i].mode > 1)
                        assert_int_equal(chmod(at(t, cases[i].path), 0755), 0);
        }
}

/* As an ordinary user whom the folder belongs to: replaces the file by a link to a script of root's and back. */
static void swap_for_ever(const Tree *t, volatile unsigned *n_swaps) {
        char one[PATH_MAX], two[PATH_MAX], script[PATH_MAX];

        snprintf(script, sizeof(script), "%s", at(t, "/home/a"));
        snprintf(one, sizeof(one), "%s", at(t, "/home/one"));
        snprintf(two, sizeof(two), "%s", at(t, "/home/two"));
        for (;;) {
                if (symlink("/usr/bin/good", one) >= 0)
                        (void) rename(one, script);
                close(open(two, O_WRONLY | O_CREAT | O_CLOEXEC, 0755));
                (void) rename(two, script);
                (void) mkdir(one, 0755);
                (void) rename(one, two);
                (void) rmdir(two);
                ++*n_swaps;
        }
}

/* It ends with this process at the latest. */
static pid_t start_swapping(const Tree *t, volatile unsigned *n_swaps) {
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid > 0)
                return pid;
        if (setgid(65534) < 0 || setuid(65534) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
                _exit(EXIT_FAILURE);
        swap_for_ever(t, n_swaps);
        _exit(EXIT_FAILURE);
}

/* Both processes get on, whichever of them the computer prefers. */
static void test_nothing_that_a_user_swaps_is_ever_accepted(void **state) {
        volatile unsigned *n_swaps;
        Tree *t = *state;
        pid_t pid;

        if (getuid() != 0)
                skip();
        make_script(t, "/usr/bin/good");
        make_folders(t, "/home");
        assert_int_equal(chmod(t->root, 0755), 0);
        assert_int_equal(chown(at(t, "/home"), 65534, 65534), 0);
        assert_int_equal(symlink("/home/a", at(t, ETC "/a")), 0);
        n_swaps = mmap(NULL, sizeof(*n_swaps), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        assert_ptr_not_equal(n_swaps, MAP_FAILED);

        pid = start_swapping(t, n_swaps);
        for (unsigned i = 0; i < 3000 || *n_swaps < 1000; i++) {
                assert_refused(t, "!a", "the folder /home is not owned by root");
                assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
        }
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        assert_int_equal(munmap((void *) n_swaps, sizeof(*n_swaps)), 0);
}

int main(void) {
#define T(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)
        const struct CMUnitTest tests[] = {
                T(test_refusals),
                T(test_what_is_no_file_is_refused),
                T(test_owner),
                T(test_folders_on_the_way),
                T(test_links_are_followed),
                T(test_a_link_does_not_leave_the_root),
                T(test_folder_behind_a_link),
                T(test_what_changes_after_the_first_look),
                T(test_nothing_that_a_user_swaps_is_ever_accepted),
        };

        return cmocka_run_group_tests_name("script-trust", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Which scripts are found, in which order, and which are refused? */
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "scripts.h"

#define ETC "/etc/network-broker/routable.d"
#define RUN "/run/network-broker/routable.d"
#define LIB "/usr/lib/network-broker/routable.d"
#define OLD "/etc/network-event-broker/routable.d"

typedef struct Tree {
        char root[64];
        Trust trust;
} Tree;

static const char *at(const Tree *t, const char *path) {
        static char buffers[2][PATH_MAX];
        static unsigned next;
        char *buffer = buffers[next++ % ELEMENTSOF(buffers)];

        snprintf(buffer, PATH_MAX, "%s%s", t->root, path);
        return buffer;
}

static void make_folders(const Tree *t, const char *path) {
        char copy[PATH_MAX / 2];
        char *p = copy + 1, *slash;

        assert_true(snprintf(copy, sizeof(copy), "%s", path) < (int) sizeof(copy));
        do {
                slash = strchr(p, '/');
                if (slash)
                        *slash = '\0';
                assert_true(mkdir(at(t, copy), 0755) == 0 || errno == EEXIST);
                if (slash) {
                        *slash = '/';
                        p = slash + 1;
                }
        } while (slash);
}

static void make_file(const Tree *t, const char *path, const char *text, mode_t mode) {
        char folder[PATH_MAX];
        int fd;

        snprintf(folder, sizeof(folder), "%s", path);
        *strrchr(folder, '/') = '\0';
        make_folders(t, folder);
        fd = open(at(t, path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        assert_int_equal(fchmod(fd, mode), 0);
        close(fd);
}

static void make_script(const Tree *t, const char *path) {
        make_file(t, path, "#!/bin/sh\n", 0755);
}

static int setup(void **state) {
        Tree *t = calloc(1, sizeof(*t));

        assert_non_null(t);
        umask(0022);
        strcpy(t->root, "/tmp/test-scripts.XXXXXX");
        assert_non_null(mkdtemp(t->root));
        assert_int_equal(trust_open(t->root, getuid(), &t->trust), 0);
        make_folders(t, ETC);
        *state = t;
        return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw) {
        return remove(path);
}

static int teardown(void **state) {
        Tree *t = *state;

        trust_close(&t->trust);
        nftw(t->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        free(t);
        return 0;
}

static const char verdicts[] = { [SCRIPT_RUN] = '+',
        [SCRIPT_MASKED] = 'm',
        [SCRIPT_OVERRIDDEN] = 'o',
        [SCRIPT_SKIPPED] = 's',
        [SCRIPT_REFUSED] = '!' };

/* What is found as one line, "+a m:b !c", and the reason of the last refusal. */
static const char *found(const Tree *t, EventType event, char reason[static TRUST_REASON_MAX]) {
        static char line[65536];
        ScriptList list;
        size_t n = 0;

        line[0] = reason[0] = '\0';
        assert_int_equal(scripts_find(&t->trust, event, &list), 0);
        for (size_t i = 0; i < list.n; i++) {
                const Script *s = &list.items[i];

                n += (size_t) snprintf(line + n, sizeof(line) - n, "%s%c%s", n > 0 ? " " : "",
                                verdicts[s->verdict], s->name);
                if (s->verdict == SCRIPT_REFUSED)
                        snprintf(reason, TRUST_REASON_MAX, "%s", s->reason);
                assert_true((s->verdict == SCRIPT_RUN) == (s->reason == NULL));
        }
        scripts_done(&list);
        return line;
}

static void assert_found(const Tree *t, const char *expected) {
        char reason[TRUST_REASON_MAX];

        assert_string_equal(found(t, EVENT_TYPE_ROUTABLE, reason), expected);
}

static void assert_refused(const Tree *t, const char *expected, const char *why) {
        char reason[TRUST_REASON_MAX];

        assert_string_equal(found(t, EVENT_TYPE_ROUTABLE, reason), expected);
        if (!strstr(reason, why))
                fail_msg("\"%s\" does not say \"%s\"", reason, why);
}

static void test_nothing(void **state) {
        assert_found(*state, "");
}

static void test_order_is_by_name_over_all_folders(void **state) {
        Tree *t = *state;

        make_script(t, ETC "/30-c");
        make_script(t, RUN "/10-a");
        make_script(t, LIB "/20-b");
        make_script(t, OLD "/25-b");
        make_script(t, ETC "/Z");
        make_script(t, ETC "/a");
        make_script(t, "/etc/network-broker/degraded.d/other");
        assert_found(t, "+10-a +20-b +25-b +30-c +Z +a");
}

static void test_earlier_folder_overrides(void **state) {
        Tree *t = *state;
        ScriptList list;

        make_script(t, OLD "/a");
        make_script(t, LIB "/a");
        make_script(t, RUN "/a");
        make_script(t, ETC "/a");
        assert_int_equal(scripts_find(&t->trust, EVENT_TYPE_ROUTABLE, &list), 0);
        assert_int_equal(list.n, 4);
        assert_int_equal(list.items[0].verdict, SCRIPT_RUN);
        assert_string_equal(list.items[0].path, ETC "/a");
        for (size_t i = 1; i < 4; i++) {
                assert_int_equal(list.items[i].verdict, SCRIPT_OVERRIDDEN);
                assert_string_equal(list.items[i].reason, "overridden by " ETC "/a");
        }
        assert_string_equal(list.items[1].path, RUN "/a");
        assert_string_equal(list.items[2].path, LIB "/a");
        scripts_done(&list);
}

static void test_masks(void **state) {
        Tree *t = *state;

        make_script(t, LIB "/a");
        make_script(t, LIB "/b");
        make_script(t, LIB "/c");
        make_folders(t, RUN);
        assert_int_equal(symlink("/dev/null", at(t, ETC "/a")), 0);
        make_file(t, ETC "/b", "", 0644);
        assert_found(t, "ma oa mb ob +c");
}

static void test_leftovers_are_skipped(void **state) {
        Tree *t = *state;

        make_script(t, ETC "/a");
        make_script(t, ETC "/.a");
        make_script(t, ETC "/a~");
        make_script(t, ETC "/a.bak");
        make_script(t, ETC "/a.swp");
        make_script(t, ETC "/a.dpkg-old");
        make_script(t, ETC "/a.rpmsave");
        make_script(t, ETC "/a.ucf-dist");
        make_script(t, ETC "/a.sh");
        assert_found(t, "s.a +a sa.bak sa.dpkg-old sa.rpmsave +a.sh sa.swp sa.ucf-dist sa~");
}

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

static void test_a_folder_without_candidates_is_no_error(void **state) {
        Tree *t = *state;

        make_file(t, ETC "/.gitignore", "", 0644);
        assert_int_equal(chmod(at(t, ETC), 0777), 0);
        assert_found(t, "s.gitignore");
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

static void test_two_folders_of_one_name_space(void **state) {
        char reason[TRUST_REASON_MAX];
        Tree *t = *state;

        make_script(t, "/etc/network-broker/routes.d/a");
        make_script(t, "/etc/network-broker/routes-modified.d/a");
        make_script(t, "/etc/network-broker/routes-modified.d/b");
        make_script(t, "/usr/lib/network-broker/routes.d/b");
        assert_string_equal(found(t, EVENT_TYPE_ROUTES, reason), "+a oa +b ob");
}

static void test_a_thousand(void **state) {
        char path[PATH_MAX], name[16];
        Tree *t = *state;
        ScriptList list;

        for (unsigned i = 0; i < 1000; i++) {
                snprintf(path, sizeof(path), ETC "/%03u", (i * 7) % 1000);
                make_script(t, path);
        }
        assert_int_equal(scripts_find(&t->trust, EVENT_TYPE_ROUTABLE, &list), 0);
        assert_int_equal(list.n, 1000);
        for (unsigned i = 0; i < 1000; i++) {
                snprintf(name, sizeof(name), "%03u", i);
                assert_string_equal(list.items[i].name, name);
                assert_int_equal(list.items[i].verdict, SCRIPT_RUN);
        }
        scripts_done(&list);
}

/* As an ordinary user whom the folder belongs to: replaces the file by a link to a script of root's and back. */
static void swap_for_ever(const Tree *t) {
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
        }
}

static void test_nothing_that_a_user_swaps_is_ever_accepted(void **state) {
        Tree *t = *state;
        pid_t pid;

        if (getuid() != 0)
                skip();
        make_script(t, "/usr/bin/good");
        make_folders(t, "/home");
        assert_int_equal(chmod(t->root, 0755), 0);
        assert_int_equal(chown(at(t, "/home"), 65534, 65534), 0);
        assert_int_equal(symlink("/home/a", at(t, ETC "/a")), 0);

        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                if (setgid(65534) < 0 || setuid(65534) < 0)
                        _exit(EXIT_FAILURE);
                swap_for_ever(t);
        }
        for (unsigned i = 0; i < 3000; i++)
                assert_refused(t, "!a", "the folder /home is not owned by root");
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int main(void) {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        const struct CMUnitTest tests[] = {
                T(test_nothing),
                T(test_order_is_by_name_over_all_folders),
                T(test_earlier_folder_overrides),
                T(test_masks),
                T(test_leftovers_are_skipped),
                T(test_refusals),
                T(test_what_is_no_file_is_refused),
                T(test_owner),
                T(test_folders_on_the_way),
                T(test_links_are_followed),
                T(test_a_link_does_not_leave_the_root),
                T(test_folder_behind_a_link),
                T(test_a_folder_without_candidates_is_no_error),
                T(test_what_changes_after_the_first_look),
                T(test_two_folders_of_one_name_space),
                T(test_a_thousand),
                T(test_nothing_that_a_user_swaps_is_ever_accepted),
        };

        return cmocka_run_group_tests_name("scripts", tests, NULL, NULL);
}

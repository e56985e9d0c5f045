/* SPDX-License-Identifier: Apache-2.0 */
/* Are lease files found, in the right order, and does every change of them show? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>

#include "folder.h"
#include "lease-files.h"

static const char *folder; /* of all tests */

static void path_of(const char *name, char *ret, size_t size) {
        assert_true(snprintf(ret, size, "%s/%s", folder, name) < (int) size);
}

/* The file's time is given, since the clock of a file system is coarse. */
static void file_make(const char *name, const char *text, time_t when) {
        const struct timespec times[2] = { { .tv_sec = when }, { .tv_sec = when } };
        char path[128];
        FILE *f;

        path_of(name, path, sizeof(path));
        f = fopen(path, "we");
        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
        assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void file_remove(const char *name) {
        char path[128];

        path_of(name, path, sizeof(path));
        assert_int_equal(unlink(path), 0);
}

static void find(const char *name, LeaseSources *ret) {
        char patterns[256];

        /* Neither a relative path nor a folder is a file of leases. */
        assert_true(snprintf(patterns, sizeof(patterns), "%s/%s  relative/*\n%s %s/nothing", folder, name,
                                    folder, folder) < (int) sizeof(patterns));
        assert_int_equal(lease_sources_find(patterns, ret), 0);
}

static uint64_t fingerprint(const char *name) {
        LeaseSources sources;
        uint64_t f;

        find(name, &sources);
        f = lease_sources_fingerprint(&sources);
        lease_sources_done(&sources);
        return f;
}

static void test_find(void **state) {
        LeaseSources sources;

        find("*.leases", &sources);
        assert_int_equal(sources.n, 0);
        assert_null(sources.denied);
        lease_sources_done(&sources);

        file_make("a.leases", "x", 300);
        file_make("b.leases", "x", 100);
        file_make("c.leases", "x", 200);
        file_make("d.other", "x", 400);
        find("*.leases", &sources);
        assert_int_equal(sources.n, 3);
        /* The one written last comes last. */
        assert_non_null(strstr(sources.items[0].path, "b.leases"));
        assert_non_null(strstr(sources.items[1].path, "c.leases"));
        assert_non_null(strstr(sources.items[2].path, "a.leases"));
        assert_false(sources.too_many);
        lease_sources_done(&sources);

        find("a.leases", &sources);
        assert_int_equal(sources.n, 1);
        lease_sources_done(&sources);
        file_remove("a.leases");
        file_remove("b.leases");
        file_remove("c.leases");
        file_remove("d.other");
}

static void test_names(void **state) {
        static const char patterns[] = "/a/dhclient*.leases\n/b/one";

        assert_true(lease_patterns_name(patterns, "/a/dhclient.eth0.leases"));
        assert_true(lease_patterns_name(patterns, "/b/one"));
        assert_false(lease_patterns_name(patterns, "/b/one.leases"));
        assert_false(lease_patterns_name(patterns, "/a/dhclient/x.leases"));
        assert_false(lease_patterns_name("", "/a/x"));
}

static void test_changes(void **state) {
        uint64_t seen[6];

        seen[0] = fingerprint("*.leases");
        file_make("a.leases", "1", 100);
        seen[1] = fingerprint("*.leases");
        file_make("a.leases", "12", 100);
        seen[2] = fingerprint("*.leases");
        file_make("a.leases", "12", 101);
        seen[3] = fingerprint("*.leases");
        file_make("b.leases", "", 1);
        seen[4] = fingerprint("*.leases");
        assert_true(fingerprint("*.leases") == seen[4]);
        file_remove("a.leases");
        seen[5] = fingerprint("*.leases");
        file_remove("b.leases");

        for (size_t i = 0; i < ELEMENTSOF(seen); i++)
                for (size_t k = i + 1; k < ELEMENTSOF(seen); k++)
                        assert_true(seen[i] != seen[k]);
        assert_true(fingerprint("*.leases") == seen[0]);
}

static void test_fingerprint_file(void **state) {
        _cleanup_free_ char *from = NULL;
        uint64_t f = 0;

        assert_int_equal(lease_fingerprint_read(folder, "br-lan", &f, NULL), -ENOENT);
        assert_int_equal(lease_fingerprint_write(folder, "br-lan", UINT64_C(0x0123456789abcdef), ""), 0);
        assert_int_equal(lease_fingerprint_read(folder, "br-lan", &f, NULL), 0);
        assert_true(f == UINT64_C(0x0123456789abcdef));
        assert_int_equal(lease_fingerprint_write(folder, "br-lan", 1, "/a/b\n/c\n"), 0);
        assert_int_equal(lease_fingerprint_read(folder, "br-lan", &f, &from), 0);
        assert_true(f == 1);
        assert_string_equal(from, "/a/b\n/c\n");
        file_make("eth0:files", "0123456789ABCDEF\n", 1);
        assert_int_equal(lease_fingerprint_read(folder, "eth0", &f, NULL), -EINVAL);
        file_make("eth0:files", "0123456789abcdef", 1);
        assert_int_equal(lease_fingerprint_read(folder, "eth0", &f, NULL), -EINVAL);
        assert_int_equal(lease_fingerprint_remove(folder, "eth0"), 0);
        assert_int_equal(lease_fingerprint_remove(folder, "br-lan"), 0);
        assert_int_equal(lease_fingerprint_remove(folder, "br-lan"), 0);
        assert_int_equal(lease_fingerprint_write(folder, "a/b", 1, ""), -EINVAL);
}

static int setup(void **state) {
        int r = folder_setup(state);

        folder = ((Folder *) *state)->path;
        return r;
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_find),
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_changes),
                cmocka_unit_test(test_fingerprint_file),
        };

        return cmocka_run_group_tests(tests, setup, folder_teardown);
}

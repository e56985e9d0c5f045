/* SPDX-License-Identifier: Apache-2.0 */
/* Does what one nb-watch leaves in its folder tell the next one the same, and no more? */
#include <setjmp.h>
#include <stdarg.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "file-util.h"
#include "log.h"
#include "state-directory.h"

#include <cmocka.h>

#include "../common/folder.h"

/* After a wipe there is nothing left. */
static int teardown(void **state) {
        const Folder *f = *state;

        assert_int_equal(state_wipe(f->fd), 0);
        return folder_teardown(state);
}

static AddressSet addresses(const char *text) {
        AddressSet set = {};

        assert_int_equal(address_set_load(text, &set), 0);
        return set;
}

static Record record_of_link(void) {
        Record record = { .ifindex = 2147483647,
                .operational = EVENT_TYPE_ROUTABLE,
                .setup = -1,
                .operational_started = true,
                .routes = UINT64_MAX };

        strcpy(record.name, "a\\b?-");
        record.name[3] = '\xff';
        return record;
}

static void test_record(void **state) {
        const Record record = record_of_link();
        Folder *f = *state;
        State loaded;
        Record read;

        assert_int_equal(state_record_write(f->fd, &record), 0);
        assert_int_equal(state_load(f->fd, &loaded), 0);
        assert_int_equal(loaded.n_records, 1);
        assert_int_equal(loaded.n_marks, 0);
        assert_string_equal(loaded.records[0].name, record.name);
        assert_int_equal(loaded.records[0].ifindex, record.ifindex);
        assert_int_equal(loaded.records[0].operational, EVENT_TYPE_ROUTABLE);
        assert_true(loaded.records[0].operational_started);
        assert_int_equal(loaded.records[0].setup, -1);
        assert_false(loaded.records[0].setup_started);
        assert_true(loaded.records[0].routes == UINT64_MAX);
        state_clear(&loaded);

        assert_int_equal(state_record_read(f->fd, record.ifindex, &read), 0);
        assert_string_equal(read.name, record.name);
        assert_int_equal(read.operational, EVENT_TYPE_ROUTABLE);
        assert_true(read.operational_started);
        assert_int_equal(state_record_read(f->fd, 1, &read), -ENOENT);
}

/* What its event is to tell next, and then has told. */
static void test_addresses_and_lease(void **state) {
        AddressSet one = addresses("192.0.2.1 24 0 0.0.0.0\n"), two = addresses("2001:db8::1 64 0 ::\n");
        const Record record = record_of_link();
        Folder *f = *state;
        State loaded;

        assert_int_equal(state_record_write(f->fd, &record), 0);
        assert_int_equal(state_addresses_prepare(f->fd, record.ifindex, &one), 0);
        assert_int_equal(state_addresses_commit(f->fd, record.ifindex), 0);
        assert_int_equal(state_addresses_prepare(f->fd, record.ifindex, &two), 0);
        assert_int_equal(state_lease_prepare(f->fd, record.ifindex, "lease"), 0);
        assert_int_equal(state_load(f->fd, &loaded), 0);
        assert_true(address_set_equal(&loaded.records[0].addresses, &one));
        assert_true(loaded.records[0].has_next);
        assert_true(address_set_equal(&loaded.records[0].addresses_next, &two));
        assert_null(loaded.records[0].lease);
        assert_string_equal(loaded.records[0].lease_next, "lease");
        state_clear(&loaded);

        assert_int_equal(state_addresses_commit(f->fd, record.ifindex), 0);
        assert_int_equal(state_addresses_commit(f->fd, record.ifindex), 0);
        assert_int_equal(state_lease_commit(f->fd, record.ifindex), 0);
        assert_int_equal(state_load(f->fd, &loaded), 0);
        assert_true(address_set_equal(&loaded.records[0].addresses, &two));
        assert_false(loaded.records[0].has_next);
        assert_string_equal(loaded.records[0].lease, "lease");
        state_clear(&loaded);

        /* They go with the record: the folder is empty. */
        assert_int_equal(state_record_remove(f->fd, record.ifindex, false), 0);
        assert_int_equal(state_load(f->fd, &loaded), 0);
        assert_int_equal(loaded.n_records, 0);
        assert_int_equal(rmdir(f->path), 0);
        assert_int_equal(mkdir(f->path, 0700), 0);
        safe_close(f->fd);
        f->fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        address_set_clear(&one);
        address_set_clear(&two);
}

/* One is written over the other. */
static void test_shorter_record(void **state) {
        Record record = { .ifindex = 2,
                .operational = EVENT_TYPE_DEGRADED_CARRIER,
                .setup = EVENT_TYPE_CONFIGURING,
                .routes = UINT64_MAX };
        Folder *f = *state;
        Record read;

        memset(record.name, '\xff', IF_NAMESIZE - 1);
        assert_int_equal(state_record_write(f->fd, &record), 0);
        assert_int_equal(state_record_read(f->fd, 2, &read), 0);
        assert_string_equal(read.name, record.name);
        record = (Record){
                .ifindex = 2, .name = "a", .operational = EVENT_TYPE_OFF, .setup = -1, .left = true
        };
        assert_int_equal(state_record_write(f->fd, &record), 0);
        assert_int_equal(state_record_read(f->fd, 2, &read), 0);
        assert_string_equal(read.name, "a");
        assert_int_equal(read.operational, EVENT_TYPE_OFF);
        assert_int_equal(read.setup, -1);
        assert_true(read.routes == 0);
        assert_true(read.left);
        /* As its writer leaves it that is killed at once. */
        assert_int_equal(file_write_atomic(f->fd, "@2", "", 0, 0644), 0);
        assert_int_equal(state_record_read(f->fd, 2, &read), -ENOENT);

        assert_int_equal(state_record_remove(f->fd, 2, true), 0);
        assert_int_equal(faccessat(f->fd, "@2", F_OK, 0), -1);
}

/* Of a link of which there is nothing to be told: made, made again, and replaced. */
static void test_record_of_name(void **state) {
        Record record = { .ifindex = 2, .operational = -1, .setup = -1 };
        Folder *f = *state;
        Record read;

        memset(record.name, '\xff', IF_NAMESIZE - 1);
        for (unsigned i = 0; i < 3; i++) {
                if (i == 1)
                        snprintf(record.name, sizeof(record.name), "eth0");
                if (i == 2)
                        record_enter(&record, EVENT_TYPE_OFF, true);
                assert_int_equal(state_record_write(f->fd, &record), 0);
                assert_int_equal(state_record_read(f->fd, 2, &read), 0);
                assert_int_equal(read.ifindex, 2);
                assert_string_equal(read.name, record.name);
                assert_int_equal(read.operational, record.operational);
                assert_int_equal(read.operational_started, record.operational_started);
                assert_int_equal(read.setup, -1);
                assert_true(read.routes == 0);
                assert_false(read.left);
        }
        assert_int_equal(state_record_remove(f->fd, 2, false), 0);
        assert_int_equal(state_record_read(f->fd, 2, &read), -ENOENT);
}

/* Names of links that look like names of our files. */
static void test_marks(void **state) {
        static const char *const links[] = { "eth0", "a.lease", "b.addresses", "@2", "@broker", "x\xff" };
        Folder *f = *state;
        State loaded;

        for (size_t i = 0; i < ELEMENTSOF(links); i++) {
                EventMark mark = { .event = EVENT_TYPE_ROUTABLE, .ifindex = 2, .asked_usec = UINT64_MAX };

                snprintf(mark.link, sizeof(mark.link), "%s", links[i]);
                assert_int_equal(state_mark_write(f->fd, &mark), 0);
                assert_int_equal(state_load(f->fd, &loaded), 0);
                assert_int_equal(loaded.n_records, 0);
                assert_int_equal(loaded.n_marks, 1);
                assert_string_equal(loaded.marks[0].link, links[i]);
                assert_int_equal(loaded.marks[0].event, EVENT_TYPE_ROUTABLE);
                assert_int_equal(loaded.marks[0].ifindex, 2);
                assert_true(loaded.marks[0].asked_usec == UINT64_MAX);
                state_clear(&loaded);
                assert_int_equal(state_mark_remove(f->fd, EVENT_TYPE_ROUTABLE, links[i]), 0);
                assert_int_equal(state_mark_remove(f->fd, EVENT_TYPE_ROUTABLE, links[i]), 0);
        }
}

static int truncate_file(int dir_fd, const char *name) {
        _cleanup_close_ int fd = -EBADF;

        fd = openat(dir_fd, name, O_WRONLY | O_TRUNC | O_CLOEXEC);
        return fd < 0 ? negative_errno() : 0;
}

/* Of a state that was delivered without a unit; one that is being written has not been delivered. */
static void test_mark_without_unit(void **state) {
        EventMark mark = { .event = EVENT_TYPE_OFF, .link = "eth0" };
        Folder *f = *state;
        State loaded;

        /* Also in the place of another. */
        for (unsigned i = 0; i < 2; i++) {
                assert_int_equal(state_mark_write(f->fd, &mark), 0);
                assert_int_equal(state_load(f->fd, &loaded), 0);
                assert_int_equal(loaded.n_marks, 1);
                assert_int_equal(loaded.marks[0].event, EVENT_TYPE_OFF);
                assert_string_equal(loaded.marks[0].link, "eth0");
                assert_true(loaded.marks[0].asked_usec == 0);
                state_clear(&loaded);
        }

        mark.asked_usec = 17;
        assert_int_equal(state_mark_write(f->fd, &mark), 0);
        assert_int_equal(state_load(f->fd, &loaded), 0);
        assert_int_equal(loaded.n_marks, 1);
        assert_true(loaded.marks[0].asked_usec == 17);
        state_clear(&loaded);
        assert_int_equal(truncate_file(f->fd, "off:eth0"), 0);
        assert_int_equal(state_load(f->fd, &loaded), 0);
        assert_int_equal(loaded.n_marks, 0);
}

static void test_record_enter(void **state) {
        Record record = { .operational = -1, .setup = -1, .left = true };

        record_enter(&record, EVENT_TYPE_ADDRESSES, true);
        assert_int_equal(record.operational, -1);
        assert_int_equal(record.setup, -1);
        assert_true(record.left);
        record_enter(&record, EVENT_TYPE_ROUTABLE, true);
        assert_int_equal(record.operational, EVENT_TYPE_ROUTABLE);
        assert_true(record.operational_started);
        assert_int_equal(record.setup, -1);
        assert_false(record.left);
        record_enter(&record, EVENT_TYPE_CONFIGURED, true);
        record_enter(&record, EVENT_TYPE_OFF, false);
        assert_int_equal(record.operational, EVENT_TYPE_OFF);
        assert_false(record.operational_started);
        assert_int_equal(record.setup, EVENT_TYPE_CONFIGURED);
        assert_true(record.setup_started);
}

static void test_mark_time(void **state) {
        EventMark mark = { .event = EVENT_TYPE_ROUTABLE, .link = "eth0" };
        const struct timespec past[] = { { .tv_sec = 7 }, { .tv_sec = 7 } };
        struct timespec when, before, after;
        Folder *f = *state;

        assert_int_equal(state_mark_time(f->fd, EVENT_TYPE_ROUTABLE, "eth0", &when), -ENOENT);
        assert_int_equal(state_mark_ended(f->fd, EVENT_TYPE_ROUTABLE, "eth0"), -ENOENT);
        assert_int_equal(state_mark_write(f->fd, &mark), 0);
        assert_int_equal(utimensat(f->fd, "routable:eth0", past, 0), 0);
        assert_int_equal(state_mark_time(f->fd, EVENT_TYPE_ROUTABLE, "eth0", &when), 0);
        assert_int_equal(when.tv_sec, 7);
        /* Time stamps of files are coarse ones, or exact. */
        assert_int_equal(clock_gettime(CLOCK_REALTIME_COARSE, &before), 0);
        assert_int_equal(state_mark_ended(f->fd, EVENT_TYPE_ROUTABLE, "eth0"), 0);
        assert_int_equal(clock_gettime(CLOCK_REALTIME, &after), 0);
        assert_int_equal(state_mark_time(f->fd, EVENT_TYPE_ROUTABLE, "eth0", &when), 0);
        assert_in_range(when.tv_sec, before.tv_sec, after.tv_sec);
        assert_int_equal(state_mark_remove(f->fd, EVENT_TYPE_ROUTABLE, "eth0"), 0);
}

/* What networkd said late is for nb-run: it changes nothing of what the next nb-watch reads. */
static void test_mark_with_answer(void **state) {
        EventMark mark = { .event = EVENT_TYPE_ROUTABLE,
                .link = "eth0",
                .ifindex = 2,
                .asked_usec = 17,
                .networkd_usec = 16 };
        char *text = NULL;
        Folder *f = *state;
        State loaded;

        for (unsigned i = 0; i < 4; i++) {
                mark.networkd = i % 2 == 0 ? NULL : "{\"DNS\":[]}";
                assert_int_equal(state_mark_write(f->fd, &mark), 0);
                assert_int_equal(file_read_untrusted(f->fd, "routable:eth0", 64, &text, NULL), 0);
                assert_string_equal(text, i % 2 == 0 ? "2 17\n" : "2 17\n16 {\"DNS\":[]}\n");
                free(text);
                assert_int_equal(state_load(f->fd, &loaded), 0);
                assert_int_equal(loaded.n_marks, 1);
                assert_true(loaded.marks[0].asked_usec == 17);
                assert_null(loaded.marks[0].networkd);
                state_clear(&loaded);
        }
}

static void test_broker(void **state) {
        Folder *f = *state;
        uint64_t usec = 1;

        assert_int_equal(state_broker_read(f->fd, &usec), 0);
        assert_true(usec == 0);
        assert_int_equal(state_broker_write(f->fd, UINT64_MAX), 0);
        assert_int_equal(state_broker_read(f->fd, &usec), 0);
        assert_true(usec == UINT64_MAX);
}

/* Held against each other, over a start from nothing too; the next one gets it. */
static void test_lock(void **state) {
        const Folder *f = *state;
        struct stat st;
        State loaded;
        int fd;

        fd = state_directory_lock(f->fd);
        assert_true(fd >= 0);
        assert_int_equal(state_directory_lock(f->fd), -EALREADY);
        assert_int_equal(fstat(fd, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);

        assert_int_equal(state_load(f->fd, &loaded), 0);
        assert_int_equal(loaded.n_records + loaded.n_marks, 0);
        state_clear(&loaded);
        assert_int_equal(state_wipe(f->fd), 0);
        assert_int_equal(state_directory_lock(f->fd), -EALREADY);

        assert_int_equal(close(fd), 0);
        fd = state_directory_lock(f->fd);
        assert_true(fd >= 0);
        assert_int_equal(close(fd), 0);
        assert_int_equal(unlinkat(f->fd, "@lock", 0), 0);
}

static void test_corrupt(void **state) {
        static const struct {
                const char *file, *text;
        } cases[] = {
                { "@2", "" },
                { "@2", "eth0" },
                { "@2", "eth0 nowhere 0 - 0 0\n" },
                { "@2", "eth0 addresses 0 - 0 0\n" },
                { "@2", "a/b routable 0 - 0 0\n" },
                { "@2", "0123456789abcdef routable 0 - 0 0\n" },
                { "@0", "eth0 routable 0 - 0 0\n" },
                { "@-1", "eth0 routable 0 - 0 0\n" },
                { "@x", "eth0 routable 0 - 0 0\n" },
                { "routable:eth0", "" },
                { "routable:eth0", "x y" },
                { "unknown:eth0", "2 2\n" },
                { ".#routable:eth0", "2 2\n" },
                { "routable:\\x61", "2 2\n" },
        };
        Folder *f = *state;
        State loaded;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                assert_int_equal(file_write_atomic(f->fd, cases[i].file, cases[i].text,
                                                 strlen(cases[i].text), 0600),
                                0);
                assert_int_equal(state_load(f->fd, &loaded), 0);
                if (loaded.n_records > 0 || loaded.n_marks > 0)
                        fail_msg("%s: '%s'", cases[i].file, cases[i].text);
                /* It is gone, and does not come again. */
                assert_int_equal(faccessat(f->fd, cases[i].file, F_OK, 0), -1);
        }
        assert_int_equal(symlinkat("/etc/passwd", f->fd, "@2"), 0);
        assert_int_equal(state_load(f->fd, &loaded), 0);
        assert_int_equal(loaded.n_records, 0);
        assert_int_equal(faccessat(f->fd, "@2", F_OK, AT_SYMLINK_NOFOLLOW), -1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_record, folder_setup, teardown),
                cmocka_unit_test_setup_teardown(test_addresses_and_lease, folder_setup, teardown),
                cmocka_unit_test_setup_teardown(test_shorter_record, folder_setup, teardown),
                cmocka_unit_test_setup_teardown(test_record_of_name, folder_setup, teardown),
                cmocka_unit_test_setup_teardown(test_marks, folder_setup, teardown),
                cmocka_unit_test_setup_teardown(test_mark_without_unit, folder_setup, teardown),
                cmocka_unit_test(test_record_enter),
                cmocka_unit_test_setup_teardown(test_mark_time, folder_setup, teardown),
                cmocka_unit_test_setup_teardown(test_mark_with_answer, folder_setup, teardown),
                cmocka_unit_test_setup_teardown(test_broker, folder_setup, teardown),
                cmocka_unit_test_setup_teardown(test_lock, folder_setup, teardown),
                cmocka_unit_test_setup_teardown(test_corrupt, folder_setup, teardown),
        };

        (void) log_set_level("fatal");
        return cmocka_run_group_tests(tests, NULL, NULL);
}

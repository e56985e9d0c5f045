/* SPDX-License-Identifier: Apache-2.0 */
/* Which lease files are there, and did they change? See lease-files.h. */
#include "lease-files.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <inttypes.h>

#include "file-util.h"
#include "hash.h"
#include "unit-name.h"

#define PATH_LENGTH_MAX 4096U
#define FINGERPRINT_LENGTH_MAX (64U + 2U * PATH_LENGTH_MAX)

/* glob() tells of a folder that it cannot list only through a callback without user data. */
static _Thread_local char *glob_denied;

static int glob_failed(const char *path, int error) {
        if (!glob_denied && (error == EACCES || error == EPERM))
                glob_denied = strdup(path);
        return 0;
}

static void source_add(LeaseSources *s, const char *path) {
        struct stat st;

        if (s->n >= LEASE_FILES_MAX) {
                s->too_many = true;
                return;
        }
        for (size_t i = 0; i < s->n; i++)
                if (streq(s->items[i].path, path))
                        return;

        if (stat(path, &st) < 0) {
                if (!s->denied && (errno == EACCES || errno == EPERM))
                        s->denied = strdup(path);
                return;
        }
        if (!S_ISREG(st.st_mode))
                return;
        s->items[s->n].path = strdup(path);
        if (s->items[s->n].path)
                s->items[s->n++].st = st;
}

static int pattern_find(LeaseSources *s, const char *pattern) {
        glob_t found = {};
        int r;

        r = glob(pattern, GLOB_NOSORT, glob_failed, &found);
        if (r == 0)
                for (size_t i = 0; i < found.gl_pathc; i++)
                        source_add(s, found.gl_pathv[i]);
        else if (r == GLOB_NOMATCH && !strpbrk(pattern, "*?["))
                source_add(s, pattern);
        globfree(&found);

        if (!s->denied)
                s->denied = TAKE_PTR(glob_denied);
        free(TAKE_PTR(glob_denied));
        return r == GLOB_NOSPACE ? -ENOMEM : 0;
}

static int source_compare(const void *a, const void *b) {
        const LeaseSource *x = a, *y = b;

        if (x->st.st_mtim.tv_sec != y->st.st_mtim.tv_sec)
                return x->st.st_mtim.tv_sec < y->st.st_mtim.tv_sec ? -1 : 1;
        if (x->st.st_mtim.tv_nsec != y->st.st_mtim.tv_nsec)
                return x->st.st_mtim.tv_nsec < y->st.st_mtim.tv_nsec ? -1 : 1;
        return strcmp(x->path, y->path);
}

int lease_sources_find(const char *patterns, LeaseSources *ret) {
        _cleanup_free_ char *copy = strdup(patterns);
        char *state = NULL;
        LeaseSources s = {};
        int r = 0;

        s.items = calloc(LEASE_FILES_MAX, sizeof(LeaseSource));
        if (!copy || !s.items)
                r = -ENOMEM;
        for (char *p = r < 0 ? NULL : strtok_r(copy, " \t\n", &state); r >= 0 && p;
                        p = strtok_r(NULL, " \t\n", &state))
                /* Relative to what? */
                if (*p == '/' && strlen(p) < PATH_LENGTH_MAX)
                        r = pattern_find(&s, p);
        if (r < 0) {
                lease_sources_done(&s);
                return r;
        }

        qsort(s.items, s.n, sizeof(LeaseSource), source_compare);
        *ret = s;
        return 0;
}

void lease_sources_done(LeaseSources *sources) {
        for (size_t i = 0; i < sources->n; i++)
                free(sources->items[i].path);
        free(sources->items);
        free(sources->denied);
        *sources = (LeaseSources){};
}

bool lease_patterns_name(const char *patterns, const char *path) {
        _cleanup_free_ char *copy = strdup(patterns);
        char *state = NULL;

        for (char *p = copy ? strtok_r(copy, " \t\n", &state) : NULL; p; p = strtok_r(NULL, " \t\n", &state))
                if (fnmatch(p, path, FNM_PATHNAME | FNM_PERIOD) == 0)
                        return true;
        return false;
}

static uint64_t hash_number(uint64_t h, uint64_t number) {
        return hash_bytes(h, &number, sizeof(number));
}

uint64_t lease_sources_fingerprint(const LeaseSources *sources) {
        uint64_t h = HASH_START;

        for (size_t i = 0; i < sources->n; i++) {
                const struct stat *st = &sources->items[i].st;

                h = hash_bytes(h, sources->items[i].path, strlen(sources->items[i].path));
                h = hash_number(h, (uint64_t) st->st_dev);
                h = hash_number(h, (uint64_t) st->st_ino);
                h = hash_number(h, (uint64_t) st->st_size);
                h = hash_number(h, (uint64_t) st->st_mtim.tv_sec);
                h = hash_number(h, (uint64_t) st->st_mtim.tv_nsec);
                h = hash_number(h, (uint64_t) st->st_ctim.tv_sec);
                h = hash_number(h, (uint64_t) st->st_ctim.tv_nsec);
        }
        return h;
}

static int fingerprint_name(const char *link, char *ret, size_t size) {
        char name[INSTANCE_MAX];
        int r;

        r = link_name_escape(link, name);
        if (r < 0)
                return r;
        return snprintf(ret, size, "%s" LEASE_FINGERPRINT_SUFFIX, name) < (int) size ? 0 : -ENAMETOOLONG;
}

static int fingerprint_open(const char *folder, const char *link, char *ret_name, size_t size) {
        int r, fd;

        r = fingerprint_name(link, ret_name, size);
        if (r < 0)
                return r;
        fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return fd < 0 ? negative_errno() : fd;
}

int lease_fingerprint_write(const char *folder, const char *link, uint64_t fingerprint, const char *from) {
        char name[INSTANCE_MAX + 8], text[FINGERPRINT_LENGTH_MAX];
        _cleanup_close_ int dir_fd = -EBADF;

        dir_fd = fingerprint_open(folder, link, name, sizeof(name));
        if (dir_fd < 0)
                return dir_fd;
        if (snprintf(text, sizeof(text), "%016" PRIx64 "\n%s", fingerprint, from) >= (int) sizeof(text))
                return -E2BIG;
        return file_write_atomic(dir_fd, name, text, strlen(text), 0644);
}

int lease_fingerprint_remove(const char *folder, const char *link) {
        _cleanup_close_ int dir_fd = -EBADF;
        char name[INSTANCE_MAX + 8];

        dir_fd = fingerprint_open(folder, link, name, sizeof(name));
        if (dir_fd < 0)
                return dir_fd;
        return file_remove(dir_fd, name);
}

int lease_fingerprint_read(const char *folder, const char *link, uint64_t *ret, char **ret_from) {
        _cleanup_close_ int dir_fd = -EBADF;
        _cleanup_free_ char *text = NULL;
        char name[INSTANCE_MAX + 8];
        int r;

        dir_fd = fingerprint_open(folder, link, name, sizeof(name));
        if (dir_fd < 0)
                return dir_fd;
        r = file_read_untrusted(dir_fd, name, FINGERPRINT_LENGTH_MAX, &text, NULL);
        if (r < 0)
                return r;
        if (strspn(text, "0123456789abcdef") != 16 || text[16] != '\n')
                return -EINVAL;
        if (ret_from) {
                *ret_from = strdup(text + 17);
                if (!*ret_from)
                        return -ENOMEM;
        }
        *ret = strtoull(text, NULL, 16);
        return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A root of its own with folders of scripts, for tests of scripts.h. */
#pragma once

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>

#include "scripts.h"

#define ETC "/etc/network-broker/routable.d"
#define RUN "/run/network-broker/routable.d"
#define LIB "/usr/lib/network-broker/routable.d"
#define OLD "/etc/network-event-broker/routable.d"

typedef struct Tree {
        char root[64];
        Trust trust;
} Tree;

static inline const char *at(const Tree *t, const char *path) {
        static char buffers[2][PATH_MAX];
        static unsigned next;
        char *buffer = buffers[next++ % ELEMENTSOF(buffers)];

        snprintf(buffer, PATH_MAX, "%s%s", t->root, path);
        return buffer;
}

static inline void make_folders(const Tree *t, const char *path) {
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

static inline void make_file(const Tree *t, const char *path, const char *text, mode_t mode) {
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

static inline void make_script(const Tree *t, const char *path) {
        make_file(t, path, "#!/bin/sh\n", 0755);
}

static inline int tree_setup(void **state) {
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

static inline int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw) {
        return remove(path);
}

static inline int tree_teardown(void **state) {
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
static inline const char *found(const Tree *t, EventType event, char reason[static TRUST_REASON_MAX]) {
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

static inline void assert_found(const Tree *t, const char *expected) {
        char reason[TRUST_REASON_MAX];

        assert_string_equal(found(t, EVENT_TYPE_ROUTABLE, reason), expected);
}

static inline void assert_refused(const Tree *t, const char *expected, const char *why) {
        char reason[TRUST_REASON_MAX];

        assert_string_equal(found(t, EVENT_TYPE_ROUTABLE, reason), expected);
        if (!strstr(reason, why))
                fail_msg("\"%s\" does not say \"%s\"", reason, why);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The few macros and cleanup helpers that every program here uses. */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _printf_(a, b) __attribute__((format(printf, a, b)))
#define _unused_ __attribute__((unused))

#define ELEMENTSOF(x) (sizeof(x) / sizeof((x)[0]))

/* Hands a pointer over: the local variable is NULL afterwards, so its cleanup does nothing. */
#define TAKE_PTR(p)                                                                                         \
        ({                                                                                                  \
                __typeof__(p) *_pp = &(p);                                                                  \
                __typeof__(p) _taken = *_pp;                                                                \
                *_pp = NULL;                                                                                \
                _taken;                                                                                     \
        })

/* The same for a structure that its cleanup leaves alone when it is all zero. */
#define TAKE_STRUCT(s)                                                                                      \
        ({                                                                                                  \
                __typeof__(s) *_sp = &(s);                                                                  \
                __typeof__(s) _taken_struct = *_sp;                                                         \
                *_sp = (__typeof__(s)){};                                                                   \
                _taken_struct;                                                                              \
        })

#define TAKE_FD(fd)                                                                                         \
        ({                                                                                                  \
                int *_fdp = &(fd);                                                                          \
                int _taken_fd = *_fdp;                                                                      \
                *_fdp = -EBADF;                                                                             \
                _taken_fd;                                                                                  \
        })

/* Defines NAMEp(), for _cleanup_(NAMEp), from a free function that takes a pointer and ignores NULL. */
#define DEFINE_TRIVIAL_CLEANUP_FUNC(type, name)                                                             \
        static inline void name##p(type *p) {                                                               \
                if (*p)                                                                                     \
                        name(*p);                                                                           \
        }                                                                                                   \
        struct name##_swallow_semicolon

/* main() over a run(argc, argv) that returns a negative errno, or the exit status of the process. */
#define DEFINE_MAIN_FUNCTION(run)                                                                           \
        int main(int argc, char *argv[]) {                                                                  \
                int _r = run(argc, argv);                                                                   \
                return _r < 0 ? EXIT_FAILURE : _r;                                                          \
        }                                                                                                   \
        struct run##_swallow_semicolon

static inline void freep(void *p) {
        free(*(void **) p);
}

/* Frees a NULL-terminated list and its strings. */
static inline void strv_free(char **list) {
        for (char **s = list; s && *s; s++)
                free(*s);
        free(list);
}

static inline int safe_close(int fd) {
        if (fd >= 0) {
                int saved = errno;

                (void) close(fd);
                errno = saved;
        }
        return -EBADF;
}

static inline void closep(int *fd) {
        safe_close(*fd);
}

DEFINE_TRIVIAL_CLEANUP_FUNC(FILE *, fclose);

#define _cleanup_free_ _cleanup_(freep)
#define _cleanup_close_ _cleanup_(closep)
#define _cleanup_fclose_ _cleanup_(fclosep)

static inline bool streq(const char *a, const char *b) {
        return strcmp(a, b) == 0;
}

/* The rest of s behind the prefix, or NULL if s does not start with it. */
static inline const char *startswith(const char *s, const char *prefix) {
        size_t n = strlen(prefix);

        return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

static inline const char *strempty(const char *s) {
        return s ? s : "";
}

/* For code paths where a failed call left errno set; never returns 0. */
static inline int negative_errno(void) {
        return errno > 0 ? -errno : -EIO;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Could somebody other than root have changed this file? See trust.h.
 *
 * Each component is opened with O_PATH|O_NOFOLLOW below the one before it. Where every folder of a path
 * can only be written by root, nobody else can swap anything between this check and the execve() of the
 * same path. */
#include "trust.h"

#include <fcntl.h>
#include <limits.h>

#define LINKS_MAX 40U

typedef struct Walk {
        const Trust *trust;
        int fd; /* where the walk is */
        struct stat st;
        char here[PATH_MAX];     /* the same as text, "" for the root */
        char rest[2 * PATH_MAX]; /* what is still to walk */
        unsigned links;
        char *reason;
} Walk;

int trust_open(const char *root, uid_t owner, Trust *ret) {
        int fd;

        /* musl's open() would set the flag once more. */
        fd = openat(AT_FDCWD, root, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return negative_errno();

        *ret = (Trust){ .root_fd = fd, .owner = owner };
        return 0;
}

void trust_close(Trust *trust) {
        trust->root_fd = safe_close(trust->root_fd);
}

static int check_folder(Walk *w) {
        const char *why = NULL;

        if (w->st.st_uid != w->trust->owner)
                why = "is not owned by root";
        else if (w->st.st_mode & (S_IWGRP | S_IWOTH))
                why = "is writable by group or others";
        if (!why)
                return 0;

        (void) snprintf(w->reason, TRUST_REASON_MAX, "the folder %s %s", *w->here ? w->here : "/", why);
        return -EPERM;
}

/* The root's own descriptor stays open. */
static void step_to(Walk *w, int fd) {
        if (w->fd != w->trust->root_fd)
                safe_close(w->fd);
        w->fd = fd;
}

static int walk_root(Walk *w) {
        step_to(w, w->trust->root_fd);
        w->here[0] = '\0';
        if (fstat(w->fd, &w->st) < 0)
                return negative_errno();
        return check_folder(w);
}

/* The link's target takes the place of its name in front of what is left to walk. */
static int walk_link(Walk *w, int link_fd) {
        char target[PATH_MAX], rest[2 * PATH_MAX];
        ssize_t n;
        int k;

        if (++w->links > LINKS_MAX)
                return -ELOOP;
        n = readlinkat(link_fd, "", target, sizeof(target) - 1);
        if (n < 0)
                return negative_errno();
        if (n == 0)
                return -ENOENT;
        target[n] = '\0';

        k = snprintf(rest, sizeof(rest), "%s%s", target, w->rest);
        if (k >= (int) sizeof(rest))
                return -ENAMETOOLONG;
        memcpy(w->rest, rest, (size_t) k + 1);
        return *target == '/' ? walk_root(w) : 0;
}

static int walk_up(Walk *w) {
        struct stat root;
        char *slash;
        int fd;

        if (fstat(w->trust->root_fd, &root) < 0)
                return negative_errno();
        if (root.st_dev == w->st.st_dev && root.st_ino == w->st.st_ino)
                return 0;

        fd = openat(w->fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return negative_errno();
        step_to(w, fd);
        slash = strrchr(w->here, '/');
        if (slash)
                *slash = '\0';
        if (fstat(fd, &w->st) < 0)
                return negative_errno();
        return check_folder(w);
}

static int walk_down(Walk *w, const char *name) {
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        size_t n;

        fd = openat(w->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return negative_errno();
        if (fstat(fd, &st) < 0)
                return negative_errno();
        if (S_ISLNK(st.st_mode))
                return walk_link(w, fd);

        n = strlen(w->here);
        if (snprintf(w->here + n, sizeof(w->here) - n, "/%s", name) >= (int) (sizeof(w->here) - n))
                return -ENAMETOOLONG;
        step_to(w, TAKE_FD(fd));
        w->st = st;
        return S_ISDIR(st.st_mode) ? check_folder(w) : 0;
}

/* Takes the first component off what is left to walk; an empty one if there is none. */
static int take_component(Walk *w, char name[static NAME_MAX + 1]) {
        const char *p = w->rest + strspn(w->rest, "/");
        size_t n = strcspn(p, "/");

        if (n > NAME_MAX)
                return -ENAMETOOLONG;
        memcpy(name, p, n);
        name[n] = '\0';
        memmove(w->rest, p + n, strlen(p + n) + 1);
        return 0;
}

static int walk(Walk *w, const char *path) {
        char name[NAME_MAX + 1];
        int r;

        if (strlen(path) >= sizeof(w->rest))
                return -ENAMETOOLONG;
        strcpy(w->rest, path);

        r = walk_root(w);
        if (r < 0)
                return r;
        while (*w->rest) {
                /* Even a trailing slash asks for a folder. */
                if (!S_ISDIR(w->st.st_mode))
                        return -ENOTDIR;
                r = take_component(w, name);
                if (r < 0)
                        return r;
                if (*name == '\0' || streq(name, "."))
                        continue;
                r = streq(name, "..") ? walk_up(w) : walk_down(w, name);
                if (r < 0)
                        return r;
        }
        return 0;
}

int trust_walk(const Trust *trust, const char *path, struct stat *ret,
                char reason[static TRUST_REASON_MAX]) {
        Walk w;
        int r;

        /* Field by field: nothing is to be done with 12 KiB of paths. */
        w.trust = trust;
        w.fd = -EBADF;
        w.links = 0;
        w.reason = reason;
        reason[0] = '\0';
        r = walk(&w, path);
        step_to(&w, -EBADF);
        if (r < 0)
                return r;

        *ret = w.st;
        return 0;
}

const char *trust_refusal(const Trust *trust, const struct stat *st) {
        if (S_ISDIR(st->st_mode))
                return "it is a directory, not a regular file";
        if (!S_ISREG(st->st_mode))
                return "it is not a regular file";
        if (st->st_uid != trust->owner)
                return "it is not owned by root";
        if (st->st_mode & (S_IWGRP | S_IWOTH))
                return "it is writable by group or others";
        if (st->st_mode & (S_ISUID | S_ISGID))
                return "it is set-user-ID or set-group-ID";
        if (!(st->st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
                return "it is not executable";
        return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Which files make up the configuration, and what is in them? See files.h. */
#include "files.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

/* The first that has a file wins. */
static const char *const folders[] = { "/etc/network-broker", "/run/network-broker",
        "/usr/lib/network-broker" };
static const char *const main_names[] = { "network-broker.toml", "network-broker.yaml" };

#define DROP_IN_FOLDER "network-broker.toml.d"

static int paths_add(ConfigFiles *files, char *path) {
        char **paths = reallocarray(files->paths, files->n + 1, sizeof(*paths));

        if (!paths) {
                free(path);
                return -ENOMEM;
        }
        files->paths = paths;
        paths[files->n++] = path;
        return 0;
}

static bool is_mask(const char *root, const char *path) {
        char full[PATH_MAX];
        struct stat st;

        if (snprintf(full, sizeof(full), "%s%s", root, path) >= (int) sizeof(full))
                return false;
        return stat(full, &st) >= 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

static bool exists(const char *root, const char *path) {
        char full[PATH_MAX];
        struct stat st;

        if (snprintf(full, sizeof(full), "%s%s", root, path) >= (int) sizeof(full))
                return false;
        return lstat(full, &st) >= 0;
}

static int find_main(const char *root, ConfigFiles *files) {
        for (size_t i = 0; i < ELEMENTSOF(folders); i++)
                for (size_t j = 0; j < ELEMENTSOF(main_names); j++) {
                        _cleanup_free_ char *path = NULL;

                        if (asprintf(&path, "%s/%s", folders[i], main_names[j]) < 0) {
                                path = NULL;
                                return -ENOMEM;
                        }
                        if (!exists(root, path))
                                continue;
                        return is_mask(root, path) ? 0 : paths_add(files, TAKE_PTR(path));
                }
        return 0;
}

static bool is_drop_in(const char *name) {
        size_t n = strlen(name);

        return *name != '.' && n > strlen(".toml") && streq(name + n - strlen(".toml"), ".toml");
}

/* Whether a drop-in of the same file name, of a folder before, is there already. */
static bool has_drop_in(const ConfigFiles *files, const char *name) {
        for (size_t i = 0; i < files->n; i++)
                if (streq(strrchr(files->paths[i], '/') + 1, name))
                        return true;
        return false;
}

static int list_drop_ins(const char *root, const char *folder, ConfigFiles *files, Messages *messages) {
        char path[PATH_MAX], full[PATH_MAX];
        struct dirent *de;
        DIR *d;
        int r = 0;

        snprintf(path, sizeof(path), "%s/" DROP_IN_FOLDER, folder);
        if (snprintf(full, sizeof(full), "%s%s", root, path) >= (int) sizeof(full))
                return 0;

        d = opendir(full);
        if (!d) {
                if (errno == ENOENT && !exists(root, path))
                        return 0;
                messages_add(messages, MESSAGE_FILE, -1, path, (Place){}, "cannot be listed: %m");
                files->unlisted = true;
                return 0;
        }

        while (r >= 0 && (de = readdir(d))) {
                char *file;

                if (!is_drop_in(de->d_name) || has_drop_in(files, de->d_name))
                        continue;
                r = asprintf(&file, "%s/%s", path, de->d_name) < 0 ? -ENOMEM : paths_add(files, file);
        }
        closedir(d);
        return r;
}

static int compare_file_names(const void *a, const void *b) {
        return strcmp(strrchr(*(char *const *) a, '/'), strrchr(*(char *const *) b, '/'));
}

static int find_drop_ins(const char *root, ConfigFiles *files, Messages *messages) {
        ConfigFiles drop_ins = {};
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(folders); i++)
                r = list_drop_ins(root, folders[i], &drop_ins, messages);

        files->unlisted = drop_ins.unlisted;
        if (drop_ins.n > 1)
                qsort(drop_ins.paths, drop_ins.n, sizeof(char *), compare_file_names);
        for (size_t i = 0; r >= 0 && i < drop_ins.n; i++)
                if (!is_mask(root, drop_ins.paths[i]))
                        r = paths_add(files, TAKE_PTR(drop_ins.paths[i]));

        config_files_done(&drop_ins);
        return r;
}

int config_files_find(const char *root, ConfigFiles *ret, Messages *messages) {
        ConfigFiles files = {};
        int r;

        r = find_main(root, &files);
        if (r >= 0)
                r = find_drop_ins(root, &files, messages);
        if (r < 0) {
                config_files_done(&files);
                return r;
        }
        *ret = files;
        return 0;
}

void config_files_done(ConfigFiles *files) {
        for (size_t i = 0; i < files->n; i++)
                free(files->paths[i]);
        free(files->paths);
        *files = (ConfigFiles){};
}

bool config_file_is_yaml(const char *path) {
        const char *dot = strrchr(path, '.');

        return dot && (streq(dot, ".yaml") || streq(dot, ".yml"));
}

/* The kernel grants a read lease only while nobody has the file open for writing: a cheap way to tell a file that is
 * just being written. Where there are no leases (some network file systems), nobody can tell. The lease is given up
 * at once, before anybody could break it; SIGIO would announce that. */
static bool is_being_written(int fd) {
        (void) signal(SIGIO, SIG_IGN);
        if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
                return errno == EAGAIN;
        (void) fcntl(fd, F_SETLEASE, F_UNLCK);
        return false;
}

/* PID 1 waits for us, so 20 ms at the most; a writer that is at work is mostly done by then. */
static bool wait_for_writer(int fd) {
        for (unsigned i = 0; i < 10; i++) {
                if (!is_being_written(fd))
                        return true;
                (void) nanosleep(&(struct timespec){ .tv_nsec = 2 * 1000 * 1000 }, NULL);
        }
        return false;
}

static const char *kind_name(mode_t mode) {
        return S_ISDIR(mode)             ? "is a folder, not a file"
                        : S_ISFIFO(mode) ? "is a FIFO, not a file"
                        : S_ISSOCK(mode) ? "is a socket, not a file"
                                         : "is a device, not a file";
}

static int read_all(int fd, size_t size, char **ret, size_t *ret_size) {
        _cleanup_free_ char *text = malloc(size + 1);
        size_t n = 0;

        if (!text)
                return -ENOMEM;
        while (n < size) {
                ssize_t k = read(fd, text + n, size - n);

                if (k < 0) {
                        if (errno == EINTR)
                                continue;
                        return negative_errno();
                }
                if (k == 0)
                        break;
                n += (size_t) k;
        }
        text[n] = '\0';

        *ret = TAKE_PTR(text);
        *ret_size = n;
        return 0;
}

static bool same_file_state(const struct stat *a, const struct stat *b) {
        return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
                        a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int read_regular(int fd, char **ret, size_t *ret_size, const char **ret_reason) {
        struct stat before, after;
        int r;

        if (fstat(fd, &before) < 0)
                return negative_errno();
        if (!S_ISREG(before.st_mode)) {
                *ret_reason = kind_name(before.st_mode);
                return -EIO;
        }
        if (!wait_for_writer(fd)) {
                *ret_reason = "is just being written: another process has it open for writing";
                return -EIO;
        }
        if (fstat(fd, &before) < 0)
                return negative_errno();
        if (before.st_size > CONFIG_FILE_MAX) {
                *ret_reason = "is larger than 1 MiB";
                return -EIO;
        }
        if (before.st_size == 0) {
                *ret_reason = "is empty, as after an interrupted write (a comment makes it a file that sets nothing, "
                              "a link to /dev/null masks it)";
                return -EIO;
        }

        r = read_all(fd, (size_t) before.st_size, ret, ret_size);
        if (r < 0)
                return r;
        if (fstat(fd, &after) < 0 || is_being_written(fd) || !same_file_state(&before, &after)) {
                *ret_reason = "is just being written: it changed while it was read";
                free(TAKE_PTR(*ret));
                return -EIO;
        }
        return 0;
}

int config_file_read(const char *path, char **ret, size_t *ret_size, char *ret_reason, size_t reason_size) {
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *text = NULL;
        const char *reason = NULL;
        struct stat st;
        int r;

        fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0) {
                r = negative_errno();
                if (r == -ENOENT && lstat(path, &st) >= 0)
                        reason = "is a link to nothing";
                else if (r == -ENXIO)
                        reason = "is a socket, not a file";
        } else
                r = read_regular(fd, &text, ret_size, &reason);
        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                if (reason)
                        snprintf(ret_reason, reason_size, "%s", reason);
                else
                        snprintf(ret_reason, reason_size, "cannot be read: %s", strerror(-r));
                return -EIO;
        }

        *ret = TAKE_PTR(text);
        return 0;
}

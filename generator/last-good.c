/* SPDX-License-Identifier: Apache-2.0 */
/* What held before a file broke? See last-good.h. */
#include "last-good.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "file-util.h"
#include "value.h"

#define FILE_NAME "configuration"
#define MARK_NAME "changed"
#define FILE_HEAD "# Written by nb-generator: the last good configuration.\n"
#define DEFAULT "default "
#define FILE_END "# complete\n"
#define FILE_MAX (_KEY_MAX * (VALUE_MAX + 64U))

/* "Section.Key=value", with DEFAULT in front if no file gave the value. */
static void apply_line(Config *config, char *line) {
        const char *rest = startswith(line, DEFAULT);
        char *dot, *equals;
        Key key;

        if (rest)
                line += strlen(DEFAULT);
        dot = strchr(line, '.');
        equals = strchr(line, '=');
        if (*line == '#' || !dot || !equals || dot > equals)
                return;
        *dot = *equals = '\0';
        if (key_lookup(line, dot + 1, &key) < 0 || config->settings[key].value)
                return;
        if (value_normalize_text(key, equals + 1, &config->settings[key].value) >= 0 && !rest)
                config->settings[key].file = strdup(LAST_GOOD_RUN);
}

static int read_text(const char *root, const char *folder, char **ret, size_t *ret_size) {
        _cleanup_free_ char *text = NULL;
        char path[PATH_MAX];
        size_t size;
        int r;

        if (snprintf(path, sizeof(path), "%s%s/" FILE_NAME, root, folder) >= (int) sizeof(path))
                return -ENAMETOOLONG;
        r = file_read_untrusted(AT_FDCWD, path, FILE_MAX, &text, &size);
        if (r < 0)
                return r;

        if (size < strlen(FILE_END) || strlen(text) != size ||
                        !streq(text + size - strlen(FILE_END), FILE_END))
                return -ENOENT;
        *ret = TAKE_PTR(text);
        *ret_size = size;
        return 0;
}

int last_good_load(const char *root, Config *ret) {
        _cleanup_free_ char *text = NULL;
        char *rest, *line;
        size_t size;
        int r;

        r = read_text(root, LAST_GOOD_RUN, &text, &size);
        if (r < 0 && r != -ENOMEM)
                r = read_text(root, LAST_GOOD_STATE, &text, &size);
        if (r < 0)
                return r == -ENOMEM ? r : -ENOENT;

        for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
                apply_line(ret, line);
        return 0;
}

/* Makes a folder and all above it; only the last one gets the mode. */
static int open_folder(const char *root, const char *folder, mode_t mode) {
        char path[PATH_MAX];
        size_t n = strlen(root);
        int fd;

        if (snprintf(path, sizeof(path), "%s%s", root, folder) >= (int) sizeof(path))
                return -ENAMETOOLONG;
        for (char *slash = path + n + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
                *slash = '\0';
                if (mkdir(path, 0755) < 0 && errno != EEXIST)
                        return negative_errno();
        }
        if (mkdir(path, mode) < 0 && errno != EEXIST)
                return negative_errno();

        fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return fd < 0 ? negative_errno() : fd;
}

/* Returns 1 if the file was written, 0 if it was as it should be. */
static int write_text(int fd, const char *text, size_t size) {
        _cleanup_free_ char *before = NULL;
        size_t before_size;
        int r;

        if (file_read_untrusted(fd, FILE_NAME, FILE_MAX, &before, &before_size) >= 0 &&
                        before_size == size && memcmp(before, text, size) == 0)
                return 0;
        r = file_write_atomic(fd, FILE_NAME, text, size, 0600);
        return r < 0 ? r : 1;
}

int last_good_save(const char *root, const Config *config) {
        _cleanup_free_ char *text = NULL;
        _cleanup_close_ int fd = -EBADF;
        size_t size;
        FILE *f;
        int r;

        f = open_memstream(&text, &size);
        if (!f)
                return negative_errno();
        fputs(FILE_HEAD, f);
        for (Key key = 0; key < _KEY_MAX; key++)
                if (!config->settings[key].bad)
                        fprintf(f, "%s%s.%s=%s\n", config->settings[key].file ? "" : DEFAULT,
                                        key_info(key)->section, key_info(key)->name,
                                        config->settings[key].value);
        fputs(FILE_END, f);
        r = fclose(f) < 0 ? negative_errno() : 0;
        if (r < 0)
                return r;

        fd = open_folder(root, LAST_GOOD_RUN, 0700);
        if (fd < 0)
                return fd;
        r = write_text(fd, text, size);
        if (r <= 0)
                return r;
        return file_write_atomic(fd, MARK_NAME, "", 0, 0600);
}

int last_good_keep(const char *root) {
        _cleanup_close_ int run_fd = -EBADF, state_fd = -EBADF;
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        run_fd = open_folder(root, LAST_GOOD_RUN, 0700);
        if (run_fd < 0)
                return run_fd;
        /* First, also where the rest fails: as long as it exists, we are started again. */
        r = file_remove(run_fd, MARK_NAME);
        if (r < 0)
                return r;

        r = read_text(root, LAST_GOOD_RUN, &text, &size);
        if (r < 0)
                return r;
        state_fd = open_folder(root, LAST_GOOD_STATE, 0700);
        if (state_fd < 0)
                return state_fd;
        r = write_text(state_fd, text, size);
        return r < 0 ? r : 0;
}

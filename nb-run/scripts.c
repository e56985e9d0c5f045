/* SPDX-License-Identifier: Apache-2.0 */
/* Which scripts belong to an event, and which of them may run? See scripts.h. */
#include "scripts.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/sysmacros.h>

static const char *const leftovers[] = { "*~", "*.bak", "*.swp", "*.dpkg-*", "*.rpm*", "*.ucf-*" };

void scripts_done(ScriptList *list) {
        for (size_t i = 0; i < list->n; i++) {
                free(list->items[i].name);
                free(list->items[i].path);
                free(list->items[i].reason);
        }
        free(list->items);
        *list = (ScriptList){};
}

bool script_name_is_skipped(const char *name) {
        if (*name == '.')
                return true;
        for (size_t i = 0; i < ELEMENTSOF(leftovers); i++)
                if (fnmatch(leftovers[i], name, 0) == 0)
                        return true;
        return false;
}

static int script_judge(Script *script, ScriptVerdict verdict, const char *format, ...) _printf_(3, 4);
static int script_judge(Script *script, ScriptVerdict verdict, const char *format, ...) {
        va_list ap;
        int n;

        va_start(ap, format);
        n = vasprintf(&script->reason, format, ap);
        va_end(ap);
        if (n < 0) {
                script->reason = NULL;
                return -ENOMEM;
        }
        script->verdict = verdict;
        return 0;
}

/* path: of the script, or of the folder that the item stands for. */
static int list_add(ScriptList *list, const char *name, const char *path, size_t index, Script **ret) {
        Script script = { .folder = index };

        if (list->n == list->allocated) {
                size_t allocated = list->allocated ? 2 * list->allocated : 16;
                Script *items = reallocarray(list->items, allocated, sizeof(*items));

                if (!items)
                        return -ENOMEM;
                list->items = items;
                list->allocated = allocated;
        }

        script.name = strdup(name);
        script.path = strdup(path);
        if (!script.name || !script.path) {
                free(script.name);
                free(script.path);
                return -ENOMEM;
        }
        list->items[list->n] = script;
        *ret = &list->items[list->n++];
        return 0;
}

static bool is_null_device(const struct stat *st) {
        return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

/* The verdict over what a name leads to; r is how the way there went. */
static int script_check(
                const Trust *trust, Script *script, int r, const struct stat *st, const char *reason) {
        const char *why;

        if (r == -EPERM && *reason)
                return script_judge(script, SCRIPT_REFUSED, "%s", reason);
        if (r == -ENOENT)
                return script_judge(script, SCRIPT_REFUSED, "it is a dangling symbolic link");
        if (r < 0)
                return script_judge(script, SCRIPT_REFUSED, "it cannot be checked: %s", strerror(-r));

        if (is_null_device(st))
                return script_judge(script, SCRIPT_MASKED, "it is the null device");
        if (S_ISREG(st->st_mode) && st->st_size == 0)
                return script_judge(script, SCRIPT_MASKED, "masked by an empty file");
        why = trust_refusal(trust, st);
        return why ? script_judge(script, SCRIPT_REFUSED, "%s", why) : 0;
}

/* name, below folder_fd, is where the script is; the way to there was checked. */
static int script_examine(const Trust *trust, int folder_fd, const char *name, Script *script) {
        char reason[TRUST_REASON_MAX] = "", target[PATH_MAX];
        struct stat st;
        int r = 0;

        if (fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
                if (errno == ENOENT)
                        return script_judge(script, SCRIPT_SKIPPED, "it was removed meanwhile");
                return script_judge(script, SCRIPT_REFUSED, "it cannot be checked: %m");
        }
        if (S_ISLNK(st.st_mode)) {
                ssize_t n = readlinkat(folder_fd, name, target, sizeof(target));

                /* Whoever the device belongs to where users are mapped. */
                if (n == (ssize_t) strlen("/dev/null") && memcmp(target, "/dev/null", (size_t) n) == 0)
                        return script_judge(script, SCRIPT_MASKED, "masked by a link to /dev/null");
                r = trust_walk(trust, script->path, &st, reason);
        }
        return script_check(trust, script, r, &st, reason);
}

int script_examine_again(const Trust *trust, Script *script) {
        char folder[PATH_MAX + NAME_MAX + 1], reason[TRUST_REASON_MAX];
        struct stat st;
        int r;

        (void) snprintf(folder, sizeof(folder), "%s", script->path);
        *strrchr(folder, '/') = '\0';
        r = trust_walk(trust, folder, &st, reason);
        if (r < 0 && r != -ENOENT)
                return script_check(trust, script, r, &st, reason);
        return script_examine(trust, trust->root_fd, script->path + 1, script);
}

/* By hand, as fdopendir() asks for status and flags before it reads, and takes 32 KiB of memory: at each event, for a
 * folder that mostly holds a script or two. */
static int list_folder(ScriptList *list, int fd, const char *folder, size_t index) {
        char buffer[8192] __attribute__((aligned(__alignof__(struct dirent64)))),
                        path[PATH_MAX + NAME_MAX + 1];
        ssize_t n;
        int r;

        while ((n = getdents64(fd, (void *) buffer, sizeof(buffer))) > 0)
                for (ssize_t i = 0; i < n;) {
                        const struct dirent64 *d = (const void *) (buffer + i);
                        Script *script;

                        i += d->d_reclen;
                        if (streq(d->d_name, ".") || streq(d->d_name, ".."))
                                continue;
                        (void) snprintf(path, sizeof(path), "%s/%s", folder, d->d_name);
                        r = list_add(list, d->d_name, path, index, &script);
                        if (r < 0)
                                return r;
                        if (script_name_is_skipped(d->d_name)) {
                                r = script_judge(script, SCRIPT_SKIPPED, "hidden, or a leftover");
                                if (r < 0)
                                        return r;
                        }
                }
        return n < 0 ? negative_errno() : 0;
}

/* One item stands for the whole folder. */
static int refuse_folder(
                ScriptList *list, size_t first, const char *folder, size_t index, const char *reason) {
        Script *script;
        int r;

        while (list->n > first) {
                Script *last = &list->items[--list->n];

                free(last->name);
                free(last->path);
                free(last->reason);
        }
        r = list_add(list, folder, folder, index, &script);
        return r < 0 ? r : script_judge(script, SCRIPT_REFUSED, "%s", reason);
}

static bool has_candidates(const ScriptList *list, size_t first) {
        for (size_t i = first; i < list->n; i++)
                if (list->items[i].verdict != SCRIPT_SKIPPED)
                        return true;
        return false;
}

static int find_in_folder(const Trust *trust, ScriptList *list, const char *folder, size_t index) {
        char reason[TRUST_REASON_MAX];
        _cleanup_close_ int fd = -EBADF;
        size_t first = list->n;
        struct stat st;
        int r;

        fd = openat(trust->root_fd, folder + 1, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
                return 0;
        r = fd < 0 ? negative_errno() : list_folder(list, fd, folder, index);
        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                (void) snprintf(reason, sizeof(reason), "it cannot be listed: %s", strerror(-r));
                return refuse_folder(list, first, folder, index, reason);
        }
        if (!has_candidates(list, first))
                return 0;

        r = trust_walk(trust, folder, &st, reason);
        if (r < 0) {
                if (!*reason)
                        (void) snprintf(reason, sizeof(reason), "it cannot be checked: %s", strerror(-r));
                return refuse_folder(list, first, folder, index, reason);
        }
        for (size_t i = first; i < list->n; i++)
                if (list->items[i].verdict == SCRIPT_RUN) {
                        r = script_examine(trust, fd, list->items[i].name, &list->items[i]);
                        if (r < 0)
                                return r;
                }
        return 0;
}

static int compare_scripts(const void *a, const void *b) {
        const Script *x = a, *y = b;
        int r = strcmp(x->name, y->name);

        return r != 0 ? r : x->folder < y->folder ? -1 : x->folder > y->folder;
}

/* The first of each name wins, whatever its verdict. */
static int override(ScriptList *list) {
        const Script *winner = NULL;
        int r;

        for (size_t i = 0; i < list->n; i++) {
                Script *script = &list->items[i];

                if (script->verdict == SCRIPT_SKIPPED)
                        continue;
                if (!winner || !streq(winner->name, script->name)) {
                        winner = script;
                        continue;
                }
                free(script->reason);
                r = script_judge(script, SCRIPT_OVERRIDDEN, "%s %s",
                                winner->verdict == SCRIPT_MASKED ? "masked by" : "overridden by",
                                winner->path);
                if (r < 0)
                        return r;
        }
        return 0;
}

int scripts_find(const Trust *trust, EventType event, ScriptList *ret) {
        const EventInfo *info = event_info(event);
        _cleanup_scripts_ ScriptList list = {};
        char folder[PATH_MAX];
        size_t index = 0;
        int r;

        for (size_t i = 0; i < ELEMENTSOF(event_script_roots); i++)
                for (const char *const *d = info->directories; *d; d++) {
                        (void) snprintf(folder, sizeof(folder), "%s/%s", event_script_roots[i], *d);
                        r = find_in_folder(trust, &list, folder, index++);
                        if (r < 0)
                                return r;
                }

        if (list.n > 1)
                qsort(list.items, list.n, sizeof(*list.items), compare_scripts);
        r = override(&list);
        if (r < 0)
                return r;

        *ret = list;
        list = (ScriptList){};
        return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Which users must scripts not run as? See users.h. */
#include "users.h"

#include <limits.h>
#include <pwd.h>

#include "glob.h"

static const char *const names[] = { "network-broker", "network-broker-lease" };

static bool name_is_own(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (streq(name, names[i]))
                        return true;
        return false;
}

bool user_is_own(const char *own_users, const char *user) {
        const char *word;
        size_t n;

        while (own_users && link_patterns_next(&own_users, &word, &n))
                if (strlen(user) == n && memcmp(user, word, n) == 0)
                        return true;
        return name_is_own(user);
}

static void find_numbers(FILE *passwd, uid_t uids[static ELEMENTSOF(names)]) {
        for (struct passwd *p; (p = fgetpwent(passwd));)
                for (size_t i = 0; i < ELEMENTSOF(names); i++)
                        if (streq(p->pw_name, names[i]))
                                uids[i] = p->pw_uid;
}

static void put_users(FILE *passwd, const uid_t *uids, FILE *f) {
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (uids[i] != 0)
                        fprintf(f, "%u ", (unsigned) uids[i]);
        for (struct passwd *p; (p = fgetpwent(passwd));)
                for (size_t i = 0; i < ELEMENTSOF(names); i++)
                        if (uids[i] != 0 && p->pw_uid == uids[i])
                                fprintf(f, "%s ", p->pw_name);
}

int own_users_read(const char *root, char **ret) {
        _cleanup_fclose_ FILE *passwd = NULL;
        uid_t uids[ELEMENTSOF(names)] = {};
        char path[PATH_MAX], *text = NULL;
        size_t size;
        FILE *f;
        int r;

        f = open_memstream(&text, &size);
        if (!f)
                return negative_errno();
        snprintf(path, sizeof(path), "%s/etc/passwd", root);
        passwd = fopen(path, "re");
        r = passwd || errno == ENOENT ? 0 : negative_errno();
        if (passwd) {
                find_numbers(passwd, uids);
                rewind(passwd);
                put_users(passwd, uids, f);
        }
        if (fclose(f) != 0) {
                free(text);
                return -ENOMEM;
        }
        if (r < 0) {
                free(text);
                return r;
        }

        *ret = text;
        return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Which units start with network-broker.target? See wants.h. */
#include "wants.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "generators.h"
#include "glob.h"
#include "unit-name.h"

#define TARGET_WANTS "network-broker.target.wants"

/* Only the name of the link counts to PID 1, so where the unit or its template is installed does not have to be
 * known. */
static int add_unit(int wants_fd, const char *unit, const char *target) {
        if (symlinkat(target, wants_fd, unit) < 0 && errno != EEXIST)
                return negative_errno();
        return 0;
}

/* The '!' words of a list, behind a "*": matches what they do not take out. */
static int take_out_patterns(const char *patterns, char **ret) {
        char *all = malloc(strlen(patterns) + 3), *p = all;
        const char *word;
        size_t n;

        if (!all)
                return -ENOMEM;
        p += sprintf(p, "*");
        while (link_patterns_next(&patterns, &word, &n))
                if (*word == '!')
                        p += sprintf(p, " %.*s", (int) n, word);
        *ret = all;
        return 0;
}

/* nb-watch starts the units of links that a glob matches; those that are named need not wait for it. */
static int add_units_of_links(int wants_fd, UnitKind kind, const char *patterns, const char *target) {
        _cleanup_free_ char *all = NULL;
        const char *word;
        size_t n;
        int r, first = 0;

        r = take_out_patterns(patterns, &all);
        if (r < 0)
                return r;

        while (link_patterns_next(&patterns, &word, &n)) {
                char link[LINK_PATTERN_MAX + 1], unit[UNIT_NAME_LENGTH_MAX];

                if (n >= sizeof(link))
                        continue;
                memcpy(link, word, n);
                link[n] = '\0';
                if (!link_pattern_is_literal(link) || !link_patterns_match(all, link))
                        continue;
                r = unit_name_format(kind, EVENT_TYPE_MANAGER, link, unit);
                if (r >= 0)
                        r = add_unit(wants_fd, unit, target);
                if (r < 0 && first == 0)
                        first = r;
        }
        return first;
}

int wants_write(int dir_fd, const Config *config) {
        _cleanup_close_ int wants_fd = -EBADF;
        int r, first;

        if (mkdirat(dir_fd, TARGET_WANTS, 0755) < 0 && errno != EEXIST)
                return negative_errno();
        wants_fd = openat(dir_fd, TARGET_WANTS, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (wants_fd < 0)
                return negative_errno();

        first = add_unit(wants_fd, "nb-keep.path", "../nb-keep.path");
        r = add_units_of_links(wants_fd, UNIT_RULES, config->settings[KEY_Network_RoutingPolicyRules].value,
                        "../nb-rules@.service");
        if (r < 0 && first == 0)
                first = r;
        if (!generators_include(config->settings[KEY_System_Generator].value, GENERATOR_DHCLIENT))
                return first;

        r = add_units_of_links(wants_fd, UNIT_LEASE_PATH, config->settings[KEY_Network_Links].value,
                        "../nb-lease@.path");
        return first < 0 ? first : r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Is this one of the configured sources? See generators.h. */
#include "generators.h"

#define SPACE " "

bool generators_include(const char *generators, const char *name) {
        const char *p = generators && *generators ? generators : GENERATOR_DEFAULT;
        size_t n = strlen(name), length;

        for (; *p; p += length, p += strspn(p, SPACE)) {
                length = strcspn(p, SPACE);
                if (length == n && memcmp(p, name, n) == 0)
                        return true;
        }
        return false;
}

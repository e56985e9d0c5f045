/* SPDX-License-Identifier: Apache-2.0 */
/* Which variables does an event carry? common/variable.h has the list. */
#include "variables.h"

#include <stdarg.h>

#include "variable.h"
#include "watch.h"

int variables_add(char ***variables, const char *name, const char *format, ...) {
        _cleanup_free_ char *value = NULL;
        char *assignment, **more;
        size_t n = 0;
        va_list ap;
        int r;

        va_start(ap, format);
        r = vasprintf(&value, format, ap);
        va_end(ap);
        if (r < 0) {
                value = NULL;
                return -ENOMEM;
        }
        /* Too large for the environment: the JSON has it. */
        if (strlen(value) > VARIABLE_VALUE_MAX)
                return -E2BIG;

        while (*variables && (*variables)[n])
                n++;
        more = reallocarray(*variables, n + 2, sizeof(char *));
        if (!more)
                return -ENOMEM;
        *variables = more;
        more[n] = NULL;
        if (asprintf(&assignment, "%s=%s", name, value) < 0)
                return -ENOMEM;
        more[n] = assignment;
        more[n + 1] = NULL;
        return 0;
}

char **variables_of_link(const Link *link, EventType event) {
        EventKind kind = event_info(event)->kind;
        char **variables = NULL;
        int r;

        r = variables_add(&variables, "LINKINDEX", "%i", link->ifindex);
        if (r >= 0 && kind != EVENT_OPERATIONAL && link->operational >= 0)
                r = variables_add(&variables, "OperationalState", "%s",
                                event_name((EventType) link->operational));
        if (r >= 0 && kind != EVENT_SETUP && link->setup >= 0)
                r = variables_add(&variables, "AdministrativeState", "%s",
                                event_name((EventType) link->setup));
        if (r < 0) {
                strv_free(variables);
                return NULL;
        }
        return variables;
}

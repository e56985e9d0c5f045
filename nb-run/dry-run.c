/* SPDX-License-Identifier: Apache-2.0 */
/* What would be done for an event? See dry-run.h. */
#include "dry-run.h"

#include "output.h"
#include "run-event.h"
#include "unit-environment.h"

static const char *const verdicts[] = {
        [SCRIPT_RUN] = "run",
        [SCRIPT_MASKED] = "masked",
        [SCRIPT_OVERRIDDEN] = "hidden",
        [SCRIPT_SKIPPED] = "skipped",
        [SCRIPT_REFUSED] = "refused",
};

/* A line end in a name would make two lines of one. */
static void print_name(const char *s) {
        for (; *s; s++)
                if ((unsigned char) *s < 0x20 || *s == 0x7f)
                        printf("\\x%02x", (unsigned char) *s);
                else
                        putchar(*s);
}

static void print_scripts(const Part *part) {
        printf("Scripts of %s:\n", event_name(part->event));
        for (size_t i = 0; i < part->scripts.n; i++) {
                const Script *script = &part->scripts.items[i];

                printf("  %-8s ", verdicts[script->verdict]);
                print_name(script->path);
                if (script->reason)
                        printf(": ");
                print_name(strempty(script->reason));
                putchar('\n');
        }
        if (part->scripts.n == 0)
                printf("  none\n");
}

static int compare_strings(const void *a, const void *b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static void print_environment(Environment *e) {
        qsort(e->list, e->n, sizeof(*e->list), compare_strings);
        printf("\nEnvironment:\n");
        for (size_t i = 0; i < e->n; i++)
                printf("  %s\n", e->list[i]);
        printf("  and what systemd sets for each run, such as PATH, LANG, INVOCATION_ID and JOURNAL_STREAM\n");
}

/* The unit's variables become ours, where they are looked for, and what environment_inherit() takes for
 * systemd's. */
static int adopt(const UnitEnvironment *unit, const char ***ret) {
        static char self[64];
        const char **inherited;
        size_t n = 0;

        for (size_t i = 0; i < unit->n; i++)
                if (startswith(unit->list[i], "NB_") && putenv(unit->list[i]) != 0)
                        return negative_errno();

        inherited = calloc(unit->n + 2, sizeof(*inherited));
        if (!inherited)
                return -ENOMEM;
        (void) snprintf(self, sizeof(self), "SYSTEMD_EXEC_PID=%i", getpid());
        inherited[n++] = self;
        for (size_t i = 0; i < unit->n; i++)
                inherited[n++] = unit->list[i];
        *ret = inherited;
        return 0;
}

int dry_run(Runner *runner, const char *instance) {
        _cleanup_plan_ Plan plan = PLAN_INITIALIZER;
        _cleanup_free_ const char **inherited = NULL;
        /* putenv() keeps parts of it until the end of the program. */
        static UnitEnvironment unit;
        int r;

        r = output_check();
        if (r < 0)
                return r;
        r = unit_environment_read(runner->unit, &unit);
        if (r < 0)
                (void) log_warning_errno(r,
                                "PID 1 does not tell the configuration of %s; the defaults are shown",
                                runner->unit);
        r = adopt(&unit, &inherited);
        if (r >= 0)
                r = plan_make(runner, instance, inherited, true, &plan);
        if (r < 0)
                return r;

        /* Without one of its own the unit has systemd's, which is not that of every release. */
        if (!unit_environment_has(&unit, "PATH="))
                environment_unset(&plan.environment, "PATH");

        printf("%s, as %s\n\n", runner->unit, unit.user && *unit.user ? unit.user : "root");
        if (strempty(getenv("NB_REFUSE"))[0])
                printf("No script is run: %s\n\n", getenv("NB_REFUSE"));
        for (size_t i = 0; i < plan.n_parts; i++)
                print_scripts(&plan.parts[i]);
        print_environment(&plan.environment);
        return output_flush();
}

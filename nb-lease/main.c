/* SPDX-License-Identifier: Apache-2.0 */
/* nb-lease: what does dhclient's lease file say about this link? */
#include "generators.h"
#include "glob.h"
#include "log.h"
#include "options.h"
#include "output.h"
#include "unit-name.h"
#include "update.h"

#define PATTERNS_MAX 16384U

static bool arg_dry_run;
static const char *arg_link;
static char *const *arg_files;

static const char help[] =
                "Usage: nb-lease [OPTION…] LINK [FILE…]\n\n"
                "Reads the lease files of ISC dhclient and puts the current lease of LINK into\n" LEASE_FOLDER
                "/LINK, or removes that file if there is none.\n"
                "LINK is written as in the name of the unit nb-lease@LINK.service.\n\n"
                "  -n, --dry-run   Print the lease, change nothing\n"
                "  -h, --help      Show this help\n"
                "      --version   Show the version\n\n"
                "FILE is an absolute path or a glob, in place of those in $NB_LEASE_FILES, or of the default:\n" LEASE_FILES_DEFAULT;

/* Of LeaseFiles= most are not there, but a name by hand that is none is a slip, and no reason to take a lease away. */
static int file_check(const char *file) {
        _cleanup_(lease_sources_done) LeaseSources sources = {};
        struct stat st;

        if (*file != '/' || strpbrk(file, " \t\n"))
                return log_error_errno(EINVAL, "%s: not an absolute path without white space", file);
        if (lease_sources_find(file, &sources) < 0 || sources.n > 0 || sources.denied)
                return 0;
        if (stat(file, &st) < 0)
                return log_error_errno(errno, "%s: %m", file);
        return log_error_errno(EINVAL, "%s: %s, not a lease file", file,
                        S_ISDIR(st.st_mode) ? "a folder" : "not a regular file");
}

/* Returns 0 if the program has nothing more to do. */
static int arguments_parse(int argc, char *argv[]) {
        static const Option options[] = { { "dry-run", 'n', &arg_dry_run }, {} };
        int r;

        r = options_parse(argc, argv, "nb-lease", help, options);
        if (r <= 0)
                return r;
        if (r >= argc)
                return log_error_errno(EINVAL, "nb-lease: a link is missing; see nb-lease --help");
        arg_link = argv[r];
        arg_files = argv + r + 1;
        return 1;
}

/* The patterns, and whether somebody asked for them. */
static int patterns_get(char **ret, bool *ret_strict) {
        _cleanup_free_ char *patterns = calloc(1, PATTERNS_MAX);
        const char *from_unit = getenv("NB_LEASE_FILES");
        size_t n = 0;

        if (!patterns)
                return -ENOMEM;
        if (!*arg_files)
                n = (size_t) snprintf(
                                patterns, PATTERNS_MAX, "%s", from_unit ? from_unit : LEASE_FILES_DEFAULT);
        for (char *const *file = arg_files; *file && n < PATTERNS_MAX; file++)
                n += (size_t) snprintf(patterns + n, PATTERNS_MAX - n, "%s ", *file);
        if (n >= PATTERNS_MAX)
                return -E2BIG;

        *ret_strict = !streq(patterns, LEASE_FILES_DEFAULT);
        *ret = TAKE_PTR(patterns);
        return 0;
}

/* A link that is gone has no lease, whatever the file says. */
static bool link_exists(const char *link) {
        char path[64];

        if (access("/sys/class/net/lo", F_OK) < 0)
                return true;
        snprintf(path, sizeof(path), "/sys/class/net/%s", link);
        return access(path, F_OK) >= 0;
}

/* A link that is not of Links=, and every link without Generator=dhclient, has no lease as far as we are concerned, so
 * what was set by one is taken back. By hand, without the environment of the unit, the file alone counts. */
static bool is_wanted(const char *link) {
        const char *links = getenv("NB_LINKS"), *generators = getenv("NB_GENERATOR");

        return link_patterns_watch(strempty(links), link) &&
                        (!generators || generators_include(generators, GENERATOR_DHCLIENT));
}

static int print(const LeaseLook *look) {
        _cleanup_free_ char *text = NULL;
        int r;

        if (look->lease) {
                r = lease_format(look->lease, &text);
                if (r < 0)
                        return log_error_errno(r, "Cannot print the lease: %m");
        }
        fputs(text ? text : "no lease\n", stdout);
        return output_flush();
}

static int run(int argc, char *argv[]) {
        _cleanup_(lease_look_done) LeaseLook look = {};
        _cleanup_free_ char *patterns = NULL, *known_from = NULL;
        uint64_t fingerprint;
        char unit[UNIT_NAME_LENGTH_MAX];
        UnitName name;
        LeaseQuery query = { .link = name.link };
        bool exists;
        int r;

        log_setup("nb-lease", LOG_TARGET_AUTO);
        r = arguments_parse(argc, argv);
        if (r <= 0)
                return r;
        r = arg_dry_run ? output_check() : 0;
        if (r < 0)
                return r;

        r = snprintf(unit, sizeof(unit), "nb-lease@%s.service", arg_link);
        if (r >= (int) sizeof(unit) || unit_name_parse(unit, &name) < 0)
                return log_error_errno(EINVAL, "%s: not the name of a link as unit names hold it", arg_link);

        for (char *const *file = arg_files; *file; file++) {
                r = file_check(*file);
                if (r < 0)
                        return r;
        }
        r = patterns_get(&patterns, &query.strict);
        if (r < 0)
                return log_error_errno(r, "%s: cannot take the names of the lease files: %m", name.link);
        query.patterns = patterns;
        (void) lease_fingerprint_read(LEASE_FOLDER, name.link, &fingerprint, &known_from);
        query.known_from = known_from;
        r = lease_look(&query, &look);
        if (r < 0)
                return log_error_errno(r, "%s: cannot read the lease files: %m", name.link);
        if (arg_dry_run)
                return print(&look);

        exists = link_exists(name.link);
        if (!exists || !is_wanted(name.link))
                lease_look_forget(&look);
        look.link_gone = !exists;
        r = lease_publish(LEASE_FOLDER, &query, &look);
        if (r < 0)
                return log_error_errno(r, "%s: cannot write below " LEASE_FOLDER ": %m", name.link);
        return EXIT_SUCCESS;
}

DEFINE_MAIN_FUNCTION(run);

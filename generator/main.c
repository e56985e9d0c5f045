/* SPDX-License-Identifier: Apache-2.0 */
/* nb-generator: what did the administrator ask for? A generator of systemd, see systemd.generator(7): reads the
 * configuration and writes drop-ins and .wants links from which all other programs have theirs. */
#include <fcntl.h>
#include <getopt.h>
#include <sys/stat.h>

#include "emit.h"
#include "last-good.h"
#include "load.h"
#include "log.h"
#include "output.h"

static enum {
        ACTION_GENERATE,
        ACTION_CHECK,
        ACTION_KEEP,
} arg_action = ACTION_GENERATE;
static const char *arg_root = "";

static void config_files_donep(ConfigFiles *files) {
        config_files_done(files);
}

static void config_donep(Config *config) {
        config_done(config);
}

static void messages_donep(Messages *messages) {
        messages_done(messages);
}

static int help(void) {
        return output_line("nb-generator [OPTIONS] [FOLDER...]\n"
                           "\n"
                           "Turn the configuration of network-broker into drop-ins for its units.\n"
                           "systemd runs this at boot and at each systemctl daemon-reload.\n"
                           "\n"
                           "  FOLDER               Where to write; the first one is used\n"
                           "     --check [FILE...] Say what is wrong with the configuration, or with\n"
                           "                       the files named; exit status 1 if anything is\n"
                           "     --keep            Keep the last good configuration over a reboot\n"
                           "  -h --help            Show this help\n"
                           "     --version         Show the version\n"
                           "\n"
                           "See nb-generator(8) and network-broker.toml(5).");
}

/* Returns 1 to go on, 0 if all is done. */
static int parse_argv(int argc, char *argv[]) {
        enum {
                OPTION_CHECK = 0x100,
                OPTION_KEEP,
                OPTION_VERSION,
        };
        static const struct option options[] = {
                { "check", no_argument, NULL, OPTION_CHECK },
                { "keep", no_argument, NULL, OPTION_KEEP },
                { "version", no_argument, NULL, OPTION_VERSION },
                { "help", no_argument, NULL, 'h' },
                {},
        };
        int c;

        while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0)
                switch (c) {
                case OPTION_CHECK:
                        arg_action = ACTION_CHECK;
                        break;
                case OPTION_KEEP:
                        arg_action = ACTION_KEEP;
                        break;
                case OPTION_VERSION:
                        return output_line("nb-generator " VERSION);
                case 'h':
                        return help();
                default:
                        return -EINVAL;
                }

        if ((arg_action == ACTION_GENERATE && optind >= argc) ||
                        (arg_action == ACTION_KEEP && optind < argc)) {
                fprintf(stderr, "%s: expected %s, see --help\n", argv[0],
                                arg_action == ACTION_KEEP ? "no arguments"
                                                          : "a folder to write to, or an option");
                return -EINVAL;
        }
        return 1;
}

static int check(char *const *paths) {
        _cleanup_(config_files_donep) ConfigFiles files = {};
        _cleanup_(messages_donep) Messages messages = {};
        _cleanup_(config_donep) Config config = {};
        int r = 0;

        if (!*paths)
                r = config_init(&config, arg_root, &messages);
        if (r >= 0 && !*paths)
                r = load_all(arg_root, &config, &files, &messages);
        for (; r >= 0 && *paths; paths++) {
                _cleanup_(config_donep) Config alone = {};

                r = config_init(&alone, "", &messages);
                if (r >= 0)
                        r = load_file("", *paths, &alone, &messages);
        }
        if (r < 0)
                return log_fatal_errno(r, "Cannot check the configuration: %m");

        for (size_t i = 0; i < messages.n; i++)
                fprintf(stderr, "%s\n", messages.items[i].text);
        if (messages.n_dropped > 0)
                fprintf(stderr, "... and %zu more\n", messages.n_dropped);
        return messages_count(&messages) > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int keep(void) {
        int r;

        r = last_good_keep(arg_root);
        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return log_error_errno(
                                r, "Cannot keep the last good configuration in " LAST_GOOD_STATE ": %m");
        return 0;
}

static void log_messages(const Messages *messages) {
        for (size_t i = 0; i < messages->n; i++)
                log_message(messages->items[i].kind == MESSAGE_WARNING ? LOG_WARNING : LOG_ERR, 0, NULL,
                                "%s", messages->items[i].text);
        if (messages->n_dropped > 0)
                log_warning("%zu more problems with the configuration", messages->n_dropped);
}

/* The file to name as the source of what is generated. */
static const char *find_source(const ConfigFiles *files) {
        return files->n > 0 ? files->paths[0] : NULL;
}

static int write_result(const char *folder, const Config *config, const ConfigFiles *files,
                const Messages *messages) {
        _cleanup_close_ int fd = -EBADF;

        fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return negative_errno();
        return emit_all(fd, config, find_source(files), messages);
}

static int generate(const char *folder) {
        _cleanup_(config_files_donep) ConfigFiles files = {};
        _cleanup_(messages_donep) Messages messages = {};
        _cleanup_(config_donep) Config config = {}, last_good = {};
        bool has_last_good;
        int r, q;

        umask(0022);

        r = last_good_load(arg_root, &last_good);
        has_last_good = r >= 0;
        if (r >= 0 || r == -ENOENT)
                r = config_init(&config, arg_root, &messages);
        if (r >= 0)
                r = load_all(arg_root, &config, &files, &messages);
        if (r >= 0)
                r = config_settle(&config, has_last_good ? &last_good : NULL, &messages);
        if (r < 0)
                return log_fatal_errno(r, "Cannot read the configuration: %m");

        r = write_result(folder, &config, &files, &messages);
        log_messages(&messages);
        if (r < 0)
                log_fatal_errno(r, "Cannot write to %s: %m", folder);

        /* Also what came from /var at a boot: so the next reload finds it in /run. */
        if (!config.broken || has_last_good) {
                q = last_good_save(arg_root, &config);
                if (q < 0)
                        log_error_errno(q,
                                        "Cannot keep the last good configuration in " LAST_GOOD_RUN ": %m");
        }
        return r;
}

/* The root folder of a test; it also shows its messages. PID 1 never sets it. */
static void set_root(void) {
        const char *root = getenv("NB_GENERATOR_ROOT");

        if (root)
                arg_root = root;
        log_setup("nb-generator",
                        root || arg_action != ACTION_GENERATE || isatty(STDERR_FILENO) ? LOG_TARGET_STDERR
                                                                                       : LOG_TARGET_BOOT);
}

static int run(int argc, char *argv[]) {
        int r;

        r = parse_argv(argc, argv);
        if (r <= 0)
                return r;
        set_root();

        if (arg_action == ACTION_CHECK)
                return check(argv + optind);
        if (arg_action == ACTION_KEEP)
                return keep();
        return generate(argv[optind]);
}

DEFINE_MAIN_FUNCTION(run);

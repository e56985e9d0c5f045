/* SPDX-License-Identifier: Apache-2.0 */
/* Which options were given? See options.h. */
#include "options.h"

#include <getopt.h>

#include "output.h"

#define OPTIONS_MAX 8U
/* Behind all letters: the version, then the options of the program. */
#define FIRST_VALUE 0x100

int options_parse(int argc, char *argv[], const char *program, const char *help, const Option *options) {
        struct option list[OPTIONS_MAX + 3] = {
                { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, FIRST_VALUE },
        };
        char letters[OPTIONS_MAX + 2] = "h";
        size_t n = 0;
        int c;

        for (; n < OPTIONS_MAX && options[n].name; n++) {
                list[n + 2] = (struct option){ options[n].name, no_argument, NULL,
                        FIRST_VALUE + 1 + (int) n };
                letters[strlen(letters)] = options[n].letter;
        }

        while ((c = getopt_long(argc, argv, letters, list, NULL)) >= 0) {
                if (c == 'h')
                        return output_line(help);
                if (c == FIRST_VALUE) {
                        char version[64];

                        (void) snprintf(version, sizeof(version), "%s " VERSION, program);
                        return output_line(version);
                }
                if (c == '?')
                        return -EINVAL;
                for (size_t i = 0; i < n; i++)
                        if (c == options[i].letter || c == FIRST_VALUE + 1 + (int) i)
                                *options[i].given = true;
        }
        return optind;
}

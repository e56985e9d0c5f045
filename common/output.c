/* SPDX-License-Identifier: Apache-2.0 */
/* Did what was printed arrive? See output.h. */
#include "output.h"

#include <fcntl.h>

#include "log.h"

int output_check(void) {
        if (fcntl(STDOUT_FILENO, F_GETFD) >= 0)
                return 0;
        return log_error_errno(errno, "Cannot write to standard output: %m");
}

int output_line(const char *text) {
        int r;

        r = output_check();
        if (r < 0)
                return r;
        puts(text);
        return output_flush();
}

int output_flush(void) {
        bool failed = ferror(stdout);
        int r = 0;

        if (fflush(stdout) != 0)
                r = negative_errno();
        else if (failed)
                r = -EIO;
        return r < 0 ? log_error_errno(r, "Cannot write to standard output: %m") : 0;
}

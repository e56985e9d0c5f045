/* SPDX-License-Identifier: Apache-2.0 */
/* Is this descriptor connected to the journal? See journal-connected.h. */
#include "journal-connected.h"

#include <sys/stat.h>

bool journal_is_connected(int fd) {
        const char *e = getenv("JOURNAL_STREAM");
        unsigned long long device, inode;
        struct stat st;
        char *end;

        if (!e || fstat(fd, &st) < 0)
                return false;
        device = strtoull(e, &end, 10);
        if (*end != ':')
                return false;
        inode = strtoull(end + 1, &end, 10);
        return *end == '\0' && device == st.st_dev && inode == st.st_ino;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Which number does a text hold? strtoull() alone takes blanks, signs and 0x. */
#include "number.h"

int number_parse(const char *text, int base, uint64_t max, uint64_t *ret) {
        const char *digits = base == 16 ? "0123456789abcdef" : "0123456789";
        unsigned long long n;

        if (!text || !*text || text[strspn(text, digits)] != '\0')
                return -EINVAL;
        errno = 0;
        n = strtoull(text, NULL, base);
        if (errno > 0 || n > max)
                return -ERANGE;

        *ret = n;
        return 0;
}

int ifindex_parse(const char *text, int *ret) {
        uint64_t n;
        int r;

        r = number_parse(text, 10, INT32_MAX, &n);
        if (r < 0)
                return r;
        if (n == 0)
                return -ERANGE;

        *ret = (int) n;
        return 0;
}

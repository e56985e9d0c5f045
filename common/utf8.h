/* SPDX-License-Identifier: Apache-2.0 */
/* Which bytes are UTF-8? */
#pragma once

#include "macros.h"

/* U+FFFD, what stands for a byte that is none. */
#define UTF8_REPLACEMENT "\xef\xbf\xbd"

/* The length of the character at s (n > 0 bytes left), or 0 if it is none: cut, too long for its value, a
 * surrogate, or behind U+10FFFF. */
static inline size_t utf8_step(const char *s, size_t n) {
        const unsigned char *p = (const unsigned char *) s;
        unsigned char low = 0x80, high = 0xbf;
        size_t length;

        if (p[0] < 0x80)
                return 1;
        if (p[0] < 0xc2 || p[0] > 0xf4)
                return 0;
        length = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
        if (length > n)
                return 0;

        if (p[0] == 0xe0)
                low = 0xa0;
        else if (p[0] == 0xed)
                high = 0x9f;
        else if (p[0] == 0xf0)
                low = 0x90;
        else if (p[0] == 0xf4)
                high = 0x8f;
        if (p[1] < low || p[1] > high)
                return 0;
        for (size_t i = 2; i < length; i++)
                if (p[i] < 0x80 || p[i] > 0xbf)
                        return 0;
        return length;
}

/* Whether the character at s, of as many bytes as utf8_step() has said, is one of the 66 that Unicode keeps for other
 * uses than text: U+FDD0 to U+FDEF, and the last two of each 65,536. To PID 1 they are no UTF-8. */
static inline bool utf8_is_noncharacter(const char *s, size_t length) {
        const unsigned char *p = (const unsigned char *) s;

        if (length == 3 && p[0] == 0xef)
                return p[1] == 0xb7 ? p[2] >= 0x90 && p[2] <= 0xaf : p[1] == 0xbf && p[2] >= 0xbe;
        return length == 4 && (p[1] & 0x0f) == 0x0f && p[2] == 0xbf && p[3] >= 0xbe;
}

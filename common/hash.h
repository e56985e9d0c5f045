/* SPDX-License-Identifier: Apache-2.0 */
/* The hash FNV-1a of 64 bits, http://www.isthe.com/chongo/tech/comp/fnv/. */
#pragma once

#include "macros.h"

/* What hash_bytes() starts from. */
#define HASH_START UINT64_C(0xcbf29ce484222325)

/* The hash of what was hashed before and these bytes. */
static inline uint64_t hash_bytes(uint64_t hash, const void *data, size_t size) {
        const unsigned char *p = data;

        for (size_t i = 0; i < size; i++)
                hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
        return hash;
}

/* The hash of a text. */
static inline uint64_t hash_text(const char *text) {
        return hash_bytes(HASH_START, text, strlen(text));
}

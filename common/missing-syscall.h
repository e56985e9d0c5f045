/* SPDX-License-Identifier: Apache-2.0 */
/* System calls that one of the C libraries that we are linked with has no function for. */
#pragma once

#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

/* close_range(2): the descriptors from first on. Returns -1 and sets errno. */
static inline int close_from(unsigned first, unsigned flags) {
        return (int) syscall(SYS_close_range, first, ~0U, flags);
}

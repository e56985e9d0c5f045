/* SPDX-License-Identifier: Apache-2.0 */
/* Protection of what the linker wants read-only once it is relocated. */
#pragma once

/* To be called first in a program that may be linked statically with another C library than glibc, whose startup code
 * does it itself. */
int relro_protect(void);

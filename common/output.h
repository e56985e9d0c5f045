/* SPDX-License-Identifier: Apache-2.0 */
/* What a program prints for its caller: did it arrive? */
#pragma once

/* First of all: where standard output is closed, the next file to be opened would be printed into. Returns -EBADF then,
 * logged. */
int output_check(void);

/* Last of all: hands over what is left. A negative errno, logged, if anything was not written, earlier or now. */
int output_flush(void);

/* Both, and a line between. */
int output_line(const char *text);

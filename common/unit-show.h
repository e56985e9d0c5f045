/* SPDX-License-Identifier: Apache-2.0 */
/* What does PID 1 say of a unit? */
#pragma once

#include "buffer.h"

/* Asks with systemctl for properties, separated by commas, and adds one line NAME=value each to ret: linking libsystemd
 * for what is rarely asked would slow down every event. -EIO: systemctl is not there or failed; -ETIMEDOUT: it was silent
 * for timeout_msec (-1: it is waited for). */
int unit_show(const char *unit, const char *properties, int timeout_msec, Buffer *ret);

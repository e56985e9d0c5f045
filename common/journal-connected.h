/* SPDX-License-Identifier: Apache-2.0 */
/* Is this descriptor connected to the journal? */
#pragma once

#include "macros.h"

/* Whether it is the stream to the journal that systemd gave to this process. JOURNAL_STREAM= alone says nothing: all that
 * the process starts inherits it, whatever their standard error is, so device and inode are compared. */
bool journal_is_connected(int fd);

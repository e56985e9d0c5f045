/* SPDX-License-Identifier: Apache-2.0 */
/* The .wants links of network-broker.target: which units start with it. */
#pragma once

#include "config.h"

/* Makes the links below dir_fd, the generator folder. Goes on after an error and returns the first. */
int wants_write(int dir_fd, const Config *config);

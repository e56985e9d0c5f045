/* SPDX-License-Identifier: Apache-2.0 */
/* What "systemctl status nb-watch" says. */
#pragma once

#include "watch.h"

/* STATUS= soon, not at once: many changes make one message. */
void status_changed(Watch *w);

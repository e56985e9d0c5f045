/* SPDX-License-Identifier: Apache-2.0 */
/* From a change of the plan to the message that makes it. */
#pragma once

#include "plan.h"

/* Room that any message needs. */
#define MESSAGE_SIZE_MAX 2048U

/* Writes the request into the buffer (aligned, at least MESSAGE_SIZE_MAX) and returns its length. */
size_t build_message(const Change *change, void *buffer);

/* SPDX-License-Identifier: Apache-2.0 */
/* A look at a TOML text before toml++ gets it: version 3.3 limits how deeply values are nested, but not the parts of a
 * dotted key, each of which is a level of recursion; and control characters are better refused before any parser. */
#pragma once

#include "document.h"

/* Parts of a dotted key; the configuration needs two. */
#define TOML_KEY_PARTS_MAX 16U

#ifdef __cplusplus
extern "C" {
#endif

/* 0, or -EBADMSG with *ret_error filled in. A text that passes may still be wrong: only the parser knows. */
int toml_scan(const char *text, size_t size, ParseError *ret_error);

#ifdef __cplusplus
}
#endif

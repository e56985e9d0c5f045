/* SPDX-License-Identifier: Apache-2.0 */
/* Writing JSON, compact, in UTF-8 whatever the bytes of a string are.
 *
 * Members and items are separated by themselves: json_key(), a value, json_key(), a value. There is no
 * error to check at each step, as with every Buffer. */
#pragma once

#include "buffer.h"

typedef Buffer Json;

/* bracket is one of { [ and of } ]. */
void json_open(Json *j, char bracket);
void json_close(Json *j, char bracket);

void json_key(Json *j, const char *key);
void json_string(Json *j, const char *s);
void json_string_n(Json *j, const char *s, size_t n);
void json_number(Json *j, uint64_t number);
void json_signed(Json *j, int64_t number);
void json_bool(Json *j, bool value);
void json_null(Json *j);

/* A key and its value. */
void json_member_string(Json *j, const char *key, const char *s);
void json_member_number(Json *j, const char *key, uint64_t number);

/* A value that is JSON already; bytes that are no UTF-8 are replaced in it too. */
void json_raw(Json *j, const char *value, size_t n);

/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the members of a JSON object, without a tree of it. */
#pragma once

#include "macros.h"

/* A piece of the text; of a string without its quotes, with its escapes. */
typedef struct JsonSpan {
        const char *start;
        size_t length;
} JsonSpan;

typedef enum JsonType {
        JSON_STRING,
        JSON_NUMBER,
        JSON_OBJECT,
        JSON_ARRAY,
        JSON_BOOL,
        JSON_NULL,
} JsonType;

typedef struct JsonMember {
        JsonSpan key;
        JsonSpan value; /* whole, of a string with its quotes */
        JsonType type;
} JsonMember;

/* Whether the text is one well-formed object, with blanks around it at most, nested at most 16 deep. */
bool json_is_object(const char *text);

/* Steps through the members of an object for which json_is_object() is true: *position is the text at
 * first, and becomes NULL at the end. Returns whether there was a member. */
bool json_next_member(const char **position, JsonMember *ret);

/* The member of a name, or false. */
bool json_find_member(const char *object, const char *name, JsonMember *ret);

/* Whether a span of JSON_ARRAY holds nothing but strings. */
bool json_is_string_array(JsonSpan array);

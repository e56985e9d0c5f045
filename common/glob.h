/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of link names and globs, as in Links= and RoutingPolicyRules=: "eth* !eth9 br[0-9]".
 *
 * A list is words between white space. A word is a glob(7) pattern (* ? [a-z] [!a-z], a backslash takes the next
 * character as it is) that must match the whole name; case matters. A word that starts with '!' takes names out,
 * wherever it stands in the list. Bytes count, not characters. */
#pragma once

#include "macros.h"

/* The longest word that is looked at; a longer one matches nothing. A link name has 15 bytes. */
#define LINK_PATTERN_MAX 63

/* Whether a word of the list matches the name and no word with '!' does. An empty list, and one of '!' words only,
 * matches nothing: what that means is the caller's to say. */
bool link_patterns_match(const char *patterns, const char *link);

/* The rule of Links=: as above, but a list that is empty or holds '!' words only stands for every link but "lo",
 * less what the '!' words take out. */
bool link_patterns_watch(const char *patterns, const char *link);

/* Whether a word means one name only: no '!' in front and no *, ?, [ or backslash in it. */
bool link_pattern_is_literal(const char *word);

/* Takes the next word out of *patterns and moves on; false at the end. *ret_word points into the list and has
 * *ret_length bytes. */
bool link_patterns_next(const char **patterns, const char **ret_word, size_t *ret_length);

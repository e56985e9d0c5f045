/* SPDX-License-Identifier: Apache-2.0 */
/* Checks a value and brings it into one form: words separated by single spaces, yes or no, a number. A time span stays
 * as it was written. The form is itself an acceptable value. */
#pragma once

#include "document.h"
#include "schema.h"

/* A list in its final form may not be longer: one variable of a program's environment holds 128 KiB. */
#define VALUE_MAX (64U * 1024U)

/* What is wrong with a value. */
typedef struct Complaint {
        Place place;
        char *value;        /* what stands there; to be freed */
        bool quoted;        /* a string, as opposed to a number, a list, ... */
        const char *reason; /* beyond "not accepted", or NULL; static */
} Complaint;

/* *ret is the caller's to free. -EINVAL with *ret_complaint filled in, or -ENOMEM. */
int value_normalize(Key key, const Entry *entry, char **ret, Complaint *ret_complaint);

/* The same for a text without a place, as in our own files and for defaults. */
int value_normalize_text(Key key, const char *text, char **ret);

/* Whether an acceptable value may not be what was meant; returns why, or NULL. */
const char *value_doubt(Key key, const Value *value);

/* Fills *ret in for a value, of which text is all or a part. Returns -EINVAL, or -ENOMEM. */
int value_complain(const Value *value, const char *text, const char *reason, Complaint *ret);

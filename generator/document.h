/* SPDX-License-Identifier: Apache-2.0 */
/* One configuration file as read: sections and keys with their values and places, whatever its format. The readers
 * (toml.cc, yaml.c) fill it and know no key; schema and config know no format. */
#pragma once

#include "macros.h"

/* As editors count: from 1. Columns are characters. Line 0 means that there is no place. */
typedef struct Place {
        unsigned line, column;
} Place;

typedef enum ValueType {
        VALUE_STRING,  /* text is the string; in YAML every plain scalar is one too */
        VALUE_BOOLEAN, /* text is "true" or "false" */
        VALUE_INTEGER, /* text is in decimal */
        VALUE_OTHER,   /* text says what it is: "a table", "a number with a fraction", "nothing", ... */
} ValueType;

typedef struct Value {
        ValueType type;
        char *text;
        Place place;
} Value;

/* A key and its value: one, or with is_list any number of them. */
typedef struct Entry {
        char *section; /* NULL: before any section */
        char *key;
        Place place; /* of the key */
        Place value_place;
        bool is_list;
        Value *values;
        size_t n_values;
} Entry;

typedef struct Section {
        char *name;
        Place place;
} Section;

typedef struct Document {
        Section *sections;
        size_t n_sections;
        Entry *entries;
        size_t n_entries;
} Document;

/* Why a file cannot be parsed. */
typedef struct ParseError {
        Place place;
        char text[200];
} ParseError;

#ifdef __cplusplus
extern "C" {
#endif

/* The readers: *document must be empty. -EBADMSG with *ret_error filled in if the text cannot be parsed, -ENOMEM;
 * the document is then to be freed too. */
int toml_read(const char *text, size_t size, Document *document, ParseError *ret_error);
int yaml_read(const char *text, size_t size, Document *document, ParseError *ret_error);

/* Frees what it holds and leaves it empty. */
void document_done(Document *document);

/* For the readers. Strings are copied; a string with a NUL or another control character in it cannot mean anything
 * here, so names are cut at a NUL, and values become VALUE_OTHER. All return 0 or -ENOMEM. */
int document_add_section(Document *document, const char *name, size_t size, Place place);

/* section NULL: outside of any. *ret_entry stays valid until the next call. */
int document_add_entry(Document *document, const char *section, const char *key, size_t size, Place place,
                Entry **ret_entry);

int entry_add_value(Entry *entry, ValueType type, const char *text, size_t size, Place place);

/* Puts sections and entries into the order of the file. */
void document_sort(Document *document);

#ifdef __cplusplus
}
#endif

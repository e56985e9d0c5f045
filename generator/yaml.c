/* SPDX-License-Identifier: Apache-2.0 */
/* How is YAML read? With libyaml's events, into the same form as TOML: a mapping of mappings of scalars or lists of
 * scalars. Aliases are refused: nothing here needs them, and they make small files grow without end. */
#include <yaml.h>

#include "document.h"

#define DEPTH_MAX 16

typedef struct Reader {
        yaml_parser_t parser;
        Document *document;
        ParseError *error;
} Reader;

static void event_done(yaml_event_t *event) {
        yaml_event_delete(event);
}

#define _cleanup_event_ _cleanup_(event_done)

static Place place_of(const yaml_mark_t *mark) {
        return (Place){ (unsigned) mark->line + 1, (unsigned) mark->column + 1 };
}

static int refuse(Reader *reader, const yaml_mark_t *mark, const char *text) {
        reader->error->place = mark ? place_of(mark) : (Place){};
        snprintf(reader->error->text, sizeof(reader->error->text), "%s", text);
        return -EBADMSG;
}

static int parser_error(Reader *reader) {
        const yaml_parser_t *p = &reader->parser;
        char text[200];

        if (p->error == YAML_MEMORY_ERROR)
                return -ENOMEM;

        /* What cannot be decoded has no mark but where the reader stands. */
        if (p->error == YAML_READER_ERROR)
                return refuse(reader, &p->mark, p->problem);

        snprintf(text, sizeof(text), "%s%s%s", strempty(p->context), p->context ? ", " : "", p->problem);
        return refuse(reader, &p->problem_mark, text);
}

/* The next event that means something; the caller deletes it. */
static int next_event(Reader *reader, yaml_event_t *ret) {
        if (!yaml_parser_parse(&reader->parser, ret))
                return parser_error(reader);
        if (ret->type == YAML_ALIAS_EVENT) {
                int r = refuse(reader, &ret->start_mark, "an alias (*name), which is not supported");

                event_done(ret);
                return r;
        }
        return 0;
}

/* Skips the rest of a mapping or sequence whose start was just read. */
static int skip_nested(Reader *reader) {
        for (unsigned depth = 1; depth > 0;) {
                _cleanup_event_ yaml_event_t event = {};
                int r;

                r = next_event(reader, &event);
                if (r < 0)
                        return r;
                if (event.type == YAML_MAPPING_START_EVENT || event.type == YAML_SEQUENCE_START_EVENT)
                        depth++;
                else if (event.type == YAML_MAPPING_END_EVENT || event.type == YAML_SEQUENCE_END_EVENT)
                        depth--;
                if (depth > DEPTH_MAX)
                        return refuse(reader, &event.start_mark, "nested too deeply");
        }
        return 0;
}

static bool is_null(const yaml_event_t *event) {
        const char *text = (const char *) event->data.scalar.value;

        return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
                        (streq(text, "") || streq(text, "~") || strcasecmp(text, "null") == 0);
}

static int add_value(Reader *reader, Entry *entry, const yaml_event_t *event) {
        static const char mapping[] = "a mapping", list[] = "a list", nothing[] = "nothing";
        Place place = place_of(&event->start_mark);
        int r;

        switch (event->type) {
        case YAML_SCALAR_EVENT:
                if (is_null(event))
                        return entry_add_value(entry, VALUE_OTHER, nothing, strlen(nothing), place);
                return entry_add_value(entry, VALUE_STRING, (const char *) event->data.scalar.value,
                                event->data.scalar.length, place);
        case YAML_MAPPING_START_EVENT:
                r = entry_add_value(entry, VALUE_OTHER, mapping, strlen(mapping), place);
                break;
        default:
                r = entry_add_value(entry, VALUE_OTHER, list, strlen(list), place);
                break;
        }
        return r < 0 ? r : skip_nested(reader);
}

/* The value of a key, whose first event was just read. */
static int read_value(Reader *reader, Entry *entry, const yaml_event_t *first) {
        entry->value_place = place_of(&first->start_mark);
        if (first->type != YAML_SEQUENCE_START_EVENT)
                return add_value(reader, entry, first);

        entry->is_list = true;
        for (;;) {
                _cleanup_event_ yaml_event_t event = {};
                int r;

                r = next_event(reader, &event);
                if (r < 0)
                        return r;
                if (event.type == YAML_SEQUENCE_END_EVENT)
                        return 0;
                r = add_value(reader, entry, &event);
                if (r < 0)
                        return r;
        }
}

static int read_section(Reader *reader, const char *section);

/* One key and its value; at the top level a value that is a mapping is a section. */
static int read_pair(Reader *reader, const char *section, const yaml_event_t *key) {
        _cleanup_event_ yaml_event_t value = {};
        const char *name = (const char *) key->data.scalar.value;
        size_t size = key->data.scalar.length;
        Entry *entry;
        int r;

        if (key->type != YAML_SCALAR_EVENT)
                return refuse(reader, &key->start_mark, "a key that is not a name");

        r = next_event(reader, &value);
        if (r < 0)
                return r;

        if (!section &&
                        (value.type == YAML_MAPPING_START_EVENT ||
                                        (value.type == YAML_SCALAR_EVENT && is_null(&value)))) {
                r = document_add_section(reader->document, name, size, place_of(&key->start_mark));
                if (r < 0 || value.type == YAML_SCALAR_EVENT)
                        return r;
                return read_section(reader, name);
        }

        r = document_add_entry(reader->document, section, name, size, place_of(&key->start_mark), &entry);
        if (r < 0)
                return r;
        return read_value(reader, entry, &value);
}

/* The pairs of a mapping, whose start was just read. section NULL: the top level. */
static int read_section(Reader *reader, const char *section) {
        for (;;) {
                _cleanup_event_ yaml_event_t key = {};
                int r;

                r = next_event(reader, &key);
                if (r < 0)
                        return r;
                if (key.type == YAML_MAPPING_END_EVENT)
                        return 0;
                r = read_pair(reader, section, &key);
                if (r < 0)
                        return r;
        }
}

/* The one document of the stream, if there is any. */
static int read_stream(Reader *reader) {
        bool seen = false;

        for (;;) {
                _cleanup_event_ yaml_event_t event = {};
                int r;

                r = next_event(reader, &event);
                if (r < 0)
                        return r;

                switch (event.type) {
                case YAML_STREAM_END_EVENT:
                        return 0;
                case YAML_DOCUMENT_START_EVENT:
                        if (seen)
                                return refuse(reader, &event.start_mark, "a second document");
                        seen = true;
                        break;
                case YAML_MAPPING_START_EVENT:
                        r = read_section(reader, NULL);
                        if (r < 0)
                                return r;
                        break;
                case YAML_SCALAR_EVENT:
                        if (!is_null(&event))
                                return refuse(reader, &event.start_mark,
                                                "a text where sections are expected");
                        break;
                case YAML_SEQUENCE_START_EVENT:
                        return refuse(reader, &event.start_mark, "a list where sections are expected");
                default:
                        break;
                }
        }
}

int yaml_read(const char *text, size_t size, Document *document, ParseError *ret_error) {
        Reader reader = { .document = document, .error = ret_error };
        int r;

        if (!yaml_parser_initialize(&reader.parser))
                return -ENOMEM;

        yaml_parser_set_input_string(&reader.parser, (const unsigned char *) text, size);
        r = read_stream(&reader);
        yaml_parser_delete(&reader.parser);
        return r;
}

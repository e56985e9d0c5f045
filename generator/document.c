/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in a configuration file, and where? See document.h. */
#include "document.h"

/* Makes room for one more, doubling at each power of two. */
static int grow(void *items, size_t n, size_t size) {
        void **p = items, *larger;

        if (n > 0 && (n & (n - 1)) != 0)
                return 0;

        larger = reallocarray(*p, n > 0 ? 2 * n : 1, size);
        if (!larger)
                return -ENOMEM;
        *p = larger;
        return 0;
}

static bool has_control(const char *text, size_t size) {
        for (size_t i = 0; i < size; i++)
                if (((unsigned char) text[i] < 0x20 && !strchr("\t\n\r", text[i])) || text[i] == 0x7f ||
                                text[i] == '\0')
                        return true;
        return false;
}

int document_add_section(Document *document, const char *name, size_t size, Place place) {
        char *copy;
        int r;

        r = grow(&document->sections, document->n_sections, sizeof(Section));
        if (r < 0)
                return r;
        copy = strndup(name, size);
        if (!copy)
                return -ENOMEM;

        document->sections[document->n_sections++] = (Section){ .name = copy, .place = place };
        return 0;
}

int document_add_entry(Document *document, const char *section, const char *key, size_t size, Place place,
                Entry **ret_entry) {
        _cleanup_free_ char *section_copy = NULL, *key_copy = NULL;
        Entry *entry;
        int r;

        r = grow(&document->entries, document->n_entries, sizeof(Entry));
        if (r < 0)
                return r;
        if (section) {
                section_copy = strdup(section);
                if (!section_copy)
                        return -ENOMEM;
        }
        key_copy = strndup(key, size);
        if (!key_copy)
                return -ENOMEM;

        entry = document->entries + document->n_entries++;
        *entry = (Entry){
                .section = TAKE_PTR(section_copy),
                .key = TAKE_PTR(key_copy),
                .place = place,
        };
        *ret_entry = entry;
        return 0;
}

int entry_add_value(Entry *entry, ValueType type, const char *text, size_t size, Place place) {
        char *copy;
        int r;

        if (has_control(text, size)) {
                static const char control[] = "a text with control characters";

                type = VALUE_OTHER;
                text = control;
                size = strlen(control);
        }

        r = grow(&entry->values, entry->n_values, sizeof(Value));
        if (r < 0)
                return r;
        copy = strndup(text, size);
        if (!copy)
                return -ENOMEM;

        entry->values[entry->n_values++] = (Value){ .type = type, .text = copy, .place = place };
        return 0;
}

static int place_compare(Place a, Place b) {
        if (a.line != b.line)
                return a.line < b.line ? -1 : 1;
        return a.column < b.column ? -1 : a.column > b.column;
}

static int section_compare(const void *a, const void *b) {
        return place_compare(((const Section *) a)->place, ((const Section *) b)->place);
}

static int entry_compare(const void *a, const void *b) {
        return place_compare(((const Entry *) a)->place, ((const Entry *) b)->place);
}

void document_sort(Document *document) {
        if (document->n_sections > 0)
                qsort(document->sections, document->n_sections, sizeof(Section), section_compare);
        if (document->n_entries > 0)
                qsort(document->entries, document->n_entries, sizeof(Entry), entry_compare);
}

void document_done(Document *document) {
        for (size_t i = 0; i < document->n_sections; i++)
                free(document->sections[i].name);
        for (size_t i = 0; i < document->n_entries; i++) {
                Entry *entry = document->entries + i;

                for (size_t j = 0; j < entry->n_values; j++)
                        free(entry->values[j].text);
                free(entry->values);
                free(entry->section);
                free(entry->key);
        }
        free(document->sections);
        free(document->entries);
        *document = (Document){};
}

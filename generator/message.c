/* SPDX-License-Identifier: Apache-2.0 */
/* How is the administrator told what is wrong? See message.h. */
#include "message.h"

#include <stdarg.h>

#define TEXT_MAX 1024U

/* The length of the UTF-8 character at s; 0 if it is none, or a control character. */
static size_t character_length(const unsigned char *s) {
        size_t n;

        if (*s < 0x20 || *s == 0x7f)
                return 0;
        if (*s < 0x80)
                return 1;
        if (*s == 0xc2 && s[1] < 0xa0) /* C1 control characters */
                return 0;

        n = *s >= 0xc2 && *s <= 0xdf ? 2 : *s >= 0xe0 && *s <= 0xef ? 3 : *s >= 0xf0 && *s <= 0xf4 ? 4 : 0;
        for (size_t i = 1; i < n; i++)
                if ((s[i] & 0xc0) != 0x80)
                        return 0;
        return n;
}

/* Names and values come from the file: what a terminal or a unit file would not survive becomes \xNN. */
static char *text_clean(const char *text) {
        char *clean = malloc(4 * strlen(text) + 1), *p = clean;

        if (!clean)
                return NULL;

        while (*text) {
                size_t n = character_length((const unsigned char *) text);

                if (n == 0)
                        p += sprintf(p, "\\x%02x", (unsigned char) *text++);
                else {
                        memcpy(p, text, n);
                        p += n;
                        text += n;
                }
        }
        *p = '\0';
        return clean;
}

void messages_add(Messages *messages, MessageKind kind, int key, const char *path, Place place,
                const char *format, ...) {
        char text[TEXT_MAX];
        Message *items;
        size_t n;
        va_list ap;

        if (messages->n >= MESSAGES_MAX) {
                messages->n_dropped++;
                return;
        }

        if (place.line > 0)
                n = (size_t) snprintf(text, sizeof(text), "%.500s:%u:%u: ", path, place.line, place.column);
        else
                n = (size_t) snprintf(text, sizeof(text), "%.500s: ", path);
        va_start(ap, format);
        (void) vsnprintf(text + n, sizeof(text) - n, format, ap);
        va_end(ap);

        items = reallocarray(messages->items, messages->n + 1, sizeof(*items));
        if (!items) {
                messages->n_dropped++;
                return;
        }
        messages->items = items;
        items[messages->n] = (Message){ .kind = kind, .key = key, .text = text_clean(text) };
        if (items[messages->n].text)
                messages->n++;
        else
                messages->n_dropped++;
}

void message_append(Message *message, const char *format, ...) {
        char text[TEXT_MAX];
        char *both;
        va_list ap;

        va_start(ap, format);
        (void) vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);

        if (asprintf(&both, "%s%s", message->text, text) < 0)
                return;
        free(message->text);
        message->text = both;
}

void messages_format(const Messages *messages, char *ret, size_t size) {
        size_t length = 0;

        ret[0] = '\0';
        for (size_t i = 0; i < messages->n; i++) {
                size_t n = strlen(messages->items[i].text) + (i > 0);

                if (length + n >= size)
                        break;
                sprintf(ret + length, "%s%s", i > 0 ? "\n" : "", messages->items[i].text);
                length += n;
        }
}

void messages_done(Messages *messages) {
        for (size_t i = 0; i < messages->n; i++)
                free(messages->items[i].text);
        free(messages->items);
        *messages = (Messages){};
}

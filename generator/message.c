/* SPDX-License-Identifier: Apache-2.0 */
/* How is the administrator told what is wrong? See message.h. */
#include "message.h"

#include <stdarg.h>

#include "utf8.h"

#define TEXT_MAX 1024U

/* The length of the character at s; 0 if it is none, or a control character, of which Unicode has more than ASCII. */
static size_t character_length(const char *s, size_t n) {
        const unsigned char *p = (const unsigned char *) s;
        size_t length = utf8_step(s, n);

        if (*p < 0x20 || *p == 0x7f || (*p == 0xc2 && length > 0 && p[1] < 0xa0) ||
                        utf8_is_noncharacter(s, length))
                return 0;
        return length;
}

/* Names and values come from the file: what a terminal or a unit file would not survive becomes \xNN. */
static char *text_clean(const char *text) {
        const char *end = text + strlen(text);
        char *clean = malloc(4 * (size_t) (end - text) + 1), *p = clean;

        if (!clean)
                return NULL;

        while (text < end) {
                size_t n = character_length(text, (size_t) (end - text));

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

/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with the configuration, in the words that the administrator reads. */
#pragma once

#include "document.h"

/* More are counted, not kept. */
#define MESSAGES_MAX 100U

typedef enum MessageKind {
        MESSAGE_WARNING, /* something is ignored */
        MESSAGE_VALUE,   /* an error: the value of a key is not acceptable */
        MESSAGE_FILE,    /* an error: a file as a whole cannot be used */
} MessageKind;

typedef struct Message {
        MessageKind kind;
        int key;    /* of MESSAGE_VALUE, else -1 */
        char *text; /* "FILE:LINE:COLUMN: what", without control characters */
} Message;

typedef struct Messages {
        Message *items;
        size_t n;
        size_t n_dropped;
} Messages;

/* Adds a message. place may have line 0. A message that finds no memory is counted as dropped. */
void messages_add(Messages *messages, MessageKind kind, int key, const char *path, Place place,
                const char *format, ...) _printf_(6, 7);

/* Appends to the text of a message. */
void message_append(Message *message, const char *format, ...) _printf_(2, 3);

/* All messages, kept or not. */
static inline size_t messages_count(const Messages *messages) {
        return messages->n + messages->n_dropped;
}

/* All texts, separated by newlines, cut after size - 1 bytes at the end of a message. */
void messages_format(const Messages *messages, char *ret, size_t size);

void messages_done(Messages *messages);

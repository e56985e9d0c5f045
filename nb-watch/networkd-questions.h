/* SPDX-License-Identifier: Apache-2.0 */
/* What systemd-networkd is asked: the states of all links, and what it knows of one. Never starts it. */
#pragma once

#include "bus-names.h"
#include "link.h"
#include "networkd-properties.h"

#define NETWORKD_NAME "org.freedesktop.network1"
#define NETWORKD_PATH "/org/freedesktop/network1"
#define NETWORKD_MANAGER NETWORKD_NAME ".Manager"
#define NETWORKD_LINK NETWORKD_NAME ".Link"

typedef struct Questions Questions;

typedef struct QuestionHandlers {
        void (*states)(int ifindex, const LinkStates *states, void *userdata);
        /* json is NULL if networkd refused, or did not answer in time. */
        void (*described)(int ifindex, const char *json, void *userdata);
} QuestionHandlers;

int questions_new(sd_bus *bus, const QuestionHandlers *handlers, void *userdata, Questions **ret);
/* No handler is called any more. */
void questions_free(Questions *q);

/* Asks for the states of these links; the answers come one by one. Not for networkd's own list of links, which it refuses
 * if a single one has a name that is not UTF-8. */
int questions_read_links(Questions *q, const Links *links);

/* Asks for the description of a link. Asking again before the answer has the effect only that a refusal, or no answer in
 * time, is not the last word. */
int questions_describe(Questions *q, int ifindex);
bool questions_is_describing(Questions *q, int ifindex);

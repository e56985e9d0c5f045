/* SPDX-License-Identifier: Apache-2.0 */
/* The socket of common/route-question.h, while somebody may ask. */
#pragma once

#include <systemd/sd-event.h>

#include "route-question.h"

typedef struct RouteListener RouteListener;

/* A question about this link. */
typedef void (*RouteQuestionHandler)(int ifindex, void *userdata);

/* Listens; whoever may write to the socket may ask: its owner, who is nb-rules too, and root. */
int route_listener_new(sd_event *event, RouteQuestionHandler handler, void *userdata, RouteListener **ret);
/* Removes the socket, too; returns NULL. */
RouteListener *route_listener_free(RouteListener *l);

/* To be called by the handler only: answers whoever asked. One that does not wait for it is not waited for. */
void route_listener_answer(const RouteListener *l, const char *answer, size_t size);

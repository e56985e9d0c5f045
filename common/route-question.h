/* SPDX-License-Identifier: Apache-2.0 */
/* The question that nb-run and nb-rules put to nb-watch before they ask the kernel: which routes does this link have?
 *
 * The kernel has no index of routes by link, so it walks its whole tables, for milliseconds where they are large. There,
 * and only there, nb-watch keeps the routes of links and listens for this question. What it does not know for sure it
 * does not answer. */
#pragma once

#include "netlink.h"

#define ROUTE_QUESTION_SOCKET "/run/nb-watch/routes"
#define ROUTE_ANSWER_MAX (64U * 1024U)

/* A datagram of either side begins with it. Behind it stand, in an answer that is known, the RTM_NEWROUTE messages of
 * the link, of every table but local, in the order of a dump, each padded as usual. */
typedef struct RouteQuestion {
        int32_t ifindex;
        uint32_t known; /* 0 in a question */
} RouteQuestion;

/* Asks, and hands the messages to the handler. Returns 1; 0 if there is no answer and the kernel must be asked, and
 * then the handler has seen nothing; the handler's error. */
int route_question_ask(int ifindex, NetlinkHandler handler, void *userdata);

/* Takes an answer apart, with the same results. The buffer is aligned as netlink messages are. */
int route_answer_read(const void *answer, size_t size, int ifindex, NetlinkHandler handler, void *userdata);

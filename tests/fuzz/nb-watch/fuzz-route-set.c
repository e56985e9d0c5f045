/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of any row of messages about routes? What a set holds can always be read back from its answer. */
#include "route-set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(int ifindex, void *userdata) {
}

static int count(const struct nlmsghdr *message, void *userdata) {
        ++*(size_t *) userdata;
        return 0;
}

static void take(RouteSet *set, const struct nlmsghdr *message) {
        route_foreach_output(message, ignore, NULL);
        if (!route_counts(message))
                return;
        if (message->nlmsg_flags & NLM_F_REPLACE)
                (void) route_set_has_place(set, message);
        if (message->nlmsg_flags & NLM_F_DUMP_INTR)
                (void) route_set_add(set, message);
        else
                (void) route_set_change(set, message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static char answer[ROUTE_SET_ANSWER_MAX] __attribute__((aligned(4)));
        RouteSet *set = calloc(1, sizeof(*set));
        size_t n = 0, step;

        if (!set)
                return 0;
        (void) route_answer_read(data, size & ~(size_t) 3, 1, count, &n);
        set->known = true;
        for (; size >= sizeof(struct nlmsghdr); data += step, size -= step) {
                uint32_t length;
                struct nlmsghdr *copy;

                memcpy(&length, data, sizeof(length));
                step = NLMSG_ALIGN((size_t) length);
                if (length < sizeof(struct nlmsghdr) || length > size || step > size)
                        break;
                copy = malloc(length);
                if (!copy)
                        break;
                memcpy(copy, data, length);
                take(set, copy);
                free(copy);
        }
        n = 0;
        step = route_set_answer(set, 1, true, answer);
        if (route_answer_read(answer, step, 1, count, &n) != 1 || n != set->n)
                abort();
        route_set_free(set);
        return 0;
}

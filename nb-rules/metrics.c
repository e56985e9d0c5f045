/* SPDX-License-Identifier: Apache-2.0 */
/* Which metrics can a route have, and which has it? */
#include "attributes.h"
#include "model.h"

static const struct {
        unsigned number;
        const char *name;
} metrics[_ROUTE_METRIC_MAX] = {
#define X(symbol, text) [ROUTE_METRIC_##symbol] = { RTAX_##symbol, text },
        ROUTE_METRIC_LIST(X)
#undef X
};

unsigned route_metric_number(unsigned metric) {
        return metrics[metric].number;
}

const char *route_metric_name(unsigned metric) {
        return metrics[metric].name;
}

static void get_congestion(const struct rtattr *a, char ret[static CONGESTION_MAX]) {
        size_t n = strnlen(RTA_DATA(a), RTA_PAYLOAD(a));

        if (n < CONGESTION_MAX)
                memcpy(ret, RTA_DATA(a), n);
}

void route_read_metrics(const struct rtattr *nested, Route *route) {
        const struct rtattr *a = RTA_DATA(nested);
        int left = (int) RTA_PAYLOAD(nested);
        uint32_t locks = 0, known = 1U << RTAX_CC_ALGO;

        for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
                if (a->rta_type == RTAX_LOCK)
                        locks = attribute_u32(a, 0);
                else if (a->rta_type == RTAX_CC_ALGO)
                        get_congestion(a, route->congestion);
                for (unsigned i = 0; i < _ROUTE_METRIC_MAX; i++)
                        if (a->rta_type == route_metric_number(i))
                                route->metrics[i] = attribute_u32(a, 0);
        }
        for (unsigned i = 0; i < _ROUTE_METRIC_MAX; i++)
                known |= 1U << route_metric_number(i);
        route->locks = locks & known;
}

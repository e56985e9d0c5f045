/* SPDX-License-Identifier: Apache-2.0 */
/* Which protocol do our rules and routes carry? See rule-protocol.h. */
#include "rule-protocol.h"

#include <linux/rtnetlink.h>
#include <strings.h>

#include "log.h"
#include "number.h"

int rule_protocol_parse(const char *text, uint8_t *ret) {
        uint64_t n = RTPROT_KERNEL;
        int r;

        if (strcasecmp(text, "kernel") != 0) {
                r = number_parse(text, 10, UINT8_MAX, &n);
                if (r < 0)
                        return r;
                if (n == 0)
                        return -ERANGE;
        }

        *ret = (uint8_t) n;
        return 0;
}

uint8_t rule_protocol_from_environment(const char *value) {
        uint8_t protocol = 0;

        if (rule_protocol_parse(value ?: RULE_PROTOCOL_DEFAULT, &protocol) < 0) {
                log_error("NB_RULE_PROTOCOL=%s: a number from 1 to 255 or 'kernel' is needed, taking %s.",
                                value, RULE_PROTOCOL_DEFAULT);
                (void) rule_protocol_parse(RULE_PROTOCOL_DEFAULT, &protocol);
        }
        return protocol;
}

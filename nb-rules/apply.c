/* SPDX-License-Identifier: Apache-2.0 */
/* How are the changes made? See kernel.h. */
#include "build.h"
#include "kernel.h"

/* Acknowledgements of more than about 256 messages would not fit into the socket's buffer. */
#define BATCH_MESSAGES 128U
#define BATCH_SIZE 32768U

static int change_result(const Change *change, int r) {
        if (change->verb != CHANGE_DELETE)
                return r == -EEXIST ? 0 : r;
        /* Gone already, the link with all its routes perhaps. */
        return r == -ESRCH || r == -ENOENT || r == -ENODEV ? 0 : r;
}

int kernel_apply(Netlink *nl, const Plan *plan, const Change **ret_failed) {
        char buffer[BATCH_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
        const Change *changes = plan->changes.items, *failed = NULL;
        int results[BATCH_MESSAGES], result = 0, r;
        size_t done = 0;

        while (done < plan->changes.n) {
                size_t n = 0, size = 0;

                while (done + n < plan->changes.n && n < BATCH_MESSAGES &&
                                BATCH_SIZE - size >= MESSAGE_SIZE_MAX)
                        size += build_message(changes + done + n++, buffer + size);

                r = netlink_batch(nl, buffer, size, results, n);
                if (r < 0)
                        return r;

                for (size_t i = 0; i < n; i++) {
                        r = change_result(changes + done + i, results[i]);
                        if (r == -EPERM)
                                return r;
                        if (r < 0) {
                                result = r;
                                failed = changes + done + i;
                        }
                }
                done += n;
        }

        *ret_failed = failed;
        return result;
}

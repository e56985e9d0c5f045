/* SPDX-License-Identifier: Apache-2.0 */
/* When does a program begin, and when has it ended?
 *
 * Runs a program a number of times, one after another, and writes into a file when each of its processes called
 * execve(), and when it was gone, in nanoseconds of the monotonic clock. Run by itself with a count of 1 it is also the least that a
 * program can do to have another one executed and to wait for its end. */
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct Child {
        char **argv;
        uint64_t began;
} Child;

static uint64_t now_nsec(void) {
        struct timespec ts;

        (void) clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t) ts.tv_sec * UINT64_C(1000000000) + (uint64_t) ts.tv_nsec;
}

static int child_main(void *userdata) {
        Child *child = userdata;

        child->began = now_nsec();
        (void) execv(child->argv[0], child->argv);
        _exit(EXIT_FAILURE);
}

/* As nb-run does it. */
static int run(Child *child) {
        static char stack[16384] __attribute__((aligned(16)));
        int status;
        pid_t pid;

        pid = clone(child_main, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, child);
        return pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0 ? -1 : 0;
}

int main(int argc, char *argv[]) {
        long count = argc > 3 ? strtol(argv[1], NULL, 10) : 0;
        FILE *file = NULL;
        Child child = {};

        if (count > 1)
                file = fopen(argv[2], "we");
        if (count <= 0 || (count > 1 && !file)) {
                (void) fprintf(stderr, "usage: spawn COUNT FILE PROGRAM [ARGUMENT...]\n");
                return EXIT_FAILURE;
        }

        child.argv = argv + 3;
        for (long i = 0; i < count; i++) {
                if (run(&child) < 0)
                        return EXIT_FAILURE;
                if (file)
                        (void) fprintf(file, "%llu %llu\n", (unsigned long long) child.began,
                                        (unsigned long long) now_nsec());
        }
        return file && fclose(file) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

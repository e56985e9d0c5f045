/* SPDX-License-Identifier: Apache-2.0 */
/* When does a process begin?
 *
 * A static program without a C library: the first thing that it does is to read the monotonic clock. It then adds one
 * line "NANOSECONDS LINK EVENT" to the file below, from the variables that network-broker or networkd-dispatcher
 * gives to a script, or from its argument. */
#include <linux/fcntl.h>
#include <linux/time_types.h>
#include <stddef.h>
#include <sys/syscall.h>

#define RECORD_FILE "/run/nb-bench/stamps"
#define RECORD_LENGTH_MAX 256
#define OPEN_FLAGS (1 | 02000) /* O_WRONLY|O_APPEND */
#define MONOTONIC 1

void stamp_main(const long *stack);

#if defined(__x86_64__)
__asm__(".globl _start\n"
        "_start: mov %rsp, %rdi\n"
        "and $-16, %rsp\n"
        "call stamp_main\n");

static long call(long number, long a, long b, long c) {
        long result;

        __asm__ volatile("syscall"
                         : "=a"(result)
                         : "a"(number), "D"(a), "S"(b), "d"(c)
                         : "rcx", "r11", "memory");
        return result;
}
#elif defined(__aarch64__)
__asm__(".globl _start\n"
        "_start: mov x0, sp\n"
        "bl stamp_main\n");

static long call(long number, long a, long b, long c) {
        register long x8 __asm__("x8") = number;
        register long x0 __asm__("x0") = a;
        register long x1 __asm__("x1") = b;
        register long x2 __asm__("x2") = c;

        __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
        return x0;
}
#else
// cppcheck-suppress preprocessorErrorDirective
#error "How this architecture calls its kernel has to be added here."
#endif

/* What is behind `name=`; NULL if `text` is another variable. */
static const char *variable_value(const char *text, const char *name) {
        while (*name && *text == *name) {
                text++;
                name++;
        }
        return !*name && *text == '=' ? text + 1 : NULL;
}

/* The variable `name`, else `other`, else "-". */
static const char *environment_get(const char *const *environment, const char *name, const char *other) {
        const char *value, *found = "-";

        for (; *environment; environment++) {
                value = variable_value(*environment, name);
                if (value)
                        return value;
                value = variable_value(*environment, other);
                if (value)
                        found = value;
        }
        return found;
}

static size_t add_text(char *line, size_t n, const char *text) {
        while (*text && n < RECORD_LENGTH_MAX - 2)
                line[n++] = *text++;
        return n;
}

static size_t add_number(char *line, size_t n, unsigned long long number) {
        char digits[24];
        size_t i = 0;

        do
                digits[i++] = (char) ('0' + number % 10);
        while ((number /= 10) > 0);
        while (i > 0)
                line[n++] = digits[--i];
        return n;
}

/* stack: as the kernel lays it out for a new process: argc, the arguments, NULL, the environment, NULL. */
void stamp_main(const long *stack) {
        const char *const *argv, *const *environment;
        char line[RECORD_LENGTH_MAX];
        struct __kernel_timespec ts = {};
        size_t n;
        long fd;

        (void) call(SYS_clock_gettime, MONOTONIC, (long) &ts, 0);

        argv = (const char *const *) (stack + 1);
        environment = argv + stack[0] + 1;
        n = add_number(line, 0,
                        (unsigned long long) ts.tv_sec * 1000000000U + (unsigned long long) ts.tv_nsec);
        line[n++] = ' ';
        n = add_text(line, n, stack[0] > 1 ? argv[1] : environment_get(environment, "LINK", "IFACE"));
        line[n++] = ' ';
        n = add_text(line, n, environment_get(environment, "EVENT", "STATE"));
        line[n++] = '\n';

        fd = call(SYS_openat, AT_FDCWD, (long) RECORD_FILE, OPEN_FLAGS);
        if (fd >= 0)
                (void) call(SYS_write, fd, (long) line, (long) n);
        (void) call(SYS_exit, fd < 0, 0, 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Running one script, and ending it when it takes too long. */
#pragma once

#include "macros.h"

#define TIMEOUT_INFINITE UINT64_MAX

typedef enum ExecOutcome {
        EXEC_EXITED,       /* status is its exit status */
        EXEC_KILLED,       /* status is the signal */
        EXEC_TIMED_OUT,    /* status is 0, and -ETIMEDOUT if not even KILL ended it in time */
        EXEC_INTERRUPTED,  /* we were told to stop meanwhile; status as of waitpid() */
        EXEC_NOT_EXECUTED, /* status is the negative errno of execve() */
} ExecOutcome;

typedef struct ExecResult {
        ExecOutcome outcome;
        int status;
        uint64_t usec; /* from start to end */
} ExecResult;

typedef struct ExecRequest {
        const char *path;
        const char *const *environment;
        int output_fd, error_fd; /* for the script's standard output and error */
        uint64_t timeout_usec;   /* then TERM, later KILL, to its whole process group */
} ExecRequest;

/* Once, before the first exec_run(): blocks the signals that it waits for, and opens what scripts get as
 * standard input. */
int exec_setup(void);

/* Whether somebody asked us to stop since exec_setup(), and no script was running to be told. */
bool exec_is_interrupted(void);

/* Runs a script in a session of its own and waits for its end. What it left behind in the background goes
 * on, unless it timed out. Returns a negative errno only where no process could be made. */
int exec_run(const ExecRequest *request, ExecResult *ret);

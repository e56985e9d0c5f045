/* SPDX-License-Identifier: Apache-2.0 */
/* What nb-watch and nb-start say to each other: one SOCK_SEQPACKET message a request, and two answers to it.
 *
 * A request is strings, each ended by a NUL: a number that the answers repeat, a verb, a unit, and the variables of
 * the event as NAME=value. An answer is the number, its kind, and a detail. */
#pragma once

#include "unit-name.h"

#define REQUEST_SOCKET "/run/network-broker/start"
#define REQUEST_MAX (384U * 1024U)
#define REQUEST_VARIABLES_MAX 64U
#define ANSWER_MAX 1024U

typedef enum Verb {
        VERB_START,
        VERB_STOP,
        VERB_RESTART,
        VERB_RELOAD,
        VERB_RESET_FAILED,
        _VERB_MAX,
} Verb;

typedef struct Request {
        uint64_t id;
        Verb verb;
        UnitName unit;
        const char *unit_name;                        /* these point into the message */
        const char *variables[REQUEST_VARIABLES_MAX]; /* NAME=value */
        size_t n_variables;
} Request;

typedef enum AnswerKind {
        ANSWER_QUEUED, /* PID 1 took the job; the result follows. Detail: the job's number */
        ANSWER_RESULT, /* the last one. Detail: the job's result, "done", "failed", … as in org.freedesktop.systemd1(5) */
        ANSWER_ERROR,   /* the last one. Detail: a D-Bus error's name; whether the job ran is not known */
        ANSWER_REFUSED, /* the last one: the request breaks the grammar. Detail: why */
        _ANSWER_KIND_MAX,
} AnswerKind;

typedef struct Answer {
        uint64_t id;
        AnswerKind kind;
        char detail[256];
} Answer;

const char *verb_name(Verb verb);

/* Takes a message apart and checks it: verb, unit, and variables belong together. On -EINVAL *ret_reason says why in
 * a few words, and ret->id is the request's number if it has one, else 0. */
int request_parse(const char *data, size_t size, Request *ret, const char **ret_reason);

/* Builds a message in data; returns its size, or -EMSGSIZE. */
int request_format(char *data, size_t size, uint64_t id, Verb verb, const char *unit,
                const char *const *variables, size_t n_variables);

int answer_parse(const char *data, size_t size, Answer *ret);
int answer_format(char *data, size_t size, const Answer *answer);

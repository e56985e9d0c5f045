/* SPDX-License-Identifier: Apache-2.0 */
/* Do lanes do what a plain model does: all entries in one row, each looked at again after each step? */
#include <setjmp.h>
#include <stdarg.h>

#include "lane.h"

#include <cmocka.h>

#define ENTRIES 20000U
#define IFINDEXES 8U
#define NAMES 6U

typedef enum ModelState {
        MODEL_WAITING,
        MODEL_READY,
        MODEL_RUNNING,
        MODEL_GONE,
} ModelState;

typedef struct ModelEntry {
        unsigned ifindex, name;
        EntryKind kind;
        EventType event;
        ModelState state;
        size_t ready_step;
        Entry *entry;
} ModelEntry;

typedef struct Model {
        ModelEntry entries[ENTRIES];
        size_t n, first, step, n_open, n_dropped;
        uint64_t random;
} Model;

static unsigned pick(Model *m, unsigned below) {
        m->random ^= m->random << 13;
        m->random ^= m->random >> 7;
        m->random ^= m->random << 17;
        return (unsigned) (m->random >> 11) % (below ?: 1);
}

static void model_look(Model *m) {
        uint32_t ifindexes = 0, names = 0;

        m->step++;
        while (m->first < m->n && m->entries[m->first].state == MODEL_GONE)
                m->first++;
        for (size_t i = m->first; i < m->n; i++) {
                ModelEntry *e = &m->entries[i];

                if (e->state == MODEL_GONE)
                        continue;
                if (e->state == MODEL_WAITING && !(ifindexes & 1U << e->ifindex) &&
                                !(names & 1U << e->name)) {
                        e->state = MODEL_READY;
                        e->ready_step = m->step;
                }
                ifindexes |= 1U << e->ifindex;
                names |= 1U << e->name;
        }
}

static bool model_is_state(const ModelEntry *e) {
        return e->kind == ENTRY_EVENT && event_is_level(e->event);
}

static bool model_is_superseded(const Model *m, size_t which) {
        const ModelEntry *e = &m->entries[which];

        for (size_t i = which + 1; i < m->n; i++) {
                const ModelEntry *later = &m->entries[i];

                if (later->state == MODEL_GONE || later->ifindex != e->ifindex)
                        continue;
                if (later->kind == ENTRY_LEAVE || later->kind == ENTRY_FORGET ||
                                (later->kind == ENTRY_EVENT &&
                                                event_info(later->event)->kind ==
                                                                event_info(e->event)->kind))
                        return true;
        }
        return false;
}

static bool model_drop(Model *m, unsigned ifindex) {
        size_t n = 0, oldest = SIZE_MAX;

        for (size_t i = m->first; i < m->n; i++) {
                const ModelEntry *e = &m->entries[i];

                if (e->ifindex != ifindex || e->state != MODEL_WAITING || !model_is_state(e))
                        continue;
                n++;
                if (oldest == SIZE_MAX && model_is_superseded(m, i))
                        oldest = i;
        }
        if (n <= LANE_STATES_MAX || oldest == SIZE_MAX)
                return false;
        m->entries[oldest].state = MODEL_GONE;
        m->n_open--;
        model_look(m);
        return true;
}

static void model_push(Model *m, Lanes *lanes) {
        static const char *const names[NAMES] = { "a", "b", "c", "eth0", "eth1", "between" };
        ModelEntry *e = &m->entries[m->n];
        size_t dropped, expected = 0;

        e->ifindex = pick(m, IFINDEXES);
        /* Mostly the link's own name, so that lanes become long. */
        e->name = pick(m, 8) > 0 ? e->ifindex % NAMES : pick(m, NAMES);
        e->kind = pick(m, 10) > 0 ? ENTRY_EVENT : (EntryKind) pick(m, ENTRY_FORGET + 1);
        e->event = (EventType) pick(m, _EVENT_TYPE_MAX);
        e->state = MODEL_WAITING;
        m->n++;
        m->n_open++;

        assert_int_equal(lanes_push(lanes, (int) e->ifindex, names[e->name], e->kind, e->event, NULL,
                                         &e->entry, &dropped),
                        0);
        assert_int_equal(e->entry->sequence, m->n);
        model_look(m);
        while (model_drop(m, e->ifindex))
                expected++;
        assert_int_equal(dropped, expected);
        m->n_dropped += dropped;
}

/* Takes everything that is ready, in the order in which it became so. */
static void model_take(Model *m, Lanes *lanes) {
        size_t last_step = 0, n = 0;
        Entry *entry;

        for (size_t i = m->first; i < m->n; i++)
                n += m->entries[i].state == MODEL_READY;
        while ((entry = lanes_next(lanes))) {
                ModelEntry *e = &m->entries[entry->sequence - 1];

                assert_int_equal(e->state, MODEL_READY);
                assert_ptr_equal(e->entry, entry);
                assert_true(e->ready_step >= last_step);
                last_step = e->ready_step;
                e->state = MODEL_RUNNING;
                n--;
        }
        assert_int_equal(n, 0);
}

static void model_finish(Model *m, Lanes *lanes) {
        size_t n = 0;

        for (size_t i = m->first; i < m->n; i++)
                n += m->entries[i].state == MODEL_RUNNING;
        /* The oldest of all always runs. */
        assert_int_not_equal(n, 0);
        n = pick(m, (unsigned) n);
        for (size_t i = m->first; i < m->n; i++) {
                ModelEntry *e = &m->entries[i];

                if (e->state != MODEL_RUNNING || n-- > 0)
                        continue;
                lanes_finish(lanes, e->entry);
                e->state = MODEL_GONE;
                m->n_open--;
                model_look(m);
                return;
        }
}

static void model_run(Model *m, uint64_t seed) {
        Lanes lanes;

        *m = (Model){ .random = seed };
        assert_int_equal(lanes_init(&lanes), 0);
        while (m->n < ENTRIES || m->n_open > 0) {
                /* It comes and goes in waves. */
                unsigned pushes = m->n / 500 % 2 ? 3 : 6;

                if (m->n < ENTRIES && m->n_open < 400 && pick(m, 8) < pushes)
                        model_push(m, &lanes);
                else if (m->n_open > 0) {
                        model_take(m, &lanes);
                        model_finish(m, &lanes);
                }
                assert_int_equal(lanes.n_entries, m->n_open);
        }
        assert_null(lanes_next(&lanes));
        assert_int_equal(lanes.n_running, 0);
        assert_true(m->n_dropped > 0);
        lanes_done(&lanes);
}

static void test_model(void **state) {
        Model *m = malloc(sizeof(*m));

        assert_non_null(m);
        for (uint64_t seed = 1; seed <= 5; seed++) {
                print_message("seed %u\n", (unsigned) seed);
                model_run(m, seed * UINT64_C(0x9e3779b97f4a7c15));
        }
        free(m);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_model),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

/* How runs are handed out to threads: in pieces of neighbours, small at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "schedule_internal.h"

enum { N = 1000, MOST = 64, THREADS = 2 };

typedef struct case_plan {
    uint32_t order[N];
    double work[2]; /* of the cells */
    grid_run runs[N];
    grid grid;
    schedule_plan plan;
} case_plan;

/* `heavy` runs of cell 0 come first, then light ones of cell 1. */
static void make_case(case_plan *c, size_t heavy, double heavy_work)
{
    *c = (case_plan){.work = {heavy_work, 1}};
    c->grid = (grid){.n_cells = 2, .n_runs = N, .runs = c->runs};
    c->plan = (schedule_plan){.n = N, .order = c->order, .costs = {.work = c->work}};
    for (uint32_t i = 0; i < N; i++) {
        c->order[i] = i;
        c->runs[i].cell = i >= heavy;
        c->plan.work_total += c->work[c->runs[i].cell];
    }
}

static void every_run_is_handed_out_once(void **state)
{
    static case_plan c;
    size_t first = 0, end = 0, next = 0, largest = 0, last = 0;
    (void)state;
    make_case(&c, 0, 1);
    while (schedule_plan_take(&c.plan, &c.grid, THREADS, &first, &end)) {
        assert_int_equal(first, next);
        assert_true(end > first);
        last = end - first;
        largest = last > largest ? last : largest;
        next = end;
    }
    assert_int_equal(next, N);
    assert_in_range(largest, 16, MOST); /* neighbours are written together */
    assert_int_equal(last, 1);          /* and no thread waits long for another at the end */
}

static void no_thread_takes_all_the_long_runs(void **state)
{
    static case_plan c;
    size_t first = 0, end = 0;
    (void)state;
    make_case(&c, 8, 1000);
    for (size_t i = 0; i < 8; i++) {
        assert_true(schedule_plan_take(&c.plan, &c.grid, THREADS, &first, &end));
        assert_int_equal(first, i);
        assert_int_equal(end, i + 1);
    }
    assert_true(schedule_plan_take(&c.plan, &c.grid, THREADS, &first, &end));
    assert_true(end - first > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_run_is_handed_out_once),
        cmocka_unit_test(no_thread_takes_all_the_long_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

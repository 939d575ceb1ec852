/* Tests how much time a grid is said to need still, and whether its file is said to be running, stopped, interrupted
 * or complete. */
#include "results/reader/outlook.h"
#include "fixtures/results_fixture.h"
#include <unistd.h>

enum { N = 4 };

static double left(const double *status, const double *cell, const double *seconds, int threads, double idle)
{
    static const double epochs[N] = {10, 10, 10, 30};
    return reader_outlook_seconds_left(N, status, cell, epochs, seconds, threads, idle);
}

TEST(the_mean_of_the_cell_counts)
{
    const double status[N] = {NN_RUN_done, NN_RUN_diverged, NN_RUN_pending, NN_RUN_pending};
    const double cell[N] = {0, 1, 0, 1}, seconds[N] = {8, 2, 0, 0};
    assert_real_equal(left(status, cell, seconds, 1, 0), 10);
    assert_real_equal(left(status, cell, seconds, 2, 0), 5);
    assert_real_equal(left(status, cell, seconds, 64, 0), 5); /* two runs keep two threads busy, no more */
    assert_real_equal(left(status, cell, seconds, 2, 4), 1);
    assert_real_equal(left(status, cell, seconds, 2, 40), 0);
}

TEST(an_unknown_cell_counts_by_its_epochs)
{
    const double status[N] = {NN_RUN_done, NN_RUN_done, NN_RUN_failed, NN_RUN_pending};
    const double cell[N] = {0, 0, 0, 3}, seconds[N] = {1, 3, 100, 0};
    assert_real_equal(left(status, cell, seconds, 1, 0), 6); /* 4 s for 20 epochs; 30 are left */
}

TEST(nothing_known_and_nothing_left)
{
    const double pending[N] = {NN_RUN_pending, NN_RUN_pending, NN_RUN_pending, NN_RUN_pending};
    const double done[N] = {NN_RUN_done, NN_RUN_failed, NN_RUN_diverged, NN_RUN_done};
    const double cell[N] = {0, 1, NN_NAN, -7}, seconds[N] = {1, NN_NAN, 1, 1};
    const double unknown = left(pending, cell, seconds, 1, 0);
    assert_true(unknown != unknown);
    assert_real_equal(left(done, cell, seconds, 1, 0), 0);
}

static outlook look(void)
{
    outlook o = {0};
    results_reader *r = NULL;
    nn_error err = {0};
    if (results_reader_open(path, &r, &err) != NN_ok || reader_outlook_take(r, path, &o, &err) != NN_ok)
        fail_msg("%s", err.message);
    results_reader_close(r);
    return o;
}

RESULTS_TEST(states_follow_the_writer)
{
    static sample s;
    sample_init(&s, 1, 10);
    results *r = open_sample(&s, NULL, NULL);
    sample_write(&s, r, 0);
    outlook o = look();
    assert_string_equal(reader_outlook_state_names[o.state], "running");
    assert_int_equal(o.pid, getpid());
    assert_int_equal(o.counts[NN_RUN_pending], s.grid.n_runs - 1);
    assert_int_equal(o.n_runs, s.grid.n_runs);
    results_close(r); /* without results_finish: as after a kill */
    assert_string_equal(reader_outlook_state_names[look().state], "interrupted");
    write_sample(&s, 1, 2);
    assert_string_equal(reader_outlook_state_names[look().state], "stopped");
    write_sample(&s, 2, s.grid.n_runs);
    o = look();
    assert_string_equal(reader_outlook_state_names[o.state], "complete");
    assert_int_equal(o.counts[NN_RUN_pending], 0);
    assert_real_equal(o.seconds_left, 0);
    assert_non_null(o.metric);
}

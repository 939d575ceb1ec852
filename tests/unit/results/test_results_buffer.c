/* Tests the buffers of rows on their way to the file: several at once, in any order, from any thread. */
#include "fixtures/results_fixture.h"
#include <signal.h>
#include <sys/resource.h>

static row_buffer *new_buffer(results *r)
{
    row_buffer *b = NULL;
    nn_error err = {0};
    if (results_buffer_new(r, &b, &err) != NN_ok)
        fail_msg("%s", err.message);
    return b;
}

static size_t count_final(const sample *s, const results *r)
{
    size_t n = 0;
    for (size_t i = 0; i < s->grid.n_runs; i++)
        n += results_status(r, i) != NN_RUN_pending;
    return n;
}

/* Adds rows backwards and to two buffers by turns, so that neighbours in the file are not neighbours in time, and the
 * three shapes mix. */
RESULTS_TEST(two_buffers_in_any_order)
{
    static sample s;
    sample_init(&s, 8, 20);
    results *r = open_sample(&s, NULL, NULL);
    row_buffer *buffers[2] = {new_buffer(r), new_buffer(r)};
    for (size_t i = s.grid.n_runs; i-- > 0;)
        sample_add(&s, buffers[i / 5 % 2], i * 31 % s.grid.n_runs);
    assert_int_equal(results_flush(r, NULL), NN_ok);
    results_buffer_free(buffers[0]);
    results_buffer_free(buffers[1]);
    assert_int_equal(count_final(&s, r), s.grid.n_runs);
    finish(r);
    assert_rows(&s, 0, s.grid.n_runs);
}

RESULTS_TEST(a_sync_writes_what_the_buffers_hold)
{
    static sample s;
    sample_init(&s, 2, 10);
    results *r = open_sample(&s, NULL, NULL);
    row_buffer *b = new_buffer(r);
    sample_add(&s, b, 3);
    sample_add(&s, b, 7);
    assert_int_equal(results_sync(r, NULL), NN_ok);
    assert_int_not_equal(results_status(r, 3), NN_RUN_pending);
    assert_int_not_equal(results_status(r, 7), NN_RUN_pending);
    results_buffer_free(b);
    finish(r);
    assert_rows(&s, 3, 4);
    assert_rows(&s, 7, 8);
}

RESULTS_TEST(a_row_does_not_wait_long_for_others)
{
    static sample s;
    sample_init(&s, 2, 10);
    results *r = open_sample(&s, NULL, NULL);
    row_buffer *b = new_buffer(r);
    sample_add(&s, b, 3);
    usleep(150000);
    sample_add(&s, b, 4);
    assert_int_not_equal(results_status(r, 3), NN_RUN_pending);
    results_buffer_free(b);
    results_close(r);
}

/* A buffer is written when it holds many rows, many bytes or old rows: no more than 1 MB waits. */
RESULTS_TEST(a_full_buffer_is_written)
{
    static sample s;
    sample_init(&s, 8, 60);
    results *r = open_sample(&s, NULL, NULL);
    row_buffer *b = new_buffer(r);
    for (int again = 0; again < 5; again++)
        for (size_t i = 0; i < s.grid.n_runs; i++)
            sample_add(&s, b, i);
    assert_int_equal(count_final(&s, r), s.grid.n_runs);
    results_buffer_free(b);
    finish(r);
    assert_rows(&s, 0, s.grid.n_runs);
}

/* Sets a limit on file sizes, by which every write of a row fails; returns the limit before. */
static struct rlimit limit_files(void)
{
    struct rlimit limit, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = limit;
    small.rlim_cur = 4096;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    return limit;
}

/* Rows that could not be written stay in the buffer for another try. */
RESULTS_TEST(a_failed_flush_keeps_its_rows)
{
    static sample s;
    sample_outcome out;
    nn_error err = {0};
    sample_init(&s, 2, 10);
    results *r = open_sample(&s, NULL, NULL);
    row_buffer *b = new_buffer(r);
    const struct rlimit limit = limit_files();
    for (size_t i = 0; i < 6; i++) {
        sample_outcome_of(&s, i, &out);
        (void)!results_buffer_add(b, i, &out.o, 0.5, &err); /* fails where the clock says to write */
    }
    const nn_status failed = results_flush(r, &err);
    setrlimit(RLIMIT_FSIZE, &limit);
    assert_int_equal(failed, NN_file);
    assert_non_null(strstr(err.message, "x.h5"));
    assert_int_equal(count_final(&s, r), 0);
    for (size_t i = 6; i < s.grid.n_runs; i++)
        sample_add(&s, b, i);
    assert_int_equal(results_flush(r, NULL), NN_ok);
    assert_int_equal(count_final(&s, r), s.grid.n_runs);
    results_buffer_free(b);
    finish(r);
    assert_rows(&s, 0, s.grid.n_runs);
}

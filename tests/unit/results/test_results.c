/* Tests that a results file that is written, closed and opened again has all that was written, and is resumed. */
#include "fixtures/results_fixture.h"
#include <fcntl.h>

RESULTS_TEST(written_rows_are_read_back)
{
    static sample s;
    results_reader *reader = NULL;
    nn_error err = {0};
    struct stat st;
    sample_init(&s, 3, 10);
    results_survey survey;
    assert_int_equal(results_look(path, &s.grid, &s.data, NULL, &survey, &err), NN_ok);
    assert_false(survey.exists);
    const uint64_t predicted = survey.bytes;
    write_sample(&s, 0, s.grid.n_runs);
    assert_rows(&s, 0, s.grid.n_runs);
    assert_int_equal(stat(path, &st), 0);
    assert_true((uint64_t)st.st_size < predicted);
    assert_true(predicted < 4 * (uint64_t)st.st_size);
    assert_int_equal(st.st_mode & 0222, 0200);
    assert_int_equal(results_reader_open(path, &reader, &err), NN_ok);
    assert_string_equal(reader_text(reader, "/", "state"), "complete");
    assert_string_equal(reader_text(reader, "/grid", "yaml"), "name: sample\n");
    assert_null(reader_text(reader, "/grid", "nothing"));
    assert_int_equal(reader_n_axes(reader), 3);
    assert_string_equal(reader_axis(reader, 1), "hidden");
    assert_string_equal(reader_flag(reader, "/runs/hidden", 1), "4-2");
    assert_string_equal(reader_flag(reader, "/runs/batch_size", 0), "full");
    assert_null(reader_flag(reader, "/runs/batch_size", 32));
    assert_null(reader_flag(reader, "/runs/learning_rate", 0));
    results_reader_close(reader);
}

RESULTS_TEST(cells_hold_statistics)
{
    static sample s;
    results_reader *r = NULL;
    sample_outcome out;
    double *mean = NULL, *count = NULL, sum = 0;
    size_t n = 0;
    sample_init(&s, 2, 5);
    write_sample(&s, 0, s.grid.n_runs);
    for (size_t i = 3; i < 6; i++) {
        sample_outcome_of(&s, i, &out);
        sum += out.o.metrics[NN_METRIC_best_epoch];
    }
    assert_int_equal(results_reader_open(path, &r, NULL), NN_ok);
    assert_int_equal(reader_column(r, "/cells/best_epoch_mean", &mean, &n, NULL), NN_ok);
    assert_int_equal(n, 6);
    assert_near(mean[1], sum / 3, 1e-9 * fabs(sum));
    assert_int_equal(reader_column(r, "/cells/n", &count, &n, NULL), NN_ok);
    assert_real_equal(count[1], 3);
    free(mean);
    free(count);
    results_reader_close(r);
}

RESULTS_TEST(a_stopped_grid_is_resumed_in_place)
{
    static sample s;
    struct stat before, after;
    results_survey survey;
    sample_init(&s, 3, 10);
    write_sample(&s, 0, 10);
    stat(path, &before);
    results *r = open_sample(&s, NULL, &survey);
    assert_true(survey.exists);
    assert_false(survey.grown);
    assert_int_equal(survey.n_finished, 10);
    assert_int_equal(survey.n_pending, s.grid.n_runs - 10);
    for (size_t i = 0; i < s.grid.n_runs; i++)
        if (results_status(r, i) == NN_RUN_pending)
            sample_write(&s, r, i);
    finish(r);
    stat(path, &after);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(before.st_size, after.st_size);
    assert_rows(&s, 0, s.grid.n_runs);
}

RESULTS_TEST(failed_runs_are_tried_again_on_request)
{
    static sample s;
    results_survey survey;
    const results_options retry = {.retry = {[NN_RUN_failed] = true}};
    sample_init(&s, 2, 5);
    results *r = open_sample(&s, NULL, NULL);
    row_buffer *rows = NULL;
    assert_int_equal(results_buffer_new(r, &rows, NULL), NN_ok);
    assert_int_equal(results_buffer_add_failed(rows, 4, NN_REASON_time, 1.0, NULL), NN_ok);
    assert_int_equal(results_sync(r, NULL), NN_ok);
    assert_int_equal(results_status(r, 4), NN_RUN_failed);
    results_buffer_free(rows);
    finish(r);
    r = open_sample(&s, NULL, &survey);
    assert_int_equal(survey.n_failed, 1);
    assert_int_equal(results_status(r, 4), NN_RUN_failed);
    results_close(r);
    r = open_sample(&s, &retry, NULL);
    assert_int_equal(results_status(r, 4), NN_RUN_pending);
    finish(r);
}

RESULTS_TEST(a_damaged_row_is_found)
{
    static sample s;
    results_survey survey;
    sample_init(&s, 2, 10);
    write_sample(&s, 0, s.grid.n_runs);
    /* Flips one bit of one number of run 7's curve; the curve is found by its bytes. */
    sample_outcome out;
    sample_outcome_of(&s, 7, &out);
    int fd = open(path, O_RDWR);
    double value;
    off_t at = 0;
    while (pread(fd, &value, sizeof value, at) == sizeof value && value != out.o.curves[3])
        at += 8;
    ((unsigned char *)&value)[2] ^= 4;
    assert_int_equal(pwrite(fd, &value, sizeof value, at), sizeof value);
    close(fd);
    results *r = open_sample(&s, NULL, &survey);
    assert_int_equal(survey.n_damaged, 1);
    assert_int_equal(survey.n_finished, s.grid.n_runs - 1);
    assert_int_equal(results_status(r, 7), NN_RUN_pending);
    sample_write(&s, r, 7);
    finish(r);
    assert_rows(&s, 0, s.grid.n_runs);
}

RESULTS_TEST(no_runs_and_no_axes_are_fine)
{
    static sample s;
    sample_init(&s, 2, 5);
    s.grid.n_runs = s.grid.n_cells = s.grid.n_axes = 0;
    s.grid.recording.keep[NN_KEEP_BEST] = s.grid.recording.keep[NN_KEEP_FINAL] = false;
    s.grid.stopping.n_rules = 0;
    finish(open_sample(&s, NULL, NULL));
    finish(open_sample(&s, NULL, NULL));
}

/* The results file: written, closed, read again, resumed, grown, pruned, refused. */
#include "results_sample.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char folder[64], path[128];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/nngrid-results-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/out/x.h5", folder);
    return 0;
}

static int remove_folder(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static results *open_sample(const sample *s, const results_options *options, results_survey *survey)
{
    results *r = NULL;
    nn_error err = {0};
    if (results_open(path, &s->grid, &s->data, options, &r, survey, &err) != NN_ok)
        fail_msg("%s", err.message);
    return r;
}

static void finish(results *r)
{
    nn_error err = {0};
    if (results_finish(r, &err) != NN_ok)
        fail_msg("%s", err.message);
    results_close(r);
}

static void write_sample(const sample *s, size_t from, size_t to)
{
    results *r = open_sample(s, NULL, NULL);
    for (size_t i = from; i < to; i++)
        sample_write(s, r, i);
    finish(r);
}

static void assert_rows(const sample *s, size_t from, size_t to)
{
    results_reader *r = NULL;
    nn_error err = {0};
    if (results_reader_open(path, &r, &err) != NN_ok)
        fail_msg("%s", err.message);
    bool which[SAMPLE_MAX_RUNS] = {false};
    for (size_t i = from; i < to; i++)
        which[i] = true;
    assert_true(sample_same_rows(r, s, which));
    results_reader_close(r);
}

static void assert_refused(const sample *s, const results_options *options, const char *words)
{
    results *r = NULL;
    nn_error err = {0};
    assert_int_equal(results_open(path, &s->grid, &s->data, options, &r, NULL, &err), NN_file);
    assert_null(r);
    if (strstr(err.message, words) == NULL)
        fail_msg("the message does not say '%s': %s", words, err.message);
}

static void written_rows_are_read_back(void **state)
{
    static sample s;
    results_reader *reader = NULL;
    nn_error err = {0};
    struct stat st;
    (void)state;
    sample_init(&s, 3, 10);
    results_survey survey;
    assert_int_equal(results_look(path, &s.grid, &s.data, &survey, &err), NN_ok);
    assert_false(survey.exists);
    const uint64_t predicted = survey.bytes;
    write_sample(&s, 0, s.grid.n_runs);
    assert_rows(&s, 0, s.grid.n_runs);
    assert_int_equal(stat(path, &st), 0);
    assert_true((uint64_t)st.st_size < predicted && predicted < 4 * (uint64_t)st.st_size);
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

static void cells_hold_statistics(void **state)
{
    static sample s;
    results_reader *r = NULL;
    sample_outcome out;
    double *mean = NULL, *count = NULL, sum = 0;
    size_t n = 0;
    (void)state;
    sample_init(&s, 2, 5);
    write_sample(&s, 0, s.grid.n_runs);
    for (size_t i = 3; i < 6; i++) {
        sample_outcome_of(&s, i, &out);
        sum += out.o.metrics[NN_METRIC_best_epoch];
    }
    assert_int_equal(results_reader_open(path, &r, NULL), NN_ok);
    assert_int_equal(reader_column(r, "/cells/best_epoch_mean", &mean, &n, NULL), NN_ok);
    assert_int_equal(n, 6);
    assert_true(fabs(mean[1] - sum / 3) < 1e-9 * fabs(sum));
    assert_int_equal(reader_column(r, "/cells/n", &count, &n, NULL), NN_ok);
    assert_true(count[1] == 3);
    free(mean);
    free(count);
    results_reader_close(r);
}

static void a_stopped_grid_is_resumed_in_place(void **state)
{
    static sample s;
    struct stat before, after;
    results_survey survey;
    (void)state;
    sample_init(&s, 3, 10);
    write_sample(&s, 0, 10);
    stat(path, &before);
    results *r = open_sample(&s, NULL, &survey);
    assert_true(survey.exists && !survey.grown);
    assert_int_equal(survey.n_finished, 10);
    assert_int_equal(survey.n_pending, s.grid.n_runs - 10);
    for (size_t i = 0; i < s.grid.n_runs; i++)
        if (results_status(r, i) == NN_RUN_pending)
            sample_write(&s, r, i);
    finish(r);
    stat(path, &after);
    assert_true(before.st_ino == after.st_ino && before.st_size == after.st_size);
    assert_rows(&s, 0, s.grid.n_runs);
}

static void failed_runs_are_tried_again_on_request(void **state)
{
    static sample s;
    results_survey survey;
    const results_options retry = {.retry_failed = true};
    (void)state;
    sample_init(&s, 2, 5);
    results *r = open_sample(&s, NULL, NULL);
    assert_int_equal(results_write_failed(r, 4, NN_REASON_time, 1.0, NULL), NN_ok);
    finish(r);
    r = open_sample(&s, NULL, &survey);
    assert_int_equal(survey.n_failed, 1);
    assert_int_equal(results_status(r, 4), NN_RUN_failed);
    results_close(r);
    r = open_sample(&s, &retry, NULL);
    assert_int_equal(results_status(r, 4), NN_RUN_pending);
    finish(r);
}

static void a_damaged_row_is_found(void **state)
{
    static sample s;
    results_survey survey;
    (void)state;
    sample_init(&s, 2, 10);
    write_sample(&s, 0, s.grid.n_runs);
    /* One bit of one number of run 7's curve: the curve is found by its bytes. */
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

static void a_grown_grid_keeps_its_rows(void **state)
{
    static sample small, large;
    results_survey survey;
    nn_error err = {0};
    (void)state;
    sample_init(&small, 2, 10);
    sample_init(&large, 4, 10);
    large.grid.recording.keep[NN_KEEP_INITIAL] = false;
    write_sample(&small, 0, small.grid.n_runs);
    assert_int_equal(results_look(path, &large.grid, &large.data, &survey, &err), NN_ok);
    assert_true(survey.grown);
    assert_int_equal(survey.n_finished, small.grid.n_runs);
    results *r = open_sample(&large, NULL, &survey);
    assert_int_equal(survey.n_pending, large.grid.n_runs - small.grid.n_runs);
    for (size_t i = 0; i < large.grid.n_runs; i++)
        if (results_status(r, i) == NN_RUN_pending)
            sample_write(&large, r, i);
    finish(r);
    assert_rows(&large, 0, large.grid.n_runs);
}

/* Longer runs beside the old ones: their curves have more epochs, the old rows keep their own. */
static void a_longer_epoch_axis_keeps_curves(void **state)
{
    static sample s, longer;
    (void)state;
    sample_init(&s, 2, 10);
    write_sample(&s, 0, s.grid.n_runs);
    /* The same grid with one more cell of 40 epochs, by an axis over epochs. */
    sample_init(&longer, 3, 10);
    static const int64_t lengths[] = {10, 40};
    longer.axes[2] = (grid_axis){nn_hyper_find("epochs"), 2, (void *)(uintptr_t)lengths};
    longer.grid.base.precision = NN_PRECISION_float64;
    for (size_t c = 0; c < longer.grid.n_cells; c++)
        longer.points[3 * c + 2] = c >= s.grid.n_cells;
    results_survey survey;
    results *r = open_sample(&longer, NULL, &survey);
    assert_true(survey.grown);
    assert_int_equal(survey.n_finished, s.grid.n_runs);
    results_close(r);
    /* float32 rows now stand in float64 datasets: the same numbers. */
    assert_rows(&s, 0, s.grid.n_runs);
}

static void a_shrunken_grid_needs_prune(void **state)
{
    static sample large, small;
    const results_options prune = {.prune = true};
    results_survey survey;
    (void)state;
    sample_init(&large, 3, 10);
    sample_init(&small, 2, 10);
    write_sample(&large, 0, large.grid.n_runs);
    assert_refused(&small, NULL, "9 finished runs would be lost");
    assert_rows(&large, 0, large.grid.n_runs);
    results *r = open_sample(&small, &prune, &survey);
    assert_int_equal(survey.n_leaving, 9);
    assert_int_equal(survey.n_pending, 0);
    finish(r);
    assert_rows(&small, 0, small.grid.n_runs);
}

static void a_second_writer_is_refused(void **state)
{
    static sample s;
    char words[64];
    struct stat st;
    (void)state;
    sample_init(&s, 2, 5);
    results *r = open_sample(&s, NULL, NULL);
    snprintf(words, sizeof words, "is being written by another nngrid (pid %ld)", (long)getpid());
    assert_refused(&s, NULL, words);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0444);
    sample_write(&s, r, 1);
    finish(r);
    assert_rows(&s, 1, 2);
}

static void what_is_not_ours_is_left_alone(void **state)
{
    static sample s;
    char text[16] = "";
    (void)state;
    sample_init(&s, 2, 5);
    write_sample(&s, 0, 1);
    int fd = open(path, O_RDWR | O_TRUNC);
    assert_int_equal(write(fd, "my thesis\n", 10), 10);
    assert_refused(&s, NULL, "is no HDF5 file");
    assert_int_equal(pread(fd, text, 10, 0), 10);
    assert_string_equal(text, "my thesis\n");
    close(fd);
    snprintf(path, sizeof path, "%s/out", folder);
    assert_refused(&s, NULL, "is a folder");
    snprintf(path, sizeof path, "/proc/nothing/x.h5");
    assert_refused(&s, NULL, "cannot make the folder");
}

static void a_cut_file_is_refused(void **state)
{
    static sample s;
    struct stat st;
    (void)state;
    sample_init(&s, 2, 5);
    write_sample(&s, 0, 3);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, st.st_size / 2), 0);
    assert_refused(&s, NULL, "x.h5");
    assert_int_equal(truncate(path, 0), 0);
    assert_refused(&s, NULL, "is no HDF5 file");
}

static void a_removed_file_is_noticed(void **state)
{
    static sample s;
    nn_error err = {0};
    (void)state;
    sample_init(&s, 2, 5);
    results *r = open_sample(&s, NULL, NULL);
    assert_int_equal(results_sync(r, &err), NN_ok);
    unlink(path);
    assert_int_equal(results_sync(r, &err), NN_file);
    assert_non_null(strstr(err.message, "removed, replaced or cut"));
    results_close(r);
}

static void no_runs_and_no_axes_are_fine(void **state)
{
    static sample s;
    (void)state;
    sample_init(&s, 2, 5);
    s.grid.n_runs = s.grid.n_cells = s.grid.n_axes = 0;
    s.grid.recording.keep[NN_KEEP_BEST] = s.grid.recording.keep[NN_KEEP_FINAL] = false;
    s.grid.stopping.n_rules = 0;
    finish(open_sample(&s, NULL, NULL));
    finish(open_sample(&s, NULL, NULL));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(written_rows_are_read_back),
        TEST(cells_hold_statistics),
        TEST(a_stopped_grid_is_resumed_in_place),
        TEST(failed_runs_are_tried_again_on_request),
        TEST(a_damaged_row_is_found),
        TEST(a_grown_grid_keeps_its_rows),
        TEST(a_longer_epoch_axis_keeps_curves),
        TEST(a_shrunken_grid_needs_prune),
        TEST(a_second_writer_is_refused),
        TEST(what_is_not_ours_is_left_alone),
        TEST(a_cut_file_is_refused),
        TEST(a_removed_file_is_noticed),
        TEST(no_runs_and_no_axes_are_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

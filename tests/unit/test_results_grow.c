/* A results file that meets another grid, another writer, or something that is no results file at all. */
#include "results_fixture.h"
#include <fcntl.h>

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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(a_grown_grid_keeps_its_rows),    TEST(a_longer_epoch_axis_keeps_curves),
        TEST(a_shrunken_grid_needs_prune),    TEST(a_second_writer_is_refused),
        TEST(what_is_not_ours_is_left_alone), TEST(a_cut_file_is_refused),
        TEST(a_removed_file_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

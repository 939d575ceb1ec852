/* Tests a results file that is opened with another grid, by a second writer, or that is no results file at all. */
#include "fixtures/results_fixture.h"
#include <fcntl.h>

RESULTS_TEST(a_grown_grid_keeps_its_rows)
{
    static sample small, large;
    results_survey survey;
    nn_error err = {0};
    sample_init(&small, 2, 10);
    sample_init(&large, 4, 10);
    large.grid.recording.keep[NN_KEEP_INITIAL] = false;
    write_sample(&small, 0, small.grid.n_runs);
    assert_int_equal(results_look(path, &large.grid, &large.data, NULL, &survey, &err), NN_ok);
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

/* A grid that adds longer runs gives all curves more epochs; the old rows keep their own values. */
RESULTS_TEST(a_longer_epoch_axis_keeps_curves)
{
    static sample s, longer;
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
    /* The rows of float32 are in float64 datasets now, with the same numbers. */
    assert_rows(&s, 0, s.grid.n_runs);
}

/* Rows [0, n) of the file, inactive ones included, are those of the sample. */
static void assert_all_rows(const sample *s, size_t n_active, size_t n)
{
    results_reader *r = NULL;
    nn_error err = {0};
    bool which[SAMPLE_MAX_RUNS] = {false};
    for (size_t i = 0; i < n; i++)
        which[i] = true;
    if (results_reader_open(path, &r, &err) != NN_ok)
        fail_msg("%s", err.message);
    assert_int_equal(reader_n_runs(r), n_active);
    assert_int_equal(reader_n_inactive(r), n - n_active);
    reader_show_inactive(r);
    assert_int_equal(reader_n_runs(r), n);
    assert_true(sample_same_rows(r, s, which));
    results_reader_close(r);
}

/* The rates that the smaller grid lacks are the last ones, so that the inactive rows keep their numbers. */
RESULTS_TEST(rows_that_leave_stay_inactive)
{
    static sample large, small;
    results_survey survey;
    nn_error err = {0};
    sample_init(&large, 3, 10);
    sample_init(&small, 2, 10);
    write_sample(&large, 0, large.grid.n_runs);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(results_look(path, &small.grid, &small.data, NULL, &survey, &err), NN_ok);
        assert_int_equal(survey.grown, again == 0);
        assert_int_equal(survey.n_inactive, 9);
        assert_int_equal(survey.n_pending, 0);
        finish(open_sample(&small, NULL, NULL));
        assert_all_rows(&large, small.grid.n_runs, large.grid.n_runs);
    }
    results *r = open_sample(&large, NULL, &survey); /* they come back */
    assert_int_equal(survey.n_pending, 0);
    assert_int_equal(survey.n_inactive, 0);
    finish(r);
    assert_all_rows(&large, large.grid.n_runs, large.grid.n_runs);
}

RESULTS_TEST(pruned_rows_go)
{
    static sample large, small;
    const results_options prune = {.prune = true};
    results_survey survey;
    sample_init(&large, 3, 10);
    sample_init(&small, 2, 10);
    write_sample(&large, 0, large.grid.n_runs);
    finish(open_sample(&small, NULL, NULL));
    results *r = open_sample(&small, &prune, &survey);
    assert_true(survey.grown);
    assert_int_equal(survey.n_pruned, 9);
    assert_int_equal(survey.n_inactive, 0);
    assert_int_equal(survey.n_pending, 0);
    finish(r);
    assert_all_rows(&small, small.grid.n_runs, small.grid.n_runs);
    r = open_sample(&small, &prune, &survey);
    assert_false(survey.grown);
    finish(r);
}

/* A grid with other epochs, rules and weights replaces the old one: the old rows keep all that they had. */
RESULTS_TEST(inactive_rows_lose_nothing)
{
    static sample old, new;
    static nn_stop_rule rule = {.kind = NN_STOP_patience, .parameter = 3};
    results_survey survey;
    sample_init(&old, 2, 10);
    sample_init(&new, 2, 4);
    new.grid.recording = (nn_recording){.every = 4, .parts = {true, true, true}};
    new.grid.stopping = (nn_stopping){.n_rules = 1, .rules = &rule};
    new.grid.n_conditions = 0;
    for (size_t i = 0; i < new.grid.n_runs; i++)
        new.runs[i].key++;
    write_sample(&old, 0, old.grid.n_runs);
    results *r = open_sample(&new, NULL, &survey);
    assert_int_equal(survey.n_inactive, old.grid.n_runs);
    assert_int_equal(survey.n_pending, new.grid.n_runs);
    finish(r);
    finish(open_sample(&old, NULL, &survey));
    assert_int_equal(survey.n_finished, old.grid.n_runs);
    assert_int_equal(survey.n_inactive, 0);
    assert_all_rows(&old, old.grid.n_runs, old.grid.n_runs);
}

RESULTS_TEST(a_second_writer_is_refused)
{
    static sample s;
    char words[64];
    struct stat st;
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

RESULTS_TEST(what_is_not_ours_is_left_alone)
{
    static sample s;
    char text[16] = "";
    sample_init(&s, 2, 5);
    write_sample(&s, 0, 1);
    int fd = open(path, O_RDWR | O_TRUNC);
    assert_int_equal(write(fd, "my thesis\n", 10), 10);
    assert_refused(&s, NULL, "is no results file");
    assert_int_equal(pread(fd, text, 10, 0), 10);
    assert_string_equal(text, "my thesis\n");
    close(fd);
    snprintf(path, sizeof path, "%s/out", folder);
    assert_refused(&s, NULL, "is a folder");
    snprintf(path, sizeof path, "/proc/nothing/x.h5");
    assert_refused(&s, NULL, "cannot make the folder");
}

RESULTS_TEST(a_cut_file_is_refused)
{
    static sample s;
    struct stat st;
    sample_init(&s, 2, 5);
    write_sample(&s, 0, 3);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, st.st_size / 2), 0);
    assert_refused(&s, NULL, "x.h5");
    assert_int_equal(truncate(path, 0), 0);
    assert_refused(&s, NULL, "is no results file");
}

RESULTS_TEST(a_removed_file_is_noticed)
{
    static sample s;
    nn_error err = {0};
    sample_init(&s, 2, 5);
    results *r = open_sample(&s, NULL, NULL);
    assert_int_equal(results_sync(r, &err), NN_ok);
    unlink(path);
    assert_int_equal(results_sync(r, &err), NN_file);
    assert_non_null(strstr(err.message, "removed or moved"));
    results_close(r);
}

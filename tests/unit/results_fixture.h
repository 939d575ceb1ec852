/* results_fixture.h - a fresh folder for each test of the results file, and short forms of what they do. */
#ifndef RESULTS_FIXTURE_H
#define RESULTS_FIXTURE_H

#include "results_sample.h"
#include <sys/stat.h>

static char folder[64], path[128];

static inline int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/nngrid-results-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/out/x.h5", folder);
    return 0;
}

static inline int remove_folder(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static inline results *open_sample(const sample *s, const results_options *options, results_survey *survey)
{
    results *r = NULL;
    nn_error err = {0};
    if (results_open(path, &s->grid, &s->data, options, &r, survey, &err) != NN_ok)
        fail_msg("%s", err.message);
    return r;
}

static inline void finish(results *r)
{
    nn_error err = {0};
    if (results_finish(r, &err) != NN_ok)
        fail_msg("%s", err.message);
    results_close(r);
}

static inline void write_sample(const sample *s, size_t from, size_t to)
{
    results *r = open_sample(s, NULL, NULL);
    for (size_t i = from; i < to; i++)
        sample_write(s, r, i);
    finish(r);
}

static inline void assert_rows(const sample *s, size_t from, size_t to)
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

static inline void assert_refused(const sample *s, const results_options *options, const char *words)
{
    results *r = NULL;
    nn_error err = {0};
    assert_int_equal(results_open(path, &s->grid, &s->data, options, &r, NULL, &err), NN_file);
    assert_null(r);
    if (strstr(err.message, words) == NULL)
        fail_msg("the message does not say '%s': %s", words, err.message);
}

#endif

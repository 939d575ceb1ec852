/* show_pairs.h - pairs the runs of two cells of a results file, and chooses the t-test that fits how their rows were
 * split. */
#ifndef NNGRID_COMMANDS_SHOW_PAIRS_H
#define NNGRID_COMMANDS_SHOW_PAIRS_H

#include "commands/show_data.h"
#include "results/compare.h"

/* Which test answers whether two cells differ. */
typedef enum cell_test {
    TEST_CORRECTED, /* repeats have splits of their own, whose rows overlap: the corrected resampled t-test */
    TEST_PLAIN,     /* one split for all repeats, which differ by their starts alone: the paired t-test */
    TEST_WELCH,     /* the cells were not trained, or not judged, on the same rows: Welch's test */
    N_CELL_TEST
} cell_test;
extern const char *const command_test_names[N_CELL_TEST]; /* as in JSON */

typedef struct cell_answer {
    cell_test used;
    cell_comparison test;  /* the one used */
    cell_comparison plain; /* the same without correction */
    size_t n_pairs;        /* pairs of runs of the same repeat and fold; 0 under Welch's test */
    size_t n_lost;         /* such pairs, or runs, of which one has no value yet, or none at all */
    bool by_repeat;        /* the folds of a repeat were averaged first, since they share their test rows */
    bool by_split;         /* repeats of the same split were averaged first */
    double n_train, n_held, n_rows, rho; /* of the correction (results_overlap_rho) */
} cell_answer;

typedef struct show_pairs show_pairs;

/* Reads what the tests of a metric need; command_pairs_close frees it. */
nn_status command_pairs_open(results_reader *r, const show_metric *metric, show_pairs **out, nn_error *err);
void command_pairs_close(show_pairs *p);
/* Tests the difference of two cells. p is NaN where a side has fewer than two values. */
nn_status command_pairs_test(const show_pairs *p, const size_t cells[2], cell_answer *out, nn_error *err);
/* The first run of a cell; SIZE_MAX: it has none. */
size_t command_pairs_first_run(const show_pairs *p, size_t cell);

#endif

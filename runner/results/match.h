/* match.h - which rows of a stored file are those of a grid, which can be made from others, and which
 * stay as inactive ones. */
#ifndef NNGRID_RESULTS_MATCH_H
#define NNGRID_RESULTS_MATCH_H

#include "grid/grid.h"
#include "results/options.h"

struct stored;

/* Where a run of the grid stands in a stored file. */
typedef struct standing {
    int64_t row; /* of the file; -1: not there */
    nn_run_status status;
    bool damaged;
    bool recompute; /* the row is one of the same trajectory, observed otherwise */
} standing;

typedef struct match {
    standing *standings; /* [n_runs of the grid] */
    size_t n_kept;
    size_t *kept; /* [n_kept] finished rows that are not the grid's, to be kept as inactive; in file order */
} match;

/* Fills the counts of the survey, too. `options` may be NULL. */
nn_status results_match_rows(const grid *g, const dataset *d, const struct stored *s, const results_options *options,
                             match *out, results_survey *survey, nn_error *err);
void results_match_free(match *m);

/* ---- results_recompute.c ---- */

/* Makes the results of a run from the curves of a row that was observed otherwise. One thread at a time. */
typedef struct recompute recompute;

nn_status results_recompute_new(const grid *g, const dataset *d, const struct stored *s, recompute **out,
                                nn_error *err);
void results_recompute_free(recompute *c);
/* The outcome of run `run` of the grid by row `row` of the file, without weights; valid until the next call.
 * false: the row does not hold enough, the run has to be trained. To the same bits as training it. */
bool results_recompute_row(recompute *c, size_t run, size_t row, nn_outcome *out);

#endif

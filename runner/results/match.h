/* match.h - compares a results file with a grid: which of its rows are runs of the grid, which results can be
 * recomputed from other rows, which rows stay as inactive ones, and which layout the grid asks for. */
#ifndef NNGRID_RESULTS_MATCH_H
#define NNGRID_RESULTS_MATCH_H

#include "results/layout.h"
#include "results/options.h"

/* What a file has of a run of the grid. */
typedef struct standing {
    int64_t row; /* of the file; -1: none */
    nn_run_status status;
    int arithmetic; /* that the run was trained with, or will be */
    bool damaged;
    bool recompute; /* the row has the same trajectory, but another recording or other stopping rules */
} standing;

typedef struct match {
    standing *standings; /* [n_runs of the grid] */
    size_t n_kept;
    size_t *kept; /* [n_kept] rows to be kept as inactive, in the order of the file */
} match;

/* A file, or none, and the layout that the grid asks for. */
typedef struct comparison {
    const grid *grid;
    const dataset *data;
    const results_options *options; /* or NULL */
    bool renew;                     /* is the file to be made anew, even if its layout stays? */
    stored *stored;                 /* NULL: there is no file */
    match match;
    grid_run *runs; /* [n_runs] of the grid as the file has them: some with an older arithmetic and its key */
    int accepted;   /* the newest older arithmetic whose runs are accepted */
    layout *layout;
    results_survey survey;
} comparison;

/* Compares the file at the path, if it `exists`, with the grid. The caller sets grid, data, options and
 * renew before. */
nn_status results_compare(comparison *c, const char *path, bool exists, nn_error *err);
void results_comparison_free(comparison *c);

/* Recomputes the results of a run from the curves of a row of the same trajectory. For one thread at a time. */
typedef struct recompute recompute;

nn_status results_recompute_new(const grid *g, const dataset *d, const stored *s, recompute **out, nn_error *err);
void results_recompute_free(recompute *c);
/* The outcome of run `run` of the grid from row `row` of the file, without weights; valid until the next call. It has
 * the bits that training would give. False: the row does not hold enough, so the run has to be trained. */
bool results_recompute_row(recompute *c, size_t run, size_t row, nn_outcome *out);

/* The outcome of a row under the recording that it was written with, for a run of so many epochs: its metrics as this
 * program computes them from the curves and the other metrics of the file; no weights and no rules. Valid until the next
 * call. False: the row does not say how it was recorded. */
bool results_recompute_stored(recompute *c, size_t row, int64_t epochs, nn_outcome *out);

#endif

/* inactive.h - the inactive rows of a file: finished runs that are no longer in the grid, or whose recording the grid
 * has changed so that their results cannot be recomputed. They stand behind the rows of the grid, and the file keeps
 * every column that they had, so that nothing of them is lost. */
#ifndef NNGRID_RESULTS_INACTIVE_H
#define NNGRID_RESULTS_INACTIVE_H

#include "results/noise.h"

struct stored;

typedef struct inactive_rows {
    size_t n_runs, n_cells;
    size_t *rows;                    /* [n_runs] their rows in the file, ascending */
    grid_run *runs;                  /* [n_runs] `cell` counts from 0 here */
    int64_t *n_params;               /* [n_runs] */
    int32_t *split;                  /* [n_runs] its row of /data/split; -1: one of other data, which is not kept */
    nn_hyper *cells;                 /* [n_cells] the settings of each */
    nn_network *nets;                /* [n_cells] n_layers 0: the file has no weights of the cell */
    bool (*keep)[NN_KEEP_EVERY + 1]; /* [n_cells] which weights the file has of it */
    size_t n_epochs;
    uint32_t *epochs;             /* [n_epochs] of the file */
    bool curves[NN_N_CURVE];      /* which of them the file has */
    size_t end_rows, end_outputs; /* of /endpoints/outputs; 0: the file has none */
    size_t n_targets;             /* of /targets; 0: the file has none */
    size_t n_rules;
    nn_stop_rule *rules; /* [n_rules] that the file has */
    /* Splits that the grid no longer has; they stand behind those of the grid. */
    size_t n_splits;
    int8_t *parts;                       /* [n_splits][rows of the data] a part, or -1 */
    double *shift, *factor, *fill;       /* [n_splits][inputs] */
    double *target_shift, *target_scale; /* [n_splits][targets] */
    int32_t *noise[N_NOISE];             /* [n_splits][rows of the data]; NULL: neither file nor grid has label noise */
} inactive_rows;

/* Reads what the file says of n of its rows. n 0: *out is NULL. */
nn_status results_inactive_read(const struct stored *s, const size_t *rows, size_t n, const grid *g, const dataset *d,
                                inactive_rows **out, nn_error *err);

void results_inactive_free(inactive_rows *inactive);

#endif

/* inactive.h - finished rows of a file whose point has left the grid, or whose recording the grid has
 * changed so that they cannot be made again. They stand behind the rows of the grid, marked as inactive; the
 * file then has every column that it had, so that nothing of them is lost. */
#ifndef NNGRID_RESULTS_INACTIVE_H
#define NNGRID_RESULTS_INACTIVE_H

#include "grid/grid.h"

struct stored;

typedef struct inactive {
    size_t n_runs, n_cells;
    size_t *rows;            /* [n_runs] of the file, in its order */
    grid_run *runs;          /* [n_runs] `cell` counts from 0 here */
    int64_t *n_params;       /* [n_runs] */
    int32_t *split;          /* [n_runs] row of /data/split; -1: that of other data, which is not kept */
    nn_hyper *cells;         /* [n_cells] their settings */
    nn_network *nets;        /* [n_cells] n_layers 0: the file has no weights of them */
    bool (*keep)[NN_N_KEEP]; /* [n_cells] which weights the file has */
    size_t n_epochs;
    uint32_t *epochs;        /* [n_epochs] of the file */
    bool curves[NN_N_CURVE]; /* that the file has */
    size_t n_rules;
    nn_stop_rule *rules; /* [n_rules] that the file has */
    /* Splits that the grid no longer has, behind those of the grid. */
    size_t n_splits;
    int8_t *parts;                 /* [n_splits][rows of the data] a part, or -1 */
    double *shift, *factor, *fill; /* [n_splits][inputs] */
} inactive;

/* Reads what the file says of these rows. */
nn_status results_inactive_read(const struct stored *s, const size_t *rows, size_t n, const grid *g, const dataset *d,
                                inactive **out, nn_error *err);

void results_inactive_free(inactive *left);

#endif

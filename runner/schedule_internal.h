/* schedule_internal.h - what the files of the scheduler share: jobs, their predicted cost, starting weights.
 */
#ifndef NNGRID_SCHEDULE_INTERNAL_H
#define NNGRID_SCHEDULE_INTERNAL_H

#include "schedule.h"

/* Given starting weights (base: {init_file: ...}): one array for each distinct network of the grid. */
typedef struct start_weights {
    size_t n;
    nn_network *networks; /* [n] */
    double **weights;     /* [n] each [n_params] */
} start_weights;

/* Empty where the grid has no init_file. */
nn_status start_weights_load(const grid *g, const dataset *d, const char *data_root, start_weights *out,
                             nn_error *err);
void start_weights_free(start_weights *s);
/* Those for a network, or NULL. */
const double *start_weights_find(const start_weights *s, const nn_network *net);

/* The job of a run but for its split: hyper is filled with the cell's settings and must live as long as the
 * job. */
nn_job schedule_job(const grid *g, const dataset *d, size_t cell, nn_hyper *hyper);

/* Predicted multiply-adds of a run of each cell [n_cells], and the bytes of the largest workspace. */
typedef struct cell_costs {
    double *work;
    size_t workspace;
} cell_costs;

/* `needed` [n_cells] says which cells count, NULL: all. */
nn_status cell_costs_find(const grid *g, const dataset *d, const bool *needed, cell_costs *out,
                          nn_error *err);

/* The runs to train, in the order in which they are handed out. */
typedef struct schedule_plan {
    size_t n;
    uint32_t *order; /* [n] indices of runs: most expensive first, then by index */
    cell_costs costs;
    double work_total;
    size_t next;       /* the first of `order` that no thread has taken */
    double work_taken; /* predicted, of those before it */
} schedule_plan;

nn_status schedule_plan_make(const grid *g, const dataset *d, const results *r, schedule_plan *out,
                             nn_error *err);
/* The next runs for one of the threads: order[*first] to order[*end - 1]. Neighbours go together, so that their
 * rows do, but never more than a small share of the work that is left: at the end no thread waits long for
 * another. False: none are left. */
bool schedule_plan_take(schedule_plan *plan, const grid *g, int threads, size_t *first, size_t *end);
void schedule_plan_free(schedule_plan *plan);

#endif

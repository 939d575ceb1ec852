/* plan.h - which runs to train, in which order, and what they will need. */
#ifndef NNGRID_SCHEDULE_PLAN_H
#define NNGRID_SCHEDULE_PLAN_H

#include "results/results.h"
#include <stdatomic.h>

/* The job of a run but for its split: hyper is filled with the cell's settings and must live as long as the
 * job. */
nn_job schedule_job(const grid *g, const dataset *d, size_t cell, nn_hyper *hyper);

/* What a run of each cell [n_cells] takes: predicted multiply-adds; which kind it is of, a digest of all settings in
 * which runs of a pack agree; how many of its kind train at once; whether batches are drawn. And the bytes of the largest workspace. */
typedef struct cell_costs {
    double *work;
    uint64_t *kind;
    uint8_t *lanes;
    bool *shuffled; /* is there an order of rows, which runs of a repeat share? */
    size_t workspace;
} cell_costs;

/* `needed` [n_cells] says which cells count, NULL: all. */
nn_status schedule_costs_find(const grid *g, const dataset *d, const bool *needed, cell_costs *out, nn_error *err);
void schedule_costs_free(cell_costs *costs);

/* Runs that may train side by side (nn_alike): order[first .. first + n - 1] of the plan. */
typedef struct schedule_group {
    size_t first, n;
    double cost;        /* predicted multiply-adds of a pack of its largest runs */
    atomic_size_t next; /* of its runs, the next to be handed out */
} schedule_group;

/* The runs to train, in the order in which they are handed out. */
typedef struct schedule_plan {
    size_t n, n_groups;
    uint32_t *order; /* [n] indices of runs, group by group; in a group by repeat where these share an order of rows */
    schedule_group *groups; /* [n_groups] the longest first, so that the last ones are short */
    cell_costs costs;
    double work_total;
} schedule_plan;

nn_status schedule_plan_make(const grid *g, const dataset *d, const results *r, schedule_plan *out, nn_error *err);
void schedule_plan_free(schedule_plan *plan);

#endif

/* schedule_internal.h - what the files of the scheduler share: jobs, their predicted cost, starting weights.
 */
#ifndef NNGRID_SCHEDULE_INTERNAL_H
#define NNGRID_SCHEDULE_INTERNAL_H

#include "schedule/schedule.h"

/* Given starting weights (base: {init_file: ...}) of each distinct network of the grid. */
typedef struct start_of_network {
    nn_network net;
    size_t sets;
    double *values; /* [sets][n_params] */
} start_of_network;
typedef struct start_weights {
    size_t n;
    start_of_network *of; /* [n] */
} start_weights;

/* Empty where the grid has no init_file. */
nn_status start_weights_load(const grid *g, const dataset *d, const char *data_root, start_weights *out,
                             nn_error *err);
void start_weights_free(start_weights *s);
/* Those for a network, or NULL. */
const double *start_weights_find(const start_weights *s, const nn_network *net, uint32_t repeat);

/* Given orders of rows (base: {order_file: ...}), of all repeats or of each. */
typedef struct given_order {
    size_t sets, epochs, n;
    uint32_t *rows; /* [sets][epochs][n], rows of the data; NULL: the grid has no order_file */
} given_order;

/* Every order holds the training rows of its repeat, each once. */
nn_status given_order_load(const grid *g, const dataset *d, const char *data_root, given_order *out,
                           nn_error *err);
void given_order_free(given_order *o);
/* [epochs][n] of a repeat, or NULL. */
const uint32_t *given_order_of(const given_order *o, uint32_t repeat);

/* A workspace of at least `bytes`, for free(); large ones ask for large pages. */
nn_status schedule_memory(size_t bytes, void **out, nn_error *err);

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
nn_status cell_costs_find(const grid *g, const dataset *d, const bool *needed, cell_costs *out,
                          nn_error *err);
void cell_costs_free(cell_costs *costs);

/* Runs that may train side by side (nn_alike): order[first .. first + n - 1] of the plan. */
typedef struct schedule_group {
    size_t first, n;
    double cost;        /* predicted multiply-adds of a pack of its largest runs */
    atomic_size_t next; /* of its runs, the next to be handed out */
} schedule_group;

/* The runs to train, in the order in which they are handed out. */
typedef struct schedule_plan {
    size_t n, n_groups;
    uint32_t *
        order; /* [n] indices of runs, group by group; in a group by repeat where these share an order of rows */
    schedule_group *groups; /* [n_groups] the longest first, so that the last ones are short */
    cell_costs costs;
    double work_total;
} schedule_plan;

nn_status schedule_plan_make(const grid *g, const dataset *d, const results *r, schedule_plan *out,
                             nn_error *err);
void schedule_plan_free(schedule_plan *plan);

#endif

/* plan.h - decides which runs to train, in which order and in which groups, and predicts what they need. */
#ifndef NNGRID_SCHEDULE_PLAN_H
#define NNGRID_SCHEDULE_PLAN_H

#include "schedule/schedule.h"
#include <stdatomic.h>

/* The job of a cell's runs, all but split, repeat, start and order. Fills *hyper with the cell's settings; it must
 * live as long as the job. */
nn_job schedule_job(const grid *g, const dataset *d, size_t cell, nn_hyper *hyper);

/* What a run of each cell needs. */
typedef struct cell_costs {
    double *work;          /* [n_cells] predicted multiply-adds */
    schedule_range *apart; /* [n_cells] of it, what is not done in lanes; `work` has the higher end */
    uint64_t *kind;        /* [n_cells] digest of the settings in which all runs of a pack agree */
    uint8_t *lanes;        /* [n_cells] runs of the kind that can train side by side */
    double (*worth)[2];    /* [n_cells] nn_pack_worth of lanes with rows of their own, and with the same */
    bool *shuffled;        /* [n_cells] do runs draw an order of rows, which those of one repeat share? */
    size_t workspace;      /* bytes of the largest one */
    size_t of_run;         /* and of what a run uses of it, since a lane that stays empty touches nothing */
    size_t diagnosis;      /* bytes that diagnoses take beside it in each thread, at most */
    size_t passing;        /* and once, in the thread that calls LAPACK */
} cell_costs;

/* Of the cells that `needed` [n_cells] marks; NULL: of all. */
nn_status schedule_costs_find(const grid *g, const dataset *d, const bool *needed, cell_costs *out, nn_error *err);
void schedule_costs_free(cell_costs *costs);

/* Runs that train in one way: side by side, which alike runs may (nn.h), or one by one. They are order[first] to
 * order[first + n - 1] of the plan. */
typedef struct schedule_group {
    size_t first, n;
    int lanes;          /* runs side by side; 1: each trains alone */
    size_t pace;        /* of its kind and way, among those of the plan */
    double cost;        /* predicted multiply-adds of a pack of its largest runs */
    atomic_size_t next; /* the run to hand out next, 0 to n - 1 */
} schedule_group;

/* The runs to train, in the order in which they are handed out. */
typedef struct schedule_plan {
    size_t n, n_groups, n_paces;
    uint32_t *order; /* [n] indices of runs, group by group; by repeat where runs of a repeat share an order of rows */
    schedule_group *groups; /* [n_groups] the longest first, so that threads end at about the same time */
    schedule_pace *paces;   /* [n_paces] one for each group; before training all runs wait */
    cell_costs costs;
    double work_total;
} schedule_plan;

/* For so many threads: a pack is not larger than a thread's share of the runs. */
nn_status schedule_plan_make(const grid *g, const dataset *d, const results *r, int threads, schedule_plan *out,
                             nn_error *err);
void schedule_plan_free(schedule_plan *plan);

#endif

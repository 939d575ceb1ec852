/* How fast this machine is on this grid: trains a piece of the most typical run, growing it until it takes
 * long enough to be timed. The piece starts small, so that calibrating stays short however large the data and
 * the network are. */
#include "schedule_internal.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double long_enough = 0.08; /* seconds; pieces grow by 2 to 4, so that all take under 0.3 s */
enum { FEW_ROWS = 64 };

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct cell_work {
    double work;
    uint32_t cell;
} cell_work;

static int by_work(const void *a, const void *b)
{
    const cell_work *x = a, *y = b;
    if (x->work != y->work)
        return x->work < y->work ? -1 : 1;
    return x->cell < y->cell ? -1 : x->cell > y->cell;
}

/* The cell below which half of the predicted work lies: most of the time goes to runs of its kind. */
static nn_status typical_cell(const grid *g, const cell_costs *costs, size_t *cell, nn_error *err)
{
    cell_work *list = malloc((g->n_cells + 1) * sizeof *list);
    if (list == NULL)
        return nn_fail(err, NN_memory, "not enough memory for the list of %zu cells", g->n_cells);
    double total = 0, sum = 0;
    for (size_t i = 0; i < g->n_cells; i++) {
        list[i] = (cell_work){costs->work[i], (uint32_t)i};
        total += costs->work[i];
    }
    qsort(list, g->n_cells, sizeof *list, by_work);
    size_t at = 0;
    while (at + 1 < g->n_cells && (sum += list[at].work) < total / 2)
        at++;
    *cell = list[at].cell;
    free(list);
    return NN_ok;
}

/* The first rows of each part: at most n of the training part and as large a share of the others. */
static nn_split piece_of(const nn_split *whole, size_t n)
{
    nn_split piece = *whole;
    const size_t n_train = whole->n[NN_TRAIN];
    for (int part = 0; part < NN_N_PART && n < n_train; part++)
        piece.n[part] = (whole->n[part] * n + n_train - 1) / n_train;
    return piece;
}

/* Times growing pieces of the job; multiply-adds a second of the last one. */
static nn_status time_pieces(const nn_job *job, const nn_split *whole, nn_hyper *hyper, void *workspace,
                             double *per_second, nn_error *err)
{
    const int64_t epochs = hyper->epochs; /* the workspace holds no more */
    size_t rows = FEW_ROWS;
    hyper->epochs = epochs < 1 ? epochs : 1;
    for (;;) {
        nn_outcome outcome;
        const nn_split piece = piece_of(whole, rows);
        nn_job part = *job;
        part.split = &piece;
        double seconds = 0, work = 0;
        const double began = seconds_now();
        do { /* tiny runs are repeated as they are */
            const nn_status status = nn_train(&part, workspace, &outcome, err);
            if (status != NN_ok)
                return status;
            work += nn_predicted_work(&part);
            seconds = seconds_now() - began;
        } while (hyper->epochs == epochs && rows >= whole->n[NN_TRAIN] && seconds < long_enough);
        *per_second = work / (seconds > 1e-9 ? seconds : 1e-9);
        if (seconds >= long_enough || (hyper->epochs == epochs && rows >= whole->n[NN_TRAIN]))
            return NN_ok;
        const int factor = seconds < long_enough / 8 ? 4 : 2;
        if (rows < whole->n[NN_TRAIN])
            rows *= (size_t)factor;
        else
            hyper->epochs = hyper->epochs * factor < epochs ? hyper->epochs * factor : epochs;
    }
}

/* The typical run, made harmless: no step is taken (nothing diverges), no rule stops it. */
static nn_status calibrate_cell(const grid *g, const dataset *d, size_t cell, size_t bytes,
                                double *per_second, nn_error *err)
{
    static const nn_stopping no_rules = {0};
    splitter *splits = NULL;
    void *workspace = NULL;
    nn_hyper hyper;
    nn_job job = schedule_job(g, d, cell, &hyper);
    hyper.learning_rate = 0;
    job.stopping = &no_rules;
    job.diverge = 0;
    nn_status status = splitter_new(d, &splits, err);
    if (status != NN_ok)
        goto done;
    if (posix_memalign(&workspace, NN_ALIGN, bytes > 0 ? bytes : NN_ALIGN) != 0) {
        status = nn_fail(err, NN_memory, "not enough memory: a network needs %.0f MB", (double)bytes / 1e6);
        goto done;
    }
    status = time_pieces(&job, splitter_get(splits, g->seed, 0, 0), &hyper, workspace, per_second, err);
done:
    free(workspace);
    splitter_free(splits);
    return status;
}

nn_status schedule_calibrate(const grid *g, const dataset *d, double *per_second, nn_error *err)
{
    cell_costs costs = {0};
    size_t cell = 0;
    nn_status status = cell_costs_find(g, d, NULL, &costs, err);
    if (status != NN_ok)
        return status;
    status = typical_cell(g, &costs, &cell, err);
    if (status == NN_ok && g->n_cells > 0)
        status = calibrate_cell(g, d, cell, costs.workspace, per_second, err);
    cell_costs_free(&costs);
    return status;
}

/* Times how fast this machine trains this grid. It trains a piece of the most typical run and lets the piece grow
 * until it takes long enough to be timed. The first piece is small, so that calibration is short however large the
 * data and the network are. */
#include "base/clock.h"
#include "schedule/plan.h"
#include "schedule/schedule.h"
#include <math.h>
#include <stdlib.h>

static const double longest = 0.08; /* seconds of the last piece; pieces grow by 2 to 4, so all take under 0.3 s */
static const double share = 0.003;  /* of the time that the grid will take, for the last piece; 0.01 for all */
/* Of a short grid, as much as a few percent, since less than about 20 ms tell little. */
static const double large_share = 0.02, reliable = 0.02;
enum { FEW_ROWS = 64 };

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

/* Finds the cell at the median of the predicted work: most of the time goes to runs like it. */
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

/* The first rows of each part: at most n of the training part, and the same share of the others. */
static nn_split piece_of(const nn_split *whole, size_t n)
{
    nn_split piece = *whole;
    const size_t n_train = whole->n[NN_TRAIN];
    for (int part = 0; part < NN_N_PART && n < n_train; part++)
        piece.n[part] = (whole->n[part] * n + n_train - 1) / n_train;
    return piece;
}

typedef struct stopwatch {
    double work;       /* multiply-adds that one core will have to do for the grid */
    double per_second; /* multiply-adds a second of the last piece */
    double enough;     /* seconds after which no larger piece is timed */
    int most_lanes;    /* how many runs of this kind the grid has */
} stopwatch;

static void note(stopwatch *w, double work, double seconds)
{
    w->per_second = work / (seconds > 1e-9 ? seconds : 1e-9);
    const double whole = w->work / w->per_second, least = fmin(large_share * whole, reliable);
    w->enough = fmin(fmax(share * whole, least), longest);
}

/* Supplies a pack of `left` equal runs. */
typedef struct piece_supply {
    const nn_job *job;
    int left;
} piece_supply;

static bool next_piece(void *context, int lane, nn_job *job)
{
    piece_supply *s = context;
    (void)lane;
    if (s->left == 0)
        return false;
    s->left--;
    *job = *s->job;
    return true;
}

static bool finished_piece(void *context, int lane, const nn_outcome *outcome)
{
    (void)context, (void)lane, (void)outcome;
    return true;
}

/* Times one piece. One that is the `whole` run cannot grow, and is repeated until it took long enough. */
static nn_status time_piece(const nn_job *job, bool whole, void *workspace, stopwatch *w, double *seconds,
                            nn_error *err)
{
    const int room = nn_lanes(job), lanes = room < w->most_lanes ? room : w->most_lanes;
    const double worth = room > 1 ? nn_pack_worth(job, true) : 1;
    const bool alone = job->engine == NN_ENGINE_fast && lanes < worth;
    nn_job part = *job;
    part.engine = alone ? NN_ENGINE_tile : job->engine;
    double work = 0;
    const double began = clock_seconds();
    do {
        piece_supply pieces = {&part, alone ? 1 : lanes};
        const nn_supply supply = {.context = &pieces, .next = next_piece, .finished = finished_piece};
        const nn_status status = nn_train_pack(&supply, workspace, err);
        if (status != NN_ok)
            return status;
        /* A pack that is not full takes as long as a full one. */
        work += (alone ? room / worth : room) * nn_predicted_work(job);
        *seconds = clock_seconds() - began;
        note(w, work, *seconds);
    } while (whole && *seconds < w->enough);
    return NN_ok;
}

/* Times a piece in a workspace of its own, since a piece of few rows may need more than the whole run: core keeps
 * what fits. */
static nn_status time_apart(const nn_job *job, bool whole, stopwatch *w, double *seconds, nn_error *err)
{
    const size_t bytes = nn_workspace_bytes(job);
    void *workspace = NULL;
    if (posix_memalign(&workspace, NN_ALIGN, bytes) != 0)
        return nn_fail(err, NN_memory, "not enough memory: a network needs %.0f MB", (double)bytes / 1e6);
    const nn_status status = time_piece(job, whole, workspace, w, seconds, err);
    free(workspace);
    return status;
}

/* Times pieces of the job that grow, first in rows, then in epochs. */
static nn_status time_pieces(const nn_job *job, const nn_split *split, nn_hyper *hyper, stopwatch *w, nn_error *err)
{
    const int64_t epochs = hyper->epochs;
    size_t rows = FEW_ROWS;
    hyper->epochs = epochs < 1 ? epochs : 1;
    for (;;) {
        const bool all_rows = rows >= split->n[NN_TRAIN], whole = all_rows && hyper->epochs == epochs;
        const nn_split piece = piece_of(split, rows);
        nn_job part = *job;
        double seconds = 0;
        part.split = &piece;
        const nn_status status = time_apart(&part, whole, w, &seconds, err);
        if (status != NN_ok || whole || seconds >= w->enough)
            return status;
        const int factor = seconds < w->enough / 8 ? 4 : 2;
        if (!all_rows)
            rows *= (size_t)factor;
        else
            hyper->epochs = hyper->epochs * factor < epochs ? hyper->epochs * factor : epochs;
    }
}

/* Times the cell with learning rate 0 and no stopping rule, so that the run neither diverges nor stops early. */
static nn_status calibrate_cell(const grid *g, const dataset *d, size_t cell, stopwatch *watch, nn_error *err)
{
    static const nn_stopping no_rules = {0};
    splitter *splits = NULL;
    nn_hyper hyper;
    nn_job job = schedule_job(g, d, cell, &hyper);
    hyper.learning_rate = 0;
    job.stopping = &no_rules;
    job.diverge = 0;
    nn_status status = data_splitter_new(d, &splits, err);
    if (status == NN_ok)
        status = time_pieces(&job, data_splitter_get(splits, grid_data(g, cell), g->seed, 0, 0), &hyper, watch, err);
    data_splitter_free(splits);
    return status;
}

/* How many runs of the cell's kind there are, up to NN_MAX_LANES. */
static int runs_of_kind(const grid *g, const cell_costs *costs, size_t cell)
{
    int n = 0;
    for (size_t i = 0; i < g->n_runs && n < NN_MAX_LANES; i++)
        n += costs->kind[g->runs[i].cell] == costs->kind[cell];
    return n;
}

nn_status schedule_calibrate(const grid *g, const dataset *d, double work, double *per_second, nn_error *err)
{
    stopwatch watch = {.work = work};
    cell_costs costs = {0};
    size_t cell = 0;
    nn_status status = schedule_costs_find(g, d, NULL, &costs, err);
    if (status != NN_ok)
        return status;
    status = typical_cell(g, &costs, &cell, err);
    if (status == NN_ok)
        watch.most_lanes = runs_of_kind(g, &costs, cell);
    if (status == NN_ok && g->n_cells > 0)
        status = calibrate_cell(g, d, cell, &watch, err);
    if (status == NN_ok)
        *per_second = watch.per_second;
    schedule_costs_free(&costs);
    return status;
}

/* Lists the pending runs, puts runs that may train side by side into groups, and orders the groups by predicted
 * cost. */
#include "schedule/plan.h"
#include "schedule/endpoint.h"
#include "schedule/sharpness.h"
#include "schedule/lbfgs.h"
#include "schedule/schedule.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

nn_job schedule_job(const grid *g, const dataset *d, size_t cell, nn_hyper *hyper)
{
    grid_cell(g, cell, hyper);
    const bool outside = (nn_optimizer_rows[hyper->optimizer].traits & NN_OUTSIDE) != 0;
    return (nn_job){.hyper = hyper,
                    .data = &d->data,
                    .seed = g->seed,
                    .recording = &g->recording,
                    .stopping = &g->stopping,
                    .diverge = g->diverge,
                    .saves = g->checkpoint_seconds > 0 && !outside,
                    .descend = schedule_lbfgs,
                    .engine = g->engine,
                    .isa = g->isa};
}

/* Digest of the settings in which runs of a pack agree. */
static uint64_t kind_of(const nn_hyper *h)
{
    static const size_t bytes[] = {[NN_REAL] = sizeof(nn_real_value),
                                   [NN_COUNT] = sizeof(nn_count_value),
                                   [NN_CHOICE] = sizeof(nn_choice_value),
                                   [NN_TRUTH] = sizeof(nn_truth_value),
                                   [NN_TEXT] = sizeof(nn_text_value)};
    uint64_t kind = 0;
    for (int i = 0; i < NN_N_HYPER; i++) {
        const nn_hyper_row *row = &nn_hyper_rows[i];
        const void *value = nn_hyper_get(h, row);
        const nn_shape *shape = value;
        if (row->in_pack == NN_ALIKE && row->kind == NN_SHAPE)
            kind = XXH3_64bits_withSeed(shape->width, (size_t)shape->n * sizeof shape->width[0], kind + 1);
        else if (row->in_pack == NN_ALIKE)
            kind = XXH3_64bits_withSeed(value, bytes[row->kind], kind);
    }
    return kind;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Notes the memory of what is computed after training, and returns its work. */
static schedule_range diagnosis_needs(const grid *g, const nn_job *job, cell_costs *costs)
{
    const bool sharpness = g->recording.measures[NN_SHARPNESS];
    const endpoint_memory endpoint = g->recording.endpoint ? schedule_endpoint_bytes(job) : (endpoint_memory){0};
    costs->diagnosis = larger(costs->diagnosis, endpoint.room + (sharpness ? schedule_sharpness_bytes(job) : 0));
    costs->passing = larger(costs->passing, endpoint.passing);
    const schedule_range polish = g->recording.endpoint ? schedule_endpoint_work(job) : (schedule_range){0, 0};
    const double lanczos = sharpness ? schedule_sharpness_work(job) : 0;
    return (schedule_range){polish.low + lanczos, polish.high + lanczos};
}

/* Notes how many runs of a cell's kind make a pack worth its time: any number where the user asks for lanes. */
static void find_worth(const grid *g, const nn_job *job, double worth[2])
{
    for (int shared = 0; shared < 2; shared++)
        worth[shared] = g->engine == NN_ENGINE_lanes ? 0 : nn_pack_worth(job, shared);
}

/* Cost and workspace depend on the sizes of the parts alone, so no split has to be made. */
static void cell_needs(const grid *g, const dataset *d, size_t cell, cell_costs *costs)
{
    nn_hyper h;
    nn_job job = schedule_job(g, d, cell, &h);
    nn_split sizes = {0};
    nn_split last = {0};
    job.split = &sizes;
    costs->kind[cell] = kind_of(&h);
    costs->shuffled[cell] = h.batch_size != 0;
    for (uint32_t fold = 0; fold < g->folds; fold++) {
        dataset_part_sizes(d, grid_data(g, cell), fold, sizes.n);
        if (fold > 0 && memcmp(sizes.n, last.n, sizeof sizes.n) == 0)
            continue; /* most folds have the same sizes */
        last = sizes;
        if (fold == 0) {
            costs->lanes[cell] = (uint8_t)nn_lanes(&job);
            find_worth(g, &job, costs->worth[cell]);
        }
        const schedule_range apart = diagnosis_needs(g, &job, costs);
        const double w = nn_predicted_work(&job) + apart.high;
        if (w > costs->work[cell]) {
            costs->work[cell] = w;
            costs->apart[cell] = apart;
        }
        const size_t workspace = nn_workspace_bytes(&job);
        costs->workspace = larger(costs->workspace, workspace);
        costs->of_run = larger(costs->of_run, workspace / costs->lanes[cell] + 1);
    }
}

void schedule_costs_free(cell_costs *costs)
{
    free(costs->work);
    free(costs->apart);
    free(costs->kind);
    free(costs->lanes);
    free(costs->worth);
    free(costs->shuffled);
    *costs = (cell_costs){0};
}

nn_status schedule_costs_find(const grid *g, const dataset *d, const bool *needed, cell_costs *out, nn_error *err)
{
    const size_t n = g->n_cells + 1;
    cell_costs costs = {.work = calloc(n, sizeof *costs.work),
                        .apart = calloc(n, sizeof *costs.apart),
                        .kind = calloc(n, sizeof *costs.kind),
                        .lanes = calloc(n, sizeof *costs.lanes),
                        .worth = calloc(n, sizeof *costs.worth),
                        .shuffled = calloc(n, sizeof *costs.shuffled)};
    if (costs.work == NULL || costs.apart == NULL || costs.kind == NULL || costs.lanes == NULL || costs.worth == NULL ||
        costs.shuffled == NULL) {
        schedule_costs_free(&costs);
        return nn_fail(err, NN_memory, "not enough memory for the list of %zu cells", g->n_cells);
    }
    for (size_t cell = 0; cell < g->n_cells; cell++)
        if (needed == NULL || needed[cell])
            cell_needs(g, d, cell, &costs);
    *out = costs;
    return NN_ok;
}

/* ---- order ---- */

typedef struct order_context {
    const grid *grid;
    const dataset *data;
    const cell_costs *costs;
    const uint32_t *like; /* [splits] the first split whose parts have the same sizes */
    size_t threads;
} order_context;

#define NO_SPLIT UINT32_MAX

static int order_of(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static size_t split_of(const order_context *c, uint32_t run)
{
    return grid_split_index(c->grid, c->data, &c->grid->runs[run]);
}

/* Returns 0 where the two runs may train side by side. */
static int compare_kinds(const order_context *c, uint32_t i, uint32_t j)
{
    const grid_run *p = &c->grid->runs[i], *q = &c->grid->runs[j];
    const int kinds = order_of(c->costs->kind[p->cell], c->costs->kind[q->cell]);
    return kinds != 0 ? kinds : order_of(c->like[split_of(c, i)], c->like[split_of(c, j)]);
}

/* Sorts runs of a kind together, and among these runs of a split, and of a repeat where runs of a repeat share an
 * order of rows. All else is in the order of the file, so that rows of runs that end together are written
 * together. */
static int by_group(const void *a, const void *b, void *context)
{
    const order_context *c = context;
    const uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    const grid_run *p = &c->grid->runs[i], *q = &c->grid->runs[j];
    const int kinds = compare_kinds(c, i, j), splits = order_of(split_of(c, i), split_of(c, j)),
              repeats = c->costs->shuffled[p->cell] ? order_of(p->repeat, q->repeat) : 0;
    return kinds != 0 ? kinds : splits != 0 ? splits : repeats != 0 ? repeats : order_of(i, j);
}

static int by_cost(const void *a, const void *b)
{
    const schedule_group *x = a, *y = b;
    if (x->cost != y->cost)
        return x->cost > y->cost ? -1 : 1;
    return order_of(x->first, y->first);
}

/* Lists the runs to train and marks their cells. */
static void list_pending(const grid *g, const results *r, schedule_plan *plan, bool *needed)
{
    for (size_t run = 0; run < g->n_runs; run++)
        if (results_to_train(r, run)) {
            plan->order[plan->n++] = (uint32_t)run;
            needed[g->runs[run].cell] = true;
        }
}

static bool shares_rows(const order_context *c, uint32_t i, uint32_t j)
{
    const grid_run *p = &c->grid->runs[i], *q = &c->grid->runs[j];
    return split_of(c, i) == split_of(c, j) && (!c->costs->shuffled[p->cell] || p->repeat == q->repeat);
}

/* The end of the runs that are of the same kind as order[first] and, if `rows`, have the same rows in the same order. */
static size_t end_of(const order_context *c, const schedule_plan *plan, size_t first, bool rows)
{
    const uint32_t run = plan->order[first];
    size_t i = first + 1;
    while (i < plan->n && compare_kinds(c, plan->order[i], run) == 0 && (!rows || shares_rows(c, plan->order[i], run)))
        i++;
    return i;
}

/* How many runs of the cell's kind a pack has: no more than a thread's share of all n runs. */
static size_t lanes_of(const cell_costs *costs, size_t cell, size_t n, size_t threads)
{
    const size_t share = (n + threads - 1) / threads;
    return costs->lanes[cell] < share ? costs->lanes[cell] : larger(share, 1);
}

/* How many of n runs train in packs of `lanes`: those in whole ones, and the rest if it is worth a pack. */
static size_t in_packs(size_t n, size_t lanes, double worth)
{
    return lanes < 2 || worth > (double)lanes ? 0 : (double)(n % lanes) < worth ? n - n % lanes : n;
}

/* The time that n runs take, in times of one that trains alone. */
static double time_of(size_t n, size_t lanes, double worth)
{
    const size_t together = in_packs(n, lanes, worth);
    return (double)((together + lanes - 1) / lanes) * worth + (double)(n - together);
}

/* Sets how fast runs of the cell's kind train in packs of `lanes`, or alone if that is 1. */
static void set_pace(schedule_pace *pace, const cell_costs *costs, size_t cell, size_t lanes)
{
    const double most = costs->lanes[cell], worth = costs->worth[cell][true];
    pace->lanes = (int)lanes;
    pace->effort = lanes > 1 || most < 2 || !(worth > 0) ? most : most / worth;
}

/* Makes a group of n runs, and notes them in the pace of their kind. */
static void add_group(const order_context *c, schedule_plan *plan, size_t first, size_t n, size_t lanes)
{
    const cell_costs *costs = c->costs;
    schedule_group *group = plan->groups != NULL && n > 0 ? &plan->groups[plan->n_groups] : NULL;
    plan->n_groups += n > 0;
    if (group == NULL)
        return;
    *group = (schedule_group){.first = first, .n = n, .lanes = (int)lanes, .pace = plan->n_paces - (lanes > 1 ? 1 : 2)};
    schedule_pace *pace = &plan->paces[group->pace];
    for (size_t k = first; k < first + n; k++) {
        const size_t cell = c->grid->runs[plan->order[k]].cell;
        set_pace(pace, costs, cell, lanes);
        group->cost = fmax(group->cost, costs->work[cell] * pace->effort);
        pace->n_waiting++;
        pace->work_waiting += costs->work[cell];
        plan->work_total += costs->work[cell];
    }
}

/* Cuts runs of one kind into those that train in packs and those that train alone. */
static void cut_runs(const order_context *c, schedule_plan *plan, size_t first, size_t end, size_t lanes, double worth)
{
    const size_t together = in_packs(end - first, lanes, worth);
    add_group(c, plan, first, together, lanes);
    add_group(c, plan, first + together, end - first - together, 1);
}

/* Cuts the runs of one kind: lanes whose rows are the same are faster, but there may be too few of them. */
static void cut_kind(const order_context *c, schedule_plan *plan, size_t first, size_t end)
{
    const size_t cell = c->grid->runs[plan->order[first]].cell, lanes = lanes_of(c->costs, cell, plan->n, c->threads);
    const double *worth = c->costs->worth[cell];
    double apart = 0;
    for (size_t i = first, next; i < end; i = next) {
        next = end_of(c, plan, i, true);
        apart += time_of(next - i, lanes, worth[true]);
    }
    plan->n_paces += 2;
    if (time_of(end - first, lanes, worth[false]) < apart) {
        cut_runs(c, plan, first, end, lanes, worth[false]);
        return;
    }
    for (size_t i = first, next; i < end; i = next) {
        next = lanes < 2 ? end : end_of(c, plan, i, true);
        cut_runs(c, plan, i, next, lanes, worth[true]);
    }
}

/* Cuts the ordered runs into groups, and fills plan->groups unless it is NULL. */
static void cut_groups(const order_context *c, schedule_plan *plan)
{
    plan->n_groups = plan->n_paces = 0;
    for (size_t i = 0, end; i < plan->n; i = end) {
        end = end_of(c, plan, i, false);
        cut_kind(c, plan, i, end);
    }
}

typedef struct sized {
    size_t n[NN_N_PART];
    uint32_t split;
} sized;

static int by_sizes(const void *a, const void *b)
{
    const sized *p = a, *q = b;
    for (int part = 0; part < NN_N_PART; part++)
        if (p->n[part] != q->n[part])
            return order_of(p->n[part], q->n[part]);
    return order_of(p->split, q->split);
}

/* Fills in the sizes of the parts of all splits. Where a variant drops rows, splits have to be made to know them. */
static nn_status find_sizes(const grid *g, const dataset *d, sized *sizes, nn_error *err)
{
    splitter *s = NULL;
    nn_status status = data_splitter_new(d, &s, err);
    for (size_t i = 0; i < g->n_runs && status == NN_ok; i++) {
        const size_t index = grid_split_index(g, d, &g->runs[i]);
        if (sizes[index].split != NO_SPLIT)
            continue;
        sizes[index].split = (uint32_t)index;
        if (dataset_sizes_vary(d, grid_data(g, g->runs[i].cell)))
            memcpy(sizes[index].n, grid_split(g, s, &g->runs[i])->n, sizeof sizes[index].n);
        else
            grid_part_sizes(g, d, &g->runs[i], sizes[index].n);
    }
    data_splitter_free(s);
    return status;
}

/* Finds for each split the first one with parts of the same sizes: folds may differ by a row. */
static nn_status find_like(const grid *g, const dataset *d, uint32_t **out, nn_error *err)
{
    const size_t n = grid_n_splits(g, d);
    uint32_t *like = calloc(n + 1, sizeof *like);
    sized *sizes = calloc(n + 1, sizeof *sizes);
    nn_status status = NN_ok;
    *out = like;
    if (like == NULL || sizes == NULL)
        status = nn_fail(err, NN_memory, "not enough memory for the sizes of %zu splits", n);
    for (size_t i = 0; i < n && status == NN_ok; i++)
        sizes[i].split = NO_SPLIT;
    if (status == NN_ok)
        status = find_sizes(g, d, sizes, err);
    if (status == NN_ok)
        qsort(sizes, n, sizeof *sizes, by_sizes);
    for (size_t i = 0, first = 0; i < n && status == NN_ok; i++) {
        first = memcmp(sizes[i].n, sizes[first].n, sizeof sizes[i].n) == 0 ? first : i;
        if (sizes[i].split != NO_SPLIT)
            like[sizes[i].split] = sizes[first].split;
    }
    free(sizes);
    return status;
}

/* Sorts the runs, cuts them into groups and sorts these. */
static nn_status find_groups(const order_context *c, schedule_plan *plan, nn_error *err)
{
    qsort_r(plan->order, plan->n, sizeof *plan->order, by_group, (void *)c);
    cut_groups(c, plan);
    plan->groups = calloc(plan->n_groups + 1, sizeof *plan->groups);
    plan->paces = calloc(plan->n_paces + 1, sizeof *plan->paces);
    if (plan->groups == NULL || plan->paces == NULL)
        return nn_fail(err, NN_memory, "not enough memory for the list of %zu runs", plan->n);
    cut_groups(c, plan);
    qsort(plan->groups, plan->n_groups, sizeof *plan->groups, by_cost);
    return NN_ok;
}

nn_status schedule_plan_make(const grid *g, const dataset *d, const results *r, int threads, schedule_plan *out,
                             nn_error *err)
{
    schedule_plan plan = {.order = malloc((g->n_runs + 1) * sizeof *plan.order)};
    bool *needed = calloc(g->n_cells + 1, sizeof *needed);
    uint32_t *like = NULL;
    nn_status status = find_like(g, d, &like, err);
    if (status == NN_ok && (plan.order == NULL || needed == NULL))
        status = nn_fail(err, NN_memory, "not enough memory for the list of %zu runs", g->n_runs);
    if (status != NN_ok)
        goto done;
    list_pending(g, r, &plan, needed);
    status = schedule_costs_find(g, d, needed, &plan.costs, err);
    if (status == NN_ok)
        status = find_groups(&(order_context){g, d, &plan.costs, like, (size_t)threads}, &plan, err);
    if (status == NN_ok)
        *out = plan;
done:
    free(needed);
    free(like);
    if (status != NN_ok)
        schedule_plan_free(&plan);
    return status;
}

void schedule_plan_free(schedule_plan *plan)
{
    free(plan->order);
    free(plan->groups);
    free(plan->paces);
    schedule_costs_free(&plan->costs);
    *plan = (schedule_plan){0};
}

/* ---- estimates ---- */

static int by_kind(const void *a, const void *b, void *costs)
{
    const uint64_t *kind = ((const cell_costs *)costs)->kind;
    return order_of(kind[*(const uint32_t *)a], kind[*(const uint32_t *)b]);
}

/* Makes the two paces of n runs of a kind, of which those of one cell in `cells` share rows: of runs alone, and of runs
 * in packs. */
static void share_out(const cell_costs *costs, uint32_t cell, size_t lanes, double n, size_t sharing,
                      schedule_pace paces[2])
{
    const size_t all = (size_t)ceil(n);
    const size_t same = sharing < all ? sharing : all;
    const double subsets = same > 0 ? n / (double)same : 0, *worth = costs->worth[cell];
    const bool join = time_of(all, lanes, worth[false]) < subsets * time_of(same, lanes, worth[true]);
    const double packed = join || same == 0 ? (double)in_packs(all, lanes, worth[false]) / fmax(n, 1)
                                            : (double)in_packs(same, lanes, worth[true]) / (double)same;
    for (int way = 0; way < 2; way++) {
        const double part = way == 0 ? 1 - packed : packed;
        schedule_pace *pace = &paces[way];
        const schedule_pace whole = *pace;
        set_pace(pace, costs, cell, way == 0 ? 1 : lanes);
        pace->n_waiting = (size_t)ceil(n * part);
        pace->work_waiting = whole.work_waiting * part;
        pace->apart = (schedule_range){whole.apart.low * part, whole.apart.high * part};
    }
}

/* Makes the paces of n_train runs, taken evenly from all cells. `cells` is in the order of kinds. Returns how many there
 * are. */
static size_t find_paces(const grid *g, const dataset *d, const cell_costs *costs, size_t threads, size_t n_train,
                         const uint32_t *cells, schedule_pace *paces)
{
    const double each = g->n_cells > 0 ? (double)n_train / (double)g->n_cells : 0; /* runs of a cell */
    size_t n = 0;
    for (size_t i = 0, end; i < g->n_cells; i = end, n += 2) {
        schedule_pace *pace = &paces[n];
        for (end = i; end < g->n_cells && costs->kind[cells[end]] == costs->kind[cells[i]]; end++) {
            const uint32_t cell = cells[end];
            pace->work_waiting += (costs->work[cell] - costs->apart[cell].high) * each;
            pace->apart.low += costs->apart[cell].low * each;
            pace->apart.high += costs->apart[cell].high * each;
        }
        const bool by_repeat = costs->shuffled[cells[i]] || grid_n_splits(g, d) > 1;
        paces[n + 1] = *pace;
        share_out(costs, cells[i], lanes_of(costs, cells[i], n_train, threads), (double)(end - i) * each,
                  by_repeat ? end - i : SIZE_MAX, pace);
    }
    return n;
}

/* The multiply-adds that a thread does until n_train runs are trained. */
static nn_status find_span(const grid *g, const dataset *d, cell_costs *costs, int threads, size_t n_train,
                           schedule_range *work, nn_error *err)
{
    uint32_t *cells = malloc((g->n_cells + 1) * sizeof *cells);
    schedule_pace *paces = calloc(2 * g->n_cells + 2, sizeof *paces);
    if (cells != NULL && paces != NULL) {
        for (size_t i = 0; i < g->n_cells; i++)
            cells[i] = (uint32_t)i;
        qsort_r(cells, g->n_cells, sizeof *cells, by_kind, costs);
        *work = schedule_span(paces, find_paces(g, d, costs, (size_t)threads, n_train, cells, paces), threads, 1);
    }
    const bool enough = cells != NULL && paces != NULL;
    free(cells);
    free(paces);
    return enough ? NN_ok : nn_fail(err, NN_memory, "not enough memory for the list of %zu cells", g->n_cells);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* What `threads` threads touch while they train n_train runs. */
static size_t bytes_of_threads(const grid *g, const dataset *d, const cell_costs *costs, size_t threads, size_t n_train)
{
    /* A splitter holds the rows of its parts and three numbers for each input; a pack has up to one for each lane. */
    const size_t rows = d->data.n_rows * 2 * sizeof(uint32_t) + d->data.n_inputs * 3 * sizeof(double);
    size_t most_lanes = 1;
    for (size_t i = 0; i < g->n_cells; i++)
        most_lanes = larger(most_lanes, costs->lanes[i]);
    return smaller(threads * costs->workspace, n_train * costs->of_run) +
           smaller(threads * most_lanes, n_train) * rows + smaller(threads, n_train) * costs->diagnosis +
           (n_train > 0 ? costs->passing : 0);
}

nn_status schedule_estimate(const grid *g, const dataset *d, int threads, size_t n_train, size_t *bytes,
                            schedule_range *work, nn_error *err)
{
    cell_costs costs = {0};
    nn_status status = schedule_costs_find(g, d, NULL, &costs, err);
    if (status != NN_ok)
        return status;
    *bytes = bytes_of_threads(g, d, &costs, (size_t)threads, n_train) + g->n_runs * sizeof(uint32_t) +
             g->n_cells * (sizeof(double) + sizeof(uint64_t) + 3);
    status = find_span(g, d, &costs, threads, n_train, work, err);
    schedule_costs_free(&costs);
    return status;
}

/* Which runs to train, in which order, and what they will need. */
#include "schedule_internal.h"
#include <stdlib.h>
#include <string.h>

nn_job schedule_job(const grid *g, const dataset *d, size_t cell, nn_hyper *hyper)
{
    grid_cell(g, cell, hyper);
    return (nn_job){.hyper = hyper,
                    .data = &d->data,
                    .seed = g->seed,
                    .recording = &g->recording,
                    .stopping = &g->stopping,
                    .diverge = g->diverge};
}

/* Cost and workspace depend on the sizes of the parts alone, so that no split has to be made. */
static void cell_needs(const grid *g, const dataset *d, size_t cell, double *work, size_t *bytes)
{
    nn_hyper h;
    nn_job job = schedule_job(g, d, cell, &h);
    nn_split sizes = {0};
    nn_split last = {0};
    job.split = &sizes;
    *work = 0;
    *bytes = 0;
    for (uint32_t fold = 0; fold < g->folds; fold++) {
        dataset_part_sizes(d, fold, sizes.n);
        if (fold > 0 && memcmp(sizes.n, last.n, sizeof sizes.n) == 0)
            continue; /* folds differ by a row at most */
        last = sizes;
        const double w = nn_predicted_work(&job);
        const size_t b = nn_workspace_bytes(&job);
        *work = w > *work ? w : *work;
        *bytes = b > *bytes ? b : *bytes;
    }
}

nn_status cell_costs_find(const grid *g, const dataset *d, const bool *needed, cell_costs *out, nn_error *err)
{
    cell_costs costs = {.work = malloc((g->n_cells + 1) * sizeof *costs.work)};
    if (costs.work == NULL) {
        nn_fail(err, NN_memory, "not enough memory for the list of %zu cells", g->n_cells);
        return NN_memory;
    }
    for (size_t cell = 0; cell < g->n_cells; cell++) {
        size_t bytes = 0;
        costs.work[cell] = 0;
        if (needed == NULL || needed[cell])
            cell_needs(g, d, cell, &costs.work[cell], &bytes);
        costs.workspace = bytes > costs.workspace ? bytes : costs.workspace;
    }
    *out = costs;
    return NN_ok;
}

typedef struct order_context {
    const grid *grid;
    const double *work;
} order_context;

static int by_cost(const void *a, const void *b, void *context)
{
    const order_context *c = context;
    const uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    const double x = c->work[c->grid->runs[i].cell], y = c->work[c->grid->runs[j].cell];
    if (x != y)
        return x > y ? -1 : 1;
    return i < j ? -1 : i > j;
}

/* Lists the pending runs and marks their cells. */
static void list_pending(const grid *g, const results *r, schedule_plan *plan, bool *needed)
{
    for (size_t run = 0; run < g->n_runs; run++)
        if (results_status(r, run) == NN_RUN_pending) {
            plan->order[plan->n++] = (uint32_t)run;
            needed[g->runs[run].cell] = true;
        }
}

nn_status schedule_plan_make(const grid *g, const dataset *d, const results *r, schedule_plan *out,
                             nn_error *err)
{
    schedule_plan plan = {.order = malloc((g->n_runs + 1) * sizeof *plan.order)};
    bool *needed = calloc(g->n_cells + 1, sizeof *needed);
    nn_status status = NN_memory;
    if (plan.order == NULL || needed == NULL) {
        nn_fail(err, NN_memory, "not enough memory for the list of %zu runs", g->n_runs);
        goto done;
    }
    list_pending(g, r, &plan, needed);
    status = cell_costs_find(g, d, needed, &plan.costs, err);
    if (status != NN_ok)
        goto done;
    order_context context = {g, plan.costs.work};
    qsort_r(plan.order, plan.n, sizeof *plan.order, by_cost, &context);
    for (size_t i = 0; i < plan.n; i++)
        plan.work_total += plan.costs.work[g->runs[plan.order[i]].cell];
    *out = plan;
done:
    free(needed);
    if (status != NN_ok)
        schedule_plan_free(&plan);
    return status;
}

bool schedule_plan_take(schedule_plan *plan, const grid *g, int threads, size_t *first, size_t *end)
{
    enum { MOST = 64, SHARES = 8 };
    const double share = (plan->work_total - plan->work_taken) / (SHARES * threads);
    double work = 0;
    size_t at = plan->next;
    for (; at < plan->n && at - plan->next < MOST; at++) {
        const double more = plan->costs.work[g->runs[plan->order[at]].cell];
        if (at > plan->next && work + more > share)
            break;
        work += more;
    }
    *first = plan->next;
    *end = plan->next = at;
    plan->work_taken += work;
    return *first < *end;
}

void schedule_plan_free(schedule_plan *plan)
{
    free(plan->order);
    free(plan->costs.work);
    *plan = (schedule_plan){0};
}

nn_status schedule_estimate(const grid *g, const dataset *d, int threads, size_t *bytes, double *work,
                            nn_error *err)
{
    cell_costs costs = {0};
    const nn_status status = cell_costs_find(g, d, NULL, &costs, err);
    if (status != NN_ok)
        return status;
    double total = 0;
    for (size_t run = 0; run < g->n_runs; run++)
        total += costs.work[g->runs[run].cell];
    free(costs.work);
    /* A splitter holds the rows of its parts and three numbers for each input. */
    const size_t splitter_bytes =
        d->data.n_rows * 2 * sizeof(uint32_t) + d->data.n_inputs * 3 * sizeof(double);
    *bytes = (size_t)threads * (costs.workspace + splitter_bytes) + g->n_runs * sizeof(uint32_t) +
             g->n_cells * (sizeof *costs.work + sizeof(bool));
    *work = total;
    return NN_ok;
}

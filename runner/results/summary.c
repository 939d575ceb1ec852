/* Which runs of a cell count, and in which order cells rank. */
#include "results/summary.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* ---- which runs count ---- */

bool results_in_mean(double status)
{
    return status == NN_RUN_done;
}

bool results_in_share(double status)
{
    return status == NN_RUN_done || status == NN_RUN_diverged;
}

bool results_is_time(int metric)
{
    return metric < NN_N_METRIC && nn_metric_rows[metric].kind == NN_TIME_METRIC;
}

bool results_has_mean(int metric)
{
    return metric >= NN_N_METRIC || nn_metric_rows[metric].kind != NN_CODE_METRIC;
}

/* ---- groups of runs ---- */

nn_status results_groups_make(const double *group, size_t n_runs, size_t n_groups, run_groups *out, nn_error *err)
{
    run_groups g = {
        .n = n_groups, .start = calloc(n_groups + 2, sizeof *g.start), .runs = malloc((n_runs + 1) * sizeof *g.runs)};
    if (g.start == NULL || g.runs == NULL) {
        results_groups_free(&g);
        return nn_fail(err, NN_memory, "not enough memory for the statistics of %zu cells", n_groups);
    }
    for (size_t i = 0; i < n_runs; i++)
        if (group[i] >= 0 && group[i] < (double)n_groups)
            g.start[(size_t)group[i] + 2]++;
    for (size_t k = 1; k <= n_groups; k++)
        g.start[k + 1] += g.start[k];
    for (size_t i = 0; i < n_runs; i++)
        if (group[i] >= 0 && group[i] < (double)n_groups)
            g.runs[g.start[(size_t)group[i] + 1]++] = i;
    *out = g;
    return NN_ok;
}

void results_groups_free(run_groups *g)
{
    free(g->start);
    free(g->runs);
    *g = (run_groups){0};
}

cell_counts results_count(const summary_runs *runs, const run_groups *g, size_t k)
{
    cell_counts c = {.runs = g->start[k + 1] - g->start[k]};
    for (size_t i = g->start[k]; i < g->start[k + 1]; i++) {
        const size_t run = g->runs[i];
        const double status = runs->status[run];
        c.done += status == NN_RUN_done;
        c.diverged += status == NN_RUN_diverged;
        c.failed += status == NN_RUN_failed;
        c.solved += runs->solved != NULL && status == NN_RUN_done && runs->solved[run] == 1;
    }
    c.pending = c.runs - c.done - c.diverged - c.failed;
    return c;
}

/* ---- statistics of a group ---- */

cell_stats results_of_group(const summary_runs *runs, const run_groups *g, size_t k, const double *values,
                            double *scratch)
{
    size_t n = 0;
    for (size_t i = g->start[k]; i < g->start[k + 1]; i++)
        if (results_in_mean(runs->status[g->runs[i]]))
            scratch[n++] = values[g->runs[i]];
    return results_statistics(scratch, n);
}

cell_stats results_share_of_group(const summary_runs *runs, const run_groups *g, size_t k, const double *values,
                                  double *scratch)
{
    size_t n = 0;
    for (size_t i = g->start[k]; i < g->start[k + 1]; i++)
        if (results_in_share(runs->status[g->runs[i]]))
            scratch[n++] = results_in_mean(runs->status[g->runs[i]]) && values[g->runs[i]] == 1;
    return results_statistics(scratch, n);
}

time_stats results_time_of_group(const summary_runs *runs, const run_groups *g, size_t k, const double *values,
                                 time_moment *scratch)
{
    time_stats t = {0};
    for (size_t i = g->start[k]; i < g->start[k + 1]; i++) {
        const size_t run = g->runs[i];
        const bool done = results_in_mean(runs->status[run]), came = done && isfinite(values[run]);
        if (!results_in_share(runs->status[run]))
            continue;
        scratch[t.n++] = (time_moment){came ? values[run] : done ? runs->trained[run] : NN_INF, came};
        t.reached += came;
    }
    t.median = results_kaplan_meier_median(scratch, t.n);
    return t;
}

uint64_t results_cell_key(uint64_t first_run_key)
{
    return XXH3_64bits(&first_run_key, sizeof first_run_key);
}

/* ---- columns of /cells ---- */

static double n_finished(const cell_counts *c)
{
    return (double)(c->done + c->diverged);
}

#define COUNT_OF(member)                                                                                               \
    static double n_##member(const cell_counts *c)                                                                     \
    {                                                                                                                  \
        return (double)c->member;                                                                                      \
    }
COUNT_OF(done)
COUNT_OF(diverged)
COUNT_OF(failed)
COUNT_OF(pending)
COUNT_OF(solved)

static double solved_end(const cell_counts *c, bool is_high)
{
    double low, high;
    results_wilson_interval(c->solved, c->done + c->diverged, &low, &high);
    return is_high ? high : low;
}

static double solved_low(const cell_counts *c)
{
    return solved_end(c, false);
}

static double solved_high(const cell_counts *c)
{
    return solved_end(c, true);
}

static double restarts(const cell_counts *c)
{
    return results_restarts_needed(c->solved, c->done + c->diverged);
}

/* Where more runs are solved, fewer are needed. */
static double restarts_low(const cell_counts *c)
{
    return n_finished(c) > 0 ? results_restarts_of_share(solved_high(c)) : NN_NAN;
}

static double restarts_high(const cell_counts *c)
{
    return n_finished(c) > 0 ? results_restarts_of_share(solved_low(c)) : NN_NAN;
}

const cell_column results_cell_columns[N_CELL_COLUMNS] = {
    {"n", true, false, n_finished, "finished runs of the cell: done and diverged"},
    {"n_done", true, false, n_done, "runs that are done: over these are the means"},
    {"n_diverged", true, false, n_diverged, "runs that diverged"},
    {"n_failed", true, false, n_failed, "runs that failed"},
    {"n_pending", true, false, n_pending, "runs that are not finished"},
    {"solved", true, true, n_solved, "runs that met all conditions of `success`; a diverged run has not"},
    {"solved_low", false, true, solved_low, "share solved of the finished runs: lower end of the 95% Wilson interval"},
    {"solved_high", false, true, solved_high, "share solved: upper end of the 95% Wilson interval"},
    {"restarts_99", false, true, restarts,
     "runs needed for a 99% chance that one is solved: smallest m with (1 - share)^m <= 0.01; infinite: none is"},
    {"restarts_99_low", false, true, restarts_low, "restarts_99 at the upper end of the interval of the share"},
    {"restarts_99_high", false, true, restarts_high, "restarts_99 at the lower end of the interval of the share"},
};

/* ---- the order of cells ---- */

cell_rank results_rank_of_group(const summary_runs *runs, const run_groups *g, size_t k, const double *values,
                                double *scratch)
{
    const size_t n_runs = g->start[k + 1] - g->start[k];
    size_t n = 0;
    for (size_t i = g->start[k]; i < g->start[k + 1]; i++)
        n += results_in_mean(runs->status[g->runs[i]]) && !isinf(values[g->runs[i]]);
    return (cell_rank){.share = n_runs > 0 ? (double)n / (double)n_runs : 0,
                       .value = results_of_group(runs, g, k, values, scratch).mean,
                       .cell = k};
}

int results_rank_compare(const cell_rank *a, const cell_rank *b, bool highest)
{
    const bool a_has = a->value == a->value, b_has = b->value == b->value;
    if (a_has != b_has)
        return a_has ? -1 : 1;
    if (a_has && a->share != b->share)
        return a->share > b->share ? -1 : 1;
    if (a_has && a->value != b->value)
        return (a->value < b->value) != highest ? -1 : 1;
    if (a_has && a->beside != b->beside)
        return a->beside > b->beside ? -1 : 1;
    return a->cell < b->cell ? -1 : a->cell > b->cell;
}

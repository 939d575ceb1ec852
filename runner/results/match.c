/* Compares a stored file with a grid, row by row, by their keys. */
#include "results/match.h"
#include "results/layout.h"
#include <stdlib.h>
#include <string.h>

typedef struct keyed {
    uint64_t key, record_key;
    size_t run;
} keyed;

/* What the comparison works on. */
typedef struct match_work {
    const grid *grid;
    const stored *s;
    bool *whole;      /* [n_runs of the file] is it a finished or failed row whose check holds? */
    keyed *runs;      /* [n_runs of the grid] sorted by key */
    standing *stands; /* [n_runs of the grid] */
    recompute *maker;
    results_survey *survey;
} match_work;

static bool is_result(int32_t status)
{
    return status == NN_RUN_done || status == NN_RUN_diverged;
}

/* ---- keys ---- */

static int by_key(const void *a, const void *b)
{
    const keyed *p = a, *q = b;
    return (p->key > q->key) - (p->key < q->key);
}

static keyed *sorted_runs(const grid *g)
{
    keyed *runs = malloc((g->n_runs + 1) * sizeof *runs);
    for (size_t i = 0; runs != NULL && i < g->n_runs; i++)
        runs[i] = (keyed){g->runs[i].key, g->runs[i].record_key, i};
    if (runs != NULL)
        qsort(runs, g->n_runs, sizeof *runs, by_key);
    return runs;
}

/* The run of the grid with the trajectory of a row, or NULL. No two runs of a grid have the same. */
static const keyed *run_of(const match_work *w, size_t row)
{
    const keyed want = {.key = w->s->key[row]};
    return bsearch(&want, w->runs, w->grid->n_runs, sizeof *w->runs, by_key);
}

static bool is_exact(const match_work *w, const keyed *run, size_t row)
{
    return run != NULL && run->record_key == w->s->record_key[row];
}

/* ---- rows of the grid ---- */

static void look_at_rows(match_work *w)
{
    const stored *s = w->s;
    for (size_t i = 0; i < s->n_runs; i++)
        w->whole[i] = s->status[i] > NN_RUN_pending && s->status[i] < NN_N_RUN_STATUS && stored_holds(s, i);
}

static void find_exact(match_work *w)
{
    for (size_t i = 0; i < w->s->n_runs; i++) {
        const keyed *run = run_of(w, i);
        if (!is_exact(w, run, i))
            continue;
        standing *stands = &w->stands[run->run];
        if (stands->row >= 0 && !w->whole[i])
            continue;
        *stands = (standing){.row = (int64_t)i,
                             .status = w->whole[i] ? (nn_run_status)w->s->status[i] : NN_RUN_pending,
                             .damaged = !w->whole[i] && w->s->status[i] != NN_RUN_pending};
    }
}

static bool same_recording(const match_work *w, size_t run, size_t row)
{
    return grid_same_recording(w->grid->runs[run].record_key, w->s->record_key[row]);
}

/* Runs that the file has under another record key: a row of the same recording is the best to make them from.
 */
static void find_others(match_work *w)
{
    nn_outcome o;
    for (size_t i = 0; i < w->s->n_runs; i++) {
        const keyed *run = w->whole[i] && is_result(w->s->status[i]) ? run_of(w, i) : NULL;
        if (run == NULL)
            continue;
        standing *stands = &w->stands[run->run];
        if (stands->row >= 0 && (!stands->recompute || !same_recording(w, run->run, i)))
            continue;
        if (recompute_row(w->maker, run->run, i, &o))
            *stands =
                (standing){.row = (int64_t)i, .status = (nn_run_status)w->s->status[i], .recompute = true};
    }
}

static void retry(match_work *w, const results_options *options)
{
    for (size_t i = 0; options != NULL && i < w->grid->n_runs; i++)
        if (results_in_shard(options, i) && w->stands[i].status != NN_RUN_pending &&
            options->retry[w->stands[i].status]) {
            w->stands[i].status = NN_RUN_pending;
            w->survey->n_retried++;
        }
}

static void count(match_work *w, const results_options *options)
{
    for (size_t i = 0; i < w->grid->n_runs; i++) {
        const standing *stands = &w->stands[i];
        w->survey->n_finished += is_result((int32_t)stands->status);
        w->survey->n_failed += stands->status == NN_RUN_failed;
        w->survey->n_pending += stands->status == NN_RUN_pending && results_in_shard(options, i);
        w->survey->n_elsewhere += stands->status == NN_RUN_pending && !results_in_shard(options, i);
        w->survey->n_damaged += stands->damaged;
        w->survey->n_recomputed += stands->recompute && stands->status != NN_RUN_pending;
    }
}

/* ---- rows that are not the grid's ---- */

/* Would the row be lost? Not where the grid's own row has the same curves and weights. */
static bool would_be_lost(const match_work *w, size_t row)
{
    const keyed *run = run_of(w, row);
    if (!w->whole[row] || !is_result(w->s->status[row]) || is_exact(w, run, row))
        return false;
    if (run == NULL)
        return true;
    return !is_result((int32_t)w->stands[run->run].status) || !same_recording(w, run->run, row);
}

/* Counts runs that are trained again though the file has their trajectory, each once. */
static nn_status count_recorded_otherwise(match_work *w, nn_error *err)
{
    bool *counted = calloc(w->grid->n_runs + 1, sizeof *counted);
    if (counted == NULL)
        return nn_fail(err, NN_memory, "not enough memory to compare %s with the grid", w->s->path);
    for (size_t i = 0; i < w->s->n_runs; i++) {
        const keyed *run = w->whole[i] && is_result(w->s->status[i]) ? run_of(w, i) : NULL;
        if (run == NULL || w->stands[run->run].row >= 0 || counted[run->run])
            continue;
        counted[run->run] = true;
        w->survey->n_recorded_otherwise++;
    }
    free(counted);
    return NN_ok;
}

static nn_status find_kept(const match_work *w, bool prune, match *out, nn_error *err)
{
    size_t *kept = malloc((w->s->n_runs + 1) * sizeof *kept), n = 0;
    if (kept == NULL)
        return nn_fail(err, NN_memory, "not enough memory to compare %s with the grid", w->s->path);
    for (size_t i = 0; i < w->s->n_runs; i++)
        if (would_be_lost(w, i))
            kept[n++] = i;
    *(prune ? &w->survey->n_pruned : &w->survey->n_inactive) = n;
    out->n_kept = prune ? 0 : n;
    out->kept = kept;
    return NN_ok;
}

/* ---- all of it ---- */

static nn_status match_all(match_work *w, const results_options *options, match *out, nn_error *err)
{
    look_at_rows(w);
    for (size_t i = 0; i < w->grid->n_runs; i++)
        w->stands[i] = (standing){.row = -1};
    find_exact(w);
    find_others(w);
    nn_status status = count_recorded_otherwise(w, err);
    if (status != NN_ok)
        return status;
    retry(w, options);
    count(w, options);
    return find_kept(w, options != NULL && options->prune, out, err);
}

nn_status match_rows(const grid *g, const dataset *d, const stored *s, const results_options *options,
                     match *out, results_survey *survey, nn_error *err)
{
    match_work w = {.grid = g, .s = s, .survey = survey};
    nn_status status = recompute_new(g, d, s, &w.maker, err);
    w.whole = calloc(s->n_runs + 1, sizeof *w.whole);
    w.stands = calloc(g->n_runs + 1, sizeof *w.stands);
    w.runs = sorted_runs(g);
    if (status == NN_ok && (w.whole == NULL || w.stands == NULL || w.runs == NULL))
        status = nn_fail(err, NN_memory, "not enough memory to compare %s with the grid", s->path);
    if (status == NN_ok)
        status = match_all(&w, options, out, err);
    if (status == NN_ok) {
        out->standings = w.stands;
        w.stands = NULL;
    }
    recompute_free(w.maker);
    free(w.whole);
    free(w.stands);
    free(w.runs);
    return status;
}

void match_free(match *m)
{
    free(m->standings);
    free(m->kept);
    *m = (match){0};
}

/* Compares a file with a grid by the keys of rows: see match.h. Recomputing rows is first, matching second, comparing
 * last. */
#include "results/match.h"
#include "results/derived.h"
#include "results/disk.h"
#include "results/names.h"
#include "results/place.h"
#include "results/plan.h"
#include "results/write.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- recomputing: the results of a run from the curves and metrics of a row of the same trajectory ---- */

struct recompute {
    const grid *grid;
    const dataset *data;
    const stored *s;
    splitter *splits; /* for splits whose sizes nothing but they themselves tell, or NULL */
    bool able;        /* does the file have all columns that are needed? */
    const stored_column *reason, *trained, *curves[MOST_CURVES], *metrics[NN_N_METRIC];
    size_t room; /* points */
    uint32_t *epochs;
    size_t *from; /* [room] the index of each among the epochs of the file */
    double *values;
    nn_stop_record stops[NN_MAX_RULES];
};

/* A column with `per_row` numbers of this type for each run; NULL: the file has none. */
static const stored_column *find_column(const stored *s, const char *path, h5_type type, size_t per_row)
{
    const stored_column *c = reader_stored_column(s, path);
    return c != NULL && c->place.type == type && c->row_bytes == per_row * h5_type_bytes(type) ? c : NULL;
}

/* In files without `active` the record keys do not say what was recorded, so nothing can be recomputed. */
static void find_columns(recompute *c)
{
    const stored *s = c->s;
    char path[128];
    c->reason = find_column(s, PATH_RUNS_STOP_REASON, H5_I32, 1);
    c->trained = find_column(s, PATH_RUNS_TRAINED, H5_I32, 1);
    c->able = s->file.has_active && c->reason != NULL && c->trained != NULL;
    for (int i = 0; i < NN_N_METRIC; i++) {
        snprintf(path, sizeof path, PATH_RUNS "/%s", nn_metrics.rows[i].name);
        c->metrics[i] = find_column(s, path, H5_F64, 1); /* older programs had fewer */
    }
    for (int i = 0; i < MOST_CURVES; i++) { /* which of them a run needs depends on the run */
        if (i < NN_N_CURVE)
            snprintf(path, sizeof path, PATH_CURVES "/%s", nn_curves.rows[i].name);
        else
            snprintf(path, sizeof path, PATH_CURVES "/" NAME_LAYER, i - NN_N_CURVE + 1);
        c->curves[i] = find_column(s, path, H5_F64, s->n_epochs);
    }
}

nn_status results_recompute_new(const grid *g, const dataset *d, const stored *s, recompute **out, nn_error *err)
{
    recompute *c = calloc(1, sizeof *c);
    if (c == NULL)
        return nn_fail(err, NN_memory, "not enough memory to look into %s", s->file.path);
    c->grid = g;
    c->data = d;
    c->s = s;
    find_columns(c);
    *out = c;
    return NN_ok;
}

void results_recompute_free(recompute *c)
{
    if (c == NULL)
        return;
    data_splitter_free(c->splits);
    free(c->epochs);
    free(c->from);
    free(c->values);
    free(c);
}

/* ---- one row ---- */

static bool reserve(recompute *c, size_t n)
{
    if (n <= c->room)
        return true;
    free(c->epochs);
    free(c->from);
    free(c->values);
    c->epochs = malloc(n * sizeof *c->epochs);
    c->from = malloc(n * sizeof *c->from);
    c->values = malloc(MOST_CURVES * n * sizeof *c->values);
    c->room = c->epochs == NULL || c->from == NULL || c->values == NULL ? 0 : n;
    return c->room == n;
}

static bool read_number(const recompute *c, const stored_column *column, size_t row, void *out)
{
    const unsigned char *from = reader_stored_row(c->s, column, row);
    if (from != NULL)
        memcpy(out, from, column->row_bytes);
    return from != NULL;
}

/* Finds the epochs that a run of this length records, and where the file has those that it reached. */
static bool find_epochs(recompute *c, const nn_recording *recording, int64_t epochs, nn_outcome *o)
{
    o->n_points = nn_recorded_epochs(recording, epochs, NULL);
    if (!reserve(c, o->n_points))
        return false;
    nn_recorded_epochs(recording, epochs, c->epochs);
    for (size_t at = 0; o->n_reached < o->n_points && c->epochs[o->n_reached] <= o->epochs_trained; o->n_reached++) {
        while (at < c->s->n_epochs && c->s->epochs[at] < c->epochs[o->n_reached])
            at++;
        if (at == c->s->n_epochs || c->s->epochs[at] != c->epochs[o->n_reached])
            return false;
        c->from[o->n_reached] = at;
    }
    return true;
}

static bool read_curve(const recompute *c, int curve, size_t row, const nn_outcome *o)
{
    const unsigned char *from = c->curves[curve] == NULL ? NULL : reader_stored_row(c->s, c->curves[curve], row);
    double *to = c->values + (size_t)curve * o->n_points;
    for (size_t i = 0; from != NULL && i < o->n_reached; i++)
        memcpy(&to[i], from + c->from[i] * sizeof *to, sizeof *to);
    return from != NULL;
}

/* Older programs took 1 - error, which may be a bit off. */
static void recount_curves(const recompute *c, const nn_outcome *o)
{
    for (int i = 0; i < NN_N_USUAL_CURVE; i++) {
        const nn_curve_row *row = &nn_curve_rows[i];
        if (row->what != NN_ACCURACY_CURVE)
            continue;
        double *values = c->values + (size_t)i * o->n_points;
        const double *errors = c->values + (size_t)reader_error_curve(row->part) * o->n_points;
        for (size_t k = 0; k < o->n_reached; k++)
            values[k] = isnan(values[k]) ? NN_NAN : nn_accuracy(errors[k], o->n_rows[row->part]);
    }
}

/* A measure that is NaN at the first epoch was not recorded. */
static bool read_curves(const recompute *c, const nn_split *sizes, size_t row, const nn_outcome *o)
{
    bool ok = true;
    for (size_t i = 0; i < o->n_curves * o->n_points; i++)
        c->values[i] = NN_NAN;
    for (int i = 0; i < (int)o->n_curves && ok; i++)
        if (i >= NN_N_CURVE || nn_curve_recorded(&c->grid->recording, &c->data->data, sizes, i))
            ok = read_curve(c, i, row, o) &&
                 (i < NN_N_USUAL_CURVE || i >= NN_N_CURVE || !isnan(c->values[(size_t)i * o->n_points]));
    recount_curves(c, o);
    return ok;
}

static void forget_part(nn_outcome *o, int part)
{
    for (int at = 0; at < NN_N_AT; at++)
        o->at[at].part[part] = (nn_score){NN_NAN, NN_NAN, NN_NAN};
    o->best[part] = o->final[part] = nn_no_quality();
}

static void forget_ranks(const nn_recording *recording, nn_outcome *o)
{
    for (int part = 0; part < NN_N_PART; part++)
        if (!recording->measures[NN_MEASURE_auc] && !recording->measures[NN_MEASURE_calibration])
            o->best[part].auc = o->final[part].auc = o->best[part].calibration = o->final[part].calibration = NN_NAN;
}

/* Clears the scores of parts that are no longer recorded, and the norms where gradients are not. */
static void forget_parts(const recompute *c, const nn_split *sizes, nn_outcome *o)
{
    for (int part = 0; part < NN_N_PART; part++)
        if (!c->grid->recording.parts[part] || sizes->n[part] == 0)
            forget_part(o, part);
    for (int i = 0; i < NN_N_NORM && !c->grid->recording.gradient; i++)
        o->at[NN_AT_FINAL].gradient[i] = o->dead_relu = o->saturated = NN_NAN;
    if (!c->grid->recording.measures[NN_SHARPNESS])
        o->sharpness = NN_NAN;
    forget_ranks(&c->grid->recording, o);
    if (!c->grid->recording.endpoint)
        o->endpoint = nn_no_endpoint();
}

/* Are the stored best weights and scores those of the epochs that are the best ones by what is recorded now? */
static bool same_best(const recompute *c, const nn_split *sizes, const nn_outcome *o)
{
    const bool validated = c->grid->recording.parts[NN_VALIDATION] && sizes->n[NN_VALIDATION] > 0;
    const int loss = validated ? NN_CURVE_validation_loss : NN_CURVE_train_loss;
    const int error = validated ? NN_CURVE_validation_error : NN_CURVE_train_error;
    const size_t best = nn_lowest(o->curves + (size_t)loss * o->n_points, o->n_reached);
    const size_t best_error = nn_lowest(o->curves + (size_t)error * o->n_points, o->n_reached);
    return o->epochs[best] == o->at[NN_AT_BEST].epoch && o->epochs[best_error] == o->at[NN_AT_BEST_ERROR].epoch;
}

/* Reads a row of a run of this recording and length, without its curves. */
static bool read_row(recompute *c, const nn_recording *recording, int64_t epochs, size_t row, nn_outcome *o)
{
    int32_t reason = 0, trained = 0;
    bool ok = read_number(c, c->reason, row, &reason) && read_number(c, c->trained, row, &trained);
    for (int i = 0; i < NN_N_METRIC && ok; i++) {
        o->metrics[i] = NN_NAN;
        ok = c->metrics[i] == NULL || read_number(c, c->metrics[i], row, &o->metrics[i]);
    }
    if (!ok || trained < 0)
        return false;
    o->status = (nn_run_status)c->s->status[row];
    o->reason = (nn_stop_reason)reason;
    o->epochs_trained = (uint32_t)trained;
    if (!find_epochs(c, recording, epochs, o) || o->n_reached == 0)
        return false;
    o->epochs = c->epochs;
    o->curves = c->values;
    o->stops = c->stops;
    return true;
}

/* False: not enough memory. */
static bool find_sizes(recompute *c, const grid_run *run, size_t n[NN_N_PART])
{
    grid_part_sizes(c->grid, c->data, run, n);
    if (!dataset_sizes_vary(c->data, grid_data(c->grid, run->cell)))
        return true;
    if (c->splits == NULL && data_splitter_new(c->data, &c->splits, NULL) != NN_ok)
        return false;
    memcpy(n, grid_split(c->grid, c->splits, run)->n, NN_N_PART * sizeof *n);
    return true;
}

bool results_recompute_row(recompute *c, size_t run, size_t row, nn_outcome *out)
{
    nn_outcome o = {0};
    nn_split sizes = {0};
    nn_hyper h;
    grid_cell(c->grid, c->grid->runs[run].cell, &h);
    o.n_curves = nn_n_curves(&c->grid->recording, h.hidden.n + 1);
    if (!c->able || !grid_recording_holds(c->s->record_key[row], c->grid->runs[run].record_key))
        return false;
    if (!find_sizes(c, &c->grid->runs[run], sizes.n))
        return false;
    memcpy(o.n_rows, sizes.n, sizeof o.n_rows);
    if (!read_row(c, &c->grid->recording, h.epochs, row, &o) || !read_curves(c, &sizes, row, &o))
        return false;
    nn_recall(&o);
    forget_parts(c, &sizes, &o);
    if (!same_best(c, &sizes, &o) || (c->grid->recording.measures[NN_SHARPNESS] && isnan(o.sharpness)))
        return false;
    nn_observe(&o, &c->grid->stopping);
    *out = o;
    return true;
}

bool results_recompute_stored(recompute *c, size_t row, int64_t epochs, nn_outcome *out)
{
    static const nn_stopping no_rules = {0};
    nn_outcome o = {.n_curves = NN_N_CURVE};
    nn_recording recording;
    if (!c->able || !grid_recording_of(c->s->record_key[row], &recording) || !read_row(c, &recording, epochs, row, &o))
        return false;
    for (int i = 0; i < NN_N_CURVE; i++)
        if (!read_curve(c, i, row, &o))
            for (size_t k = 0; k < o.n_points; k++)
                c->values[(size_t)i * o.n_points + k] = NN_NAN;
    for (int part = 0; part < NN_N_PART; part++)
        o.n_rows[part] = reader_counts_of(&c->s->counts, row, (nn_part)part);
    recount_curves(c, &o);
    const double to_target = o.metrics[NN_METRIC_epochs_to_target]; /* rules decide it, and they are not known here */
    nn_recall(&o);
    nn_observe(&o, &no_rules);
    o.metrics[NN_METRIC_epochs_to_target] = to_target;
    *out = o;
    return true;
}

typedef struct keyed {
    uint64_t key, record_key;
    size_t run;
    int arithmetic; /* under which the run has this key */
} keyed;

/* What matching rows with runs needs. */
typedef struct match_work {
    const grid *grid;
    const stored *s;
    bool *whole; /* [n_runs of the file] is the row final, and does its check hold? */
    size_t n_keyed;
    keyed *runs;  /* [n_keyed] sorted by key: the runs of the grid, perhaps also with their keys of older arithmetics */
    int accepted; /* the newest older arithmetic whose runs are accepted */
    bool retrain; /* are runs of an older arithmetic trained again? */
    standing *stands; /* [n_runs of the grid] */
    recompute *maker;
    results_survey *survey;
} match_work;

/* ---- keys ---- */

static int by_key(const void *a, const void *b)
{
    const keyed *p = a, *q = b;
    return (p->key > q->key) - (p->key < q->key);
}

/* The run of the grid with the trajectory of a row, or NULL. No two runs of a grid have the same. */
static const keyed *run_of(const match_work *w, size_t row)
{
    const keyed want = {.key = w->s->key[row]};
    return bsearch(&want, w->runs, w->n_keyed, sizeof *w->runs, by_key);
}

static void add_keys(match_work *w, const uint64_t *keys, int arithmetic)
{
    for (size_t i = 0; i < w->grid->n_runs; i++)
        w->runs[w->n_keyed++] =
            (keyed){keys == NULL ? w->grid->runs[i].key : keys[i], w->grid->runs[i].record_key, i, arithmetic};
    qsort(w->runs, w->n_keyed, sizeof *w->runs, by_key);
}

static bool has_strange_rows(const match_work *w)
{
    bool has = false;
    for (size_t i = 0; i < w->s->file.n_runs && !has; i++)
        has = run_of(w, i) == NULL;
    return has;
}

/* Lists the runs by their keys. The keys of older arithmetics are computed where the file has rows that today's do not
 * explain. */
static nn_status list_runs(match_work *w, const dataset *d, nn_error *err)
{
    const size_t n = w->grid->n_runs;
    uint64_t *keys = malloc((n + 1) * sizeof *keys);
    w->runs = malloc((n * (size_t)nn_n_arithmetics + 1) * sizeof *w->runs);
    nn_status status = keys == NULL || w->runs == NULL ? NN_memory : NN_ok;
    if (status == NN_ok)
        add_keys(w, NULL, nn_arithmetic());
    const bool strange = status == NN_ok && has_strange_rows(w);
    for (int i = 0; i + 1 < nn_n_arithmetics && strange && status == NN_ok; i++) {
        status = grid_keys_under(w->grid, d, nn_arithmetic_rows[i].number, keys);
        if (status == NN_ok)
            add_keys(w, keys, nn_arithmetic_rows[i].number);
    }
    free(keys);
    return status == NN_ok ? NN_ok
                           : nn_fail(err, status, "not enough memory to compare %s with the grid", w->s->file.path);
}

/* May the row of a run stand for it? Not one of an older arithmetic if those are trained again. */
static bool may_stand(const match_work *w, const keyed *run)
{
    return run != NULL && (!w->retrain || run->arithmetic == nn_arithmetic());
}

static bool is_exact(const match_work *w, const keyed *run, size_t row)
{
    return run != NULL && grid_is_record_key(w->grid, run->record_key, w->s->record_key[row]);
}

/* ---- rows of the grid ---- */

static void look_at_rows(match_work *w)
{
    const stored *s = w->s;
    for (size_t i = 0; i < s->file.n_runs; i++)
        w->whole[i] = s->status[i] > NN_RUN_pending && s->status[i] < NN_N_RUN_STATUS && reader_stored_holds(s, i);
}

/* Has the run a row of a newer arithmetic than the one at hand? */
static bool is_of_newer(const standing *stands, const keyed *run)
{
    return stands->status != NN_RUN_pending && stands->arithmetic > run->arithmetic;
}

static void find_exact(match_work *w)
{
    for (size_t i = 0; i < w->s->file.n_runs; i++) {
        const keyed *run = run_of(w, i);
        if (!may_stand(w, run) || !is_exact(w, run, i))
            continue;
        standing *stands = &w->stands[run->run];
        if (stands->row >= 0 && (!w->whole[i] || is_of_newer(stands, run)))
            continue;
        *stands = (standing){.row = (int64_t)i,
                             .arithmetic = run->arithmetic,
                             .status = w->whole[i] ? (nn_run_status)w->s->status[i] : NN_RUN_pending,
                             .damaged = !w->whole[i] && w->s->status[i] != NN_RUN_pending};
    }
}

/* Has the row a number where the column begins? */
static bool has_value(const match_work *w, const stored_column *column, size_t row)
{
    const unsigned char *from = column == NULL ? NULL : reader_stored_row(w->s, column, row);
    double first = NN_NAN;
    if (from != NULL)
        memcpy(&first, from, sizeof first);
    return !isnan(first);
}

/* Has the row a measure that the grid no longer records? Record keys do not tell. */
static bool has_more_measures(const match_work *w, size_t row)
{
    const bool *recorded = w->grid->recording.measures;
    if (!recorded[NN_SHARPNESS] && has_value(w, w->maker->metrics[NN_METRIC_sharpness], row))
        return true;
    for (int i = NN_N_USUAL_CURVE; i < NN_N_CURVE; i++)
        if (!recorded[nn_curve_rows[i].measure] && has_value(w, w->maker->curves[i], row))
            return true;
    return false;
}

static bool same_recording(const match_work *w, size_t run, size_t row)
{
    return !has_more_measures(w, row) && grid_same_recording(w->grid->runs[run].record_key, w->s->record_key[row]);
}

/* Finds rows with another record key from which runs can be recomputed; rows of the same recording are preferred. */
static void find_others(match_work *w)
{
    nn_outcome o;
    for (size_t i = 0; i < w->s->file.n_runs; i++) {
        const keyed *run = w->whole[i] && is_result(w->s->status[i]) ? run_of(w, i) : NULL;
        if (!may_stand(w, run))
            continue;
        standing *stands = &w->stands[run->run];
        if (stands->row >= 0 && (!stands->recompute || !same_recording(w, run->run, i)))
            continue;
        if (results_recompute_row(w->maker, run->run, i, &o))
            *stands = (standing){.row = (int64_t)i,
                                 .arithmetic = run->arithmetic,
                                 .status = (nn_run_status)w->s->status[i],
                                 .recompute = true};
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

static void note_older(int arithmetic, int *oldest)
{
    *oldest = *oldest == 0 || arithmetic < *oldest ? arithmetic : *oldest;
}

/* What is trained is trained with today's arithmetic. */
static void count_older(match_work *w)
{
    for (size_t i = 0; i < w->grid->n_runs; i++) {
        standing *stands = &w->stands[i];
        if (stands->status == NN_RUN_pending)
            stands->arithmetic = nn_arithmetic();
        if (stands->arithmetic == nn_arithmetic())
            continue;
        w->survey->n_older++;
        note_older(stands->arithmetic, &w->survey->oldest_arithmetic);
        if (stands->arithmetic <= w->accepted)
            continue;
        w->survey->n_unaccepted++;
        note_older(stands->arithmetic, &w->survey->oldest_unaccepted);
    }
}

static void count(match_work *w, const results_options *options)
{
    count_older(w);
    for (size_t i = 0; i < w->grid->n_runs; i++) {
        const standing *stands = &w->stands[i];
        w->survey->n_finished += is_result(stands->status);
        w->survey->n_failed += stands->status == NN_RUN_failed;
        w->survey->n_pending += stands->status == NN_RUN_pending && results_in_shard(options, i);
        w->survey->n_elsewhere += stands->status == NN_RUN_pending && !results_in_shard(options, i);
        w->survey->n_damaged += stands->damaged;
        w->survey->n_recomputed += stands->recompute && stands->status != NN_RUN_pending;
    }
}

/* ---- other rows ---- */

/* Would the results of a row be lost? They are not where the row of the run has the same curves and weights. */
static bool would_be_lost(const match_work *w, size_t row)
{
    const keyed *run = run_of(w, row);
    if (!w->whole[row] || !is_result(w->s->status[row]))
        return false;
    if (run == NULL)
        return true;
    const standing *stands = &w->stands[run->run];
    if (is_exact(w, run,
                 row)) /* the row that stands for the run is this one, has its bits, or is of a newer arithmetic */
        return stands->row != (int64_t)row && stands->arithmetic != run->arithmetic;
    return !is_result(stands->status) || !same_recording(w, run->run, row);
}

/* Counts the runs that are trained again although the file has their trajectory. */
static nn_status count_recorded_otherwise(match_work *w, nn_error *err)
{
    bool *counted = calloc(w->grid->n_runs + 1, sizeof *counted);
    if (counted == NULL)
        return nn_fail(err, NN_memory, "not enough memory to compare %s with the grid", w->s->file.path);
    for (size_t i = 0; i < w->s->file.n_runs; i++) {
        const keyed *run = w->whole[i] && is_result(w->s->status[i]) ? run_of(w, i) : NULL;
        if (!may_stand(w, run) || w->stands[run->run].row >= 0 || counted[run->run])
            continue;
        counted[run->run] = true;
        w->survey->n_recorded_otherwise++;
    }
    free(counted);
    return NN_ok;
}

/* Is it a result that --retrain replaces? The whole file stays under another name. */
static bool is_replaced(const match_work *w, size_t row)
{
    const keyed *run = run_of(w, row);
    const bool is = w->whole[row] && is_result(w->s->status[row]) && run != NULL && !may_stand(w, run);
    if (is)
        note_older(run->arithmetic, &w->survey->oldest_arithmetic);
    return is;
}

static nn_status find_kept(const match_work *w, bool prune, match *out, nn_error *err)
{
    size_t *kept = malloc((w->s->file.n_runs + 1) * sizeof *kept), n = 0;
    if (kept == NULL)
        return nn_fail(err, NN_memory, "not enough memory to compare %s with the grid", w->s->file.path);
    for (size_t i = 0; i < w->s->file.n_runs; i++)
        if (is_replaced(w, i))
            w->survey->n_replaced++;
        else if (would_be_lost(w, i))
            kept[n++] = i;
    *(prune ? &w->survey->n_pruned : &w->survey->n_inactive) = n;
    out->n_kept = prune ? 0 : n;
    out->kept = kept;
    return NN_ok;
}

/* ---- all rows ---- */

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

static nn_status match_rows(comparison *c, nn_error *err)
{
    const stored *s = c->stored;
    match_work w = {.grid = c->grid,
                    .s = s,
                    .survey = &c->survey,
                    .accepted = c->accepted,
                    .retrain = c->options != NULL && c->options->older == OLDER_RETRAIN};
    nn_status status = results_recompute_new(c->grid, c->data, s, &w.maker, err);
    w.whole = calloc(s->file.n_runs + 1, sizeof *w.whole);
    w.stands = calloc(c->grid->n_runs + 1, sizeof *w.stands);
    if (status == NN_ok && (w.whole == NULL || w.stands == NULL))
        status = nn_fail(err, NN_memory, "not enough memory to compare %s with the grid", s->file.path);
    if (status == NN_ok)
        status = list_runs(&w, c->data, err);
    if (status == NN_ok)
        status = match_all(&w, c->options, &c->match, err);
    if (status == NN_ok) {
        c->match.standings = w.stands;
        w.stands = NULL;
    }
    results_recompute_free(w.maker);
    free(w.whole);
    free(w.stands);
    free(w.runs);
    return status;
}

/* ---- runs of older arithmetics ---- */

/* Which older arithmetics the user accepts: now, or when the file was written. */
static void find_accepted(comparison *c)
{
    const older_runs older = c->options != NULL ? c->options->older : OLDER_REFUSE;
    const int before = c->stored != NULL ? c->stored->accepted : 0,
              newest = nn_n_arithmetics > 1 ? nn_arithmetic_rows[nn_n_arithmetics - 2].number : 0;
    c->accepted = older == OLDER_ACCEPT    ? newest
                  : older == OLDER_RETRAIN ? 0
                  : older == OLDER_MERGE   ? c->options->accepted
                                           : before;
}

/* Notes in the file what was accepted, unless it has no such runs and never had. */
static void note_accepted(comparison *c)
{
    const int before = c->stored != NULL ? c->stored->accepted : 0;
    if (c->survey.n_older == 0 && c->options != NULL && c->options->older == OLDER_ACCEPT)
        c->accepted = before;
    c->renew |= c->stored != NULL && c->accepted != before;
}

/* Gives the runs that the file has of an older arithmetic its key, and so those of files that are merged. */
static nn_status take_keys(comparison *c, nn_error *err)
{
    const size_t n = c->grid->n_runs;
    const grid_run *merged = c->options != NULL && c->options->older == OLDER_MERGE ? c->options->merged_runs : NULL;
    if (c->survey.n_older == 0 && merged == NULL)
        return NN_ok;
    c->runs = malloc((n + 1) * sizeof *c->runs);
    if (c->runs == NULL)
        return nn_fail(err, NN_memory, "not enough memory for %zu runs", n);
    memcpy(c->runs, merged != NULL ? merged : c->grid->runs, n * sizeof *c->runs);
    for (size_t i = 0; i < n && c->stored != NULL; i++) {
        const standing *stands = &c->match.standings[i];
        if (stands->status == NN_RUN_pending)
            continue;
        c->runs[i].arithmetic = (uint32_t)stands->arithmetic;
        c->runs[i].key = c->stored->key[stands->row];
    }
    return NN_ok;
}

/* Has each run of the grid its own row, at its place, and the file no other rows of the grid? */
static bool is_settled(const comparison *c)
{
    const results_survey *s = &c->survey;
    bool settled = s->n_unaccepted > 0 && s->n_pending + s->n_recomputed + s->n_pruned == 0 &&
                   c->stored->file.active_runs == c->grid->n_runs;
    for (size_t i = 0; i < c->grid->n_runs && settled; i++)
        settled = c->match.standings[i].row == (int64_t)i;
    return settled;
}

/* ---- the file and the layout that the grid asks for ---- */

static nn_status compare_stored(comparison *c, inactive_rows **inactive, nn_error *err)
{
    nn_status status = match_rows(c, err);
    c->survey.settled = status == NN_ok && is_settled(c);
    if (status == NN_ok)
        status = results_inactive_read(c->stored, c->match.kept, c->match.n_kept, c->grid, c->data, inactive, err);
    return status;
}

/* Compares the layout of the grid with that of the file. */
static nn_status compare_layout(comparison *c, nn_error *err)
{
    uint64_t digest = 0;
    nn_status status = results_layout_digest(c->layout, &digest, err);
    c->survey.exists = true;
    c->survey.grown = c->renew || digest != c->stored->digest;
    if (status != NN_ok || c->survey.grown || c->survey.n_unaccepted > 0) /* the last is left alone, or refused */
        return status;
    c->survey.bytes = c->stored->size;
    return results_derived_look(c->layout, c->stored, &c->survey.differs, err);
}

nn_status results_compare(comparison *c, const char *path, bool exists, nn_error *err)
{
    inactive_rows *inactive = NULL;
    c->survey = (results_survey){.n_runs = c->grid->n_runs, .bytes_free = results_disk_free(path)};
    nn_status status = exists ? reader_stored_open(path, &c->stored, err) : NN_ok;
    find_accepted(c);
    if (status == NN_ok && exists)
        status = compare_stored(c, &inactive, err);
    if (status == NN_ok)
        status = take_keys(c, err);
    if (status == NN_ok)
        status = results_layout_new(c->grid, c->data, c->runs, inactive, &c->layout, err);
    if (status != NN_ok) {
        results_inactive_free(inactive);
        return status;
    }
    note_accepted(c);
    c->layout->accepted = c->accepted;
    c->survey.bytes = results_layout_bytes(c->layout);
    c->survey.buffer_bytes = 2 * results_batch_bytes(c->layout);
    if (exists)
        return compare_layout(c, err);
    for (size_t i = 0; i < c->grid->n_runs; i++)
        c->survey.n_pending += results_in_shard(c->options, i);
    c->survey.n_elsewhere = c->grid->n_runs - c->survey.n_pending;
    c->match.standings = calloc(c->grid->n_runs + 1, sizeof *c->match.standings);
    return c->match.standings == NULL ? nn_fail(err, NN_memory, "not enough memory for %zu runs", c->grid->n_runs)
                                      : NN_ok;
}

void results_comparison_free(comparison *c)
{
    reader_stored_close(c->stored);
    results_layout_free(c->layout);
    free(c->match.standings);
    free(c->match.kept);
    free(c->runs);
    c->stored = NULL;
    c->layout = NULL;
    c->runs = NULL;
    c->match = (match){0};
}

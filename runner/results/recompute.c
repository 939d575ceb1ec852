/* Results of a run from the curves and metrics that a file has of the same trajectory. */
#include "results/layout.h"
#include "results/match.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct recompute {
    const grid *grid;
    const dataset *data;
    const stored *s;
    bool able; /* does the file have every column that this needs? */
    const stored_column *reason, *trained, *curves[MOST_CURVES], *metrics[NN_N_METRIC];
    size_t room; /* points */
    uint32_t *epochs;
    size_t *from; /* [room] where the epoch is in the file */
    double *values;
    nn_stop_record stops[NN_MAX_RULES];
};

/* ---- columns ---- */

/* A column with one number of this type for each run, or `per_row` of them. */
static const stored_column *find_column(const stored *s, const char *group, const char *name, h5_type type,
                                        size_t per_row)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", group, name);
    for (size_t i = 0; i < s->n_columns; i++)
        if (strcmp(s->columns[i].path, path) == 0)
            return s->columns[i].place.type == type &&
                           s->columns[i].row_bytes == per_row * h5_type_bytes(type)
                       ? &s->columns[i]
                       : NULL;
    return NULL;
}

/* Record keys of files without `active` say nothing of the recording. */
static void find_columns(recompute *c)
{
    const stored *s = c->s;
    c->reason = find_column(s, "/runs", "stop_reason", H5_I32, 1);
    c->trained = find_column(s, "/runs", "epochs_trained", H5_I32, 1);
    c->able = s->has_active && c->reason != NULL && c->trained != NULL;
    for (int i = 0; i < NN_N_METRIC; i++) {
        c->metrics[i] = find_column(s, "/runs", nn_metrics.rows[i].name, H5_F64, 1);
        c->able = c->able && c->metrics[i] != NULL;
    }
    for (int i = 0; i < NN_N_CURVE; i++) /* which are needed is known of each run */
        c->curves[i] = find_column(s, "/curves", nn_curves.rows[i].name, H5_F64, s->n_epochs);
    for (int i = NN_N_CURVE; i < MOST_CURVES; i++) {
        char name[40];
        snprintf(name, sizeof name, LAYER_CURVE, i - NN_N_CURVE + 1);
        c->curves[i] = find_column(s, "/curves", name, H5_F64, s->n_epochs);
    }
}

nn_status recompute_new(const grid *g, const dataset *d, const stored *s, recompute **out, nn_error *err)
{
    recompute *c = calloc(1, sizeof *c);
    if (c == NULL)
        return nn_fail(err, NN_memory, "not enough memory to look into %s", s->path);
    c->grid = g;
    c->data = d;
    c->s = s;
    find_columns(c);
    *out = c;
    return NN_ok;
}

void recompute_free(recompute *c)
{
    if (c == NULL)
        return;
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
    const unsigned char *from = stored_row(c->s, column, row);
    if (from != NULL)
        memcpy(out, from, column->row_bytes);
    return from != NULL;
}

/* The recorded epochs of the run, and where the file has those that it reached. */
static bool find_epochs(recompute *c, size_t run, nn_outcome *o)
{
    nn_hyper h;
    grid_cell(c->grid, c->grid->runs[run].cell, &h);
    o->n_points = nn_recorded_epochs(&c->grid->recording, h.epochs, NULL);
    if (!reserve(c, o->n_points))
        return false;
    nn_recorded_epochs(&c->grid->recording, h.epochs, c->epochs);
    for (size_t at = 0; o->n_reached < o->n_points && c->epochs[o->n_reached] <= o->epochs_trained;
         o->n_reached++) {
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
    const unsigned char *from = c->curves[curve] == NULL ? NULL : stored_row(c->s, c->curves[curve], row);
    double *to = c->values + (size_t)curve * o->n_points;
    for (size_t i = 0; from != NULL && i < o->n_reached; i++)
        memcpy(&to[i], from + c->from[i] * sizeof *to, sizeof *to);
    return from != NULL;
}

static bool read_curves(const recompute *c, const nn_split *sizes, size_t row, const nn_outcome *o)
{
    bool ok = true;
    for (size_t i = 0; i < o->n_curves * o->n_points; i++)
        c->values[i] = NN_NAN;
    for (int i = 0; i < (int)o->n_curves && ok; i++)
        if (i >= NN_N_CURVE || nn_curve_recorded(&c->grid->recording, &c->data->data, sizes, i))
            ok = read_curve(c, i, row, o);
    return ok;
}

static void forget_part(nn_outcome *o, int part)
{
    for (int at = 0; at < NN_N_AT; at++)
        o->at[at].part[part] = (nn_score){NN_NAN, NN_NAN, NN_NAN};
    o->best[part] = o->final[part] = (nn_quality){NN_NAN, NN_NAN, NN_NAN, NN_NAN, NN_NAN};
}

/* Parts that are not recorded any more have no scores, and gradients that are not no norms. */
static void forget_parts(const recompute *c, const nn_split *sizes, nn_outcome *o)
{
    for (int part = 0; part < NN_N_PART; part++)
        if (!c->grid->recording.parts[part] || sizes->n[part] == 0)
            forget_part(o, part);
    for (int i = 0; i < NN_N_NORM && !c->grid->recording.gradient; i++)
        o->at[NN_AT_final].gradient[i] = o->dead_relu = o->saturated = NN_NAN;
    if (!c->grid->recording.endpoint)
        o->endpoint = (nn_endpoint){NN_NAN, NN_NAN, NN_NAN, NN_NAN, NN_NAN};
}

/* The best weights and scores are stored: those of the epochs that would be the best ones now? */
static bool same_best(const recompute *c, const nn_split *sizes, const nn_outcome *o)
{
    const bool validated = c->grid->recording.parts[NN_VALIDATION] && sizes->n[NN_VALIDATION] > 0;
    const int loss = validated ? NN_CURVE_validation_loss : NN_CURVE_train_loss;
    const int error = validated ? NN_CURVE_validation_error : NN_CURVE_train_error;
    const size_t best = nn_lowest(o->curves + (size_t)loss * o->n_points, o->n_reached);
    const size_t best_error = nn_lowest(o->curves + (size_t)error * o->n_points, o->n_reached);
    return o->epochs[best] == o->at[NN_AT_best].epoch &&
           o->epochs[best_error] == o->at[NN_AT_best_error].epoch;
}

static bool read_row(recompute *c, size_t run, size_t row, nn_outcome *o)
{
    int32_t reason = 0, trained = 0;
    bool ok = read_number(c, c->reason, row, &reason) && read_number(c, c->trained, row, &trained);
    for (int i = 0; i < NN_N_METRIC && ok; i++)
        ok = read_number(c, c->metrics[i], row, &o->metrics[i]);
    if (!ok || trained < 0)
        return false;
    o->status = (nn_run_status)c->s->status[row];
    o->reason = (nn_stop_reason)reason;
    o->epochs_trained = (uint32_t)trained;
    if (!find_epochs(c, run, o) || o->n_reached == 0)
        return false;
    o->epochs = c->epochs;
    o->curves = c->values;
    o->stops = c->stops;
    return true;
}

bool recompute_row(recompute *c, size_t run, size_t row, nn_outcome *out)
{
    nn_outcome o = {0};
    nn_split sizes = {0};
    nn_hyper h;
    grid_cell(c->grid, c->grid->runs[run].cell, &h);
    o.n_curves = NN_N_CURVE + (c->grid->recording.gradient ? (size_t)h.hidden.n + 1 : 0);
    if (!c->able || !grid_recording_holds(c->s->record_key[row], c->grid->runs[run].record_key))
        return false;
    dataset_part_sizes(c->data, c->grid->runs[run].fold, sizes.n);
    if (!read_row(c, run, row, &o) || !read_curves(c, &sizes, row, &o))
        return false;
    nn_recall(&o);
    forget_parts(c, &sizes, &o);
    if (!same_best(c, &sizes, &o))
        return false;
    nn_observe(&o, &c->grid->stopping);
    *out = o;
    return true;
}

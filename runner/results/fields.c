/* The datasets of a results file except those of /data and /plots, group by group: how the row of a finished run is put, how a
 * whole column is filled, and then the list of the group's datasets. Each list loops over a table, so that no setting
 * and no metric is named here. */
#include "results/fields.h"
#include "base/setting.h"
#include "results/endpoints.h"
#include "results/folds.h"
#include "results/names.h"
#include "results/splits.h"
#include "results/stops.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what several groups use ---- */

/* Every NaN becomes the same NaN, so that equal results are equal bytes. */
static double canonical(double value)
{
    return isnan(value) ? NN_NAN : value;
}

static void copy_canonical(const double *from, size_t n, double *to)
{
    for (size_t i = 0; i < n; i++)
        to[i] = canonical(from[i]);
}

void results_fill_epochs(const layout *l, const field *f, void *out)
{
    for (size_t i = 0; i < f->n; i++)
        ((int32_t *)out)[i] = (int32_t)l->epochs[i];
}

static field *column(layout *l, char *group, const char *name, h5_type type, int scale, const char *help)
{
    field *f = results_layout_add(l, group, name, type, help);
    f->n_dims = 1;
    f->dims[0] = scale;
    return f;
}

static field *per_run(layout *l, char *group, const char *name, h5_type type, int run, put_function *put,
                      const char *help)
{
    field *f = column(l, group, name, type, run, help);
    f->scope = SCOPE_RUN;
    f->put = put;
    return f;
}

static field *scalar(layout *l, char *group, const char *name, h5_type type, const char *help)
{
    field *f = results_layout_add(l, group, name, type, help);
    f->scope = SCOPE_END;
    return f;
}

/* ---- settings, in /runs and /cells ---- */

static int32_t shape_code(const shape_list *list, const nn_shape *shape)
{
    for (int i = 0; i < list->flags.n; i++)
        if (list->shapes[i].n == shape->n &&
            memcmp(list->shapes[i].width, shape->width, (size_t)shape->n * sizeof shape->width[0]) == 0)
            return i;
    return -1;
}

static int32_t text_code(const shape_list *list, const nn_text *text)
{
    for (int i = 0; i < list->flags.n; i++)
        if (strcmp(list->texts[i].text, text->text) == 0)
            return i;
    return -1;
}

static void setting_value(const layout *l, int index, const nn_hyper *h, size_t at, void *out)
{
    const nn_hyper_row *row = &nn_hyper_rows[index];
    const void *value = nn_hyper_get(h, row);
    switch (row->kind) {
    case NN_REAL:
        ((double *)out)[at] = *(const nn_real_value *)value;
        break;
    case NN_COUNT:
        ((int64_t *)out)[at] = *(const nn_count_value *)value;
        break;
    case NN_CHOICE:
        ((int32_t *)out)[at] = *(const nn_choice_value *)value;
        break;
    case NN_TRUTH:
        ((uint8_t *)out)[at] = *(const nn_truth_value *)value;
        break;
    case NN_SHAPE:
        ((int32_t *)out)[at] = shape_code(&l->shapes[index], value);
        break;
    case NN_TEXT:
        ((int32_t *)out)[at] = text_code(&l->shapes[index], value);
        break;
    }
}

double results_setting_number(const layout *l, int index, const nn_hyper *h)
{
    union {
        double real;
        int64_t count;
        int32_t code;
        uint8_t truth;
    } value = {0};
    setting_value(l, index, h, 0, &value);
    switch (nn_hyper_rows[index].kind) {
    case NN_REAL:
        return value.real;
    case NN_COUNT:
        return (double)value.count;
    case NN_TRUTH:
        return value.truth;
    default:
        return value.code;
    }
}

/* The settings of a run. Runs of a cell follow each other, so that each cell is looked up once. */
static void hyper_of_run(const layout *l, size_t run, nn_hyper *h)
{
    if (run == 0 || l->runs[run].cell != l->runs[run - 1].cell)
        results_layout_cell(l, l->runs[run].cell, h);
}

static void fill_setting(const layout *l, const field *f, void *out)
{
    nn_hyper h = l->grid->base;
    for (size_t i = 0; i < f->n; i++) {
        hyper_of_run(l, i, &h);
        setting_value(l, f->index, &h, i, out);
    }
}

static void fill_cell_setting(const layout *l, const field *f, void *out)
{
    nn_hyper h;
    for (size_t i = 0; i < f->n; i++) {
        results_layout_cell(l, i, &h);
        setting_value(l, f->index, &h, i, out);
    }
}

void results_setting_column(const layout *l, field *f, int index)
{
    static const h5_type types[] = {[NN_REAL] = H5_F64, [NN_COUNT] = H5_I64, [NN_CHOICE] = H5_I32,
                                    [NN_TRUTH] = H5_U8, [NN_SHAPE] = H5_I32, [NN_TEXT] = H5_I32};
    static const nn_name truth_names[] = {{"false", NULL}, {"true", NULL}};
    static const nn_choices truths = {"truth", 2, truth_names};
    const nn_hyper_row *row = &nn_hyper_rows[index];
    f->type = types[row->kind];
    f->zero_means = row->word_value == 0 ? row->word : NULL;
    f->flags = row->kind == NN_SHAPE || row->kind == NN_TEXT ? &l->shapes[index].flags
               : row->kind == NN_TRUTH                       ? &truths
                                                             : row->choices;
}

static void settings(layout *l, char *group, int scale, fill_function *fill)
{
    for (int i = 0; i < NN_N_HYPER; i++) {
        const nn_hyper_row *row = &nn_hyper_rows[i];
        field *f = column(l, group, row->name, H5_F64, scale, row->help);
        results_setting_column(l, f, i);
        f->fill = fill;
        f->index = i;
    }
}

/* ---- /runs ---- */

static void put_status(const layout *l, const field *f, const row_source *s, void *out)
{
    (void)l, (void)f;
    *(int32_t *)out = (int32_t)s->status;
}

static void put_reason(const layout *l, const field *f, const row_source *s, void *out)
{
    (void)l, (void)f;
    *(int32_t *)out = (int32_t)s->reason;
}

static void put_epochs_trained(const layout *l, const field *f, const row_source *s, void *out)
{
    (void)l, (void)f;
    *(int32_t *)out = s->outcome == NULL ? 0 : (int32_t)s->outcome->epochs_trained;
}

void results_put_solved(const layout *l, const field *f, const row_source *s, void *out)
{
    (void)f;
    *(uint8_t *)out = s->status == NN_RUN_done && s->outcome != NULL && grid_solved(l->grid, s->outcome->metrics);
}

void results_put_metric(const layout *l, const field *f, const row_source *s, void *out)
{
    (void)l;
    *(double *)out = s->outcome == NULL ? NN_NAN : canonical(s->outcome->metrics[f->index]);
}

static void fill_run_member(const layout *l, const field *f, void *out)
{
    for (size_t i = 0; i < f->n; i++) {
        const char *member = (const char *)&l->runs[i] + f->index;
        if (f->type == H5_U64)
            ((uint64_t *)out)[i] = *(const uint64_t *)(const void *)member;
        else
            ((int32_t *)out)[i] = (int32_t) * (const uint32_t *)(const void *)member;
    }
}

static void fill_active(const layout *l, const field *f, void *out)
{
    for (size_t i = 0; i < f->n; i++)
        ((uint8_t *)out)[i] = i < l->grid->n_runs;
}

static void fill_n_params(const layout *l, const field *f, void *out)
{
    nn_hyper h = l->grid->base;
    nn_network net;
    for (size_t i = 0; i < l->grid->n_runs; i++) {
        hyper_of_run(l, i, &h);
        nn_network_of(&l->data->data, &h, &net);
        ((int64_t *)out)[i] = (int64_t)net.n_params;
    }
    for (size_t i = l->grid->n_runs; i < f->n; i++) /* their data may have had other inputs */
        ((int64_t *)out)[i] = l->inactive->n_params[i - l->grid->n_runs];
}

static void fill_same_bits(const layout *l, const field *f, void *out)
{
    nn_hyper h = l->grid->base;
    for (size_t i = 0; i < f->n; i++) {
        hyper_of_run(l, i, &h);
        ((uint8_t *)out)[i] = grid_same_bits(&h);
    }
}

/* Adds the columns that are members of grid_run. */
static void run_members(layout *l, char *group, int run)
{
    static const struct {
        const char *name;
        h5_type type;
        size_t at;
        const char *help;
    } members[] = {
        {PATH_RUNS_KEY, H5_U64, offsetof(grid_run, key), "hash of all that decides the numbers of the run"},
        {PATH_RUNS_RECORD_KEY, H5_U64, offsetof(grid_run, record_key), "hash of what is only observed"},
        {PATH_RUNS_CELL, H5_I32, offsetof(grid_run, cell), "cell of the grid, a row of /cells"},
        {PATH_RUNS_REPEAT, H5_I32, offsetof(grid_run, repeat), "repeat, from 0"},
        {PATH_RUNS_FOLD, H5_I32, offsetof(grid_run, fold), "fold of the split, from 0"},
        {PATH_RUNS_ARITHMETIC, H5_I32, offsetof(grid_run, arithmetic),
         "version of the arithmetic that the run is trained with; 0: not known"},
    };
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        field *f = column(l, group, members[i].name, members[i].type, run, members[i].help);
        f->fill = fill_run_member;
        f->index = (int)members[i].at;
    }
}

static void runs(layout *l)
{
    char *group = results_layout_group(l, PATH_RUNS);
    /* `status` is the first dataset, before its scale, since it is the first of a row. */
    field *status = per_run(l, group, PATH_RUNS_STATUS, H5_I32, 1, put_status, "where the run stands; written last");
    l->status = (int)(status - l->fields);
    status->flags = &nn_run_statuses;
    int run = results_layout_scale(l, group, NAME_RUN, H5_I32, l->n_runs, results_fill_index, "run, from 0");
    l->fields[l->status].dims[0] = run;
    run_members(l, group, run);
    column(l, group, PATH_RUNS_ACTIVE, H5_U8, run, "is the run in the grid? false: it has left it, and is kept")->fill =
        fill_active;
    field *check = per_run(l, group, PATH_RUNS_CHECK, H5_U64, run, NULL,
                           "XXH3-64 of key, record_key and the run's row in each dataset that `" ATTR_COVERS
                           "` names, each padded "
                           "with zeros to a multiple of 8 bytes");
    l->check = (int)(check - l->fields);
    settings(l, group, run, fill_setting);
    field *n_params = column(l, group, PATH_RUNS_N_PARAMS, H5_I64, run, "weights and biases of the network");
    n_params->fill = fill_n_params;
    column(l, group, "same_bits", H5_U8, run,
           "1: weights and curves of the run are the same on every machine; 0: a library made some")
        ->fill = fill_same_bits;
    per_run(l, group, PATH_RUNS_STOP_REASON, H5_I32, run, put_reason, "why the run ended")->flags = &nn_stop_reasons;
    per_run(l, group, PATH_RUNS_TRAINED, H5_I32, run, put_epochs_trained, "epochs that were trained");
    if (l->grid->n_conditions > 0)
        per_run(l, group, PATH_RUNS_SOLVED, H5_U8, run, results_put_solved,
                "are all conditions of `success` met? false for a run that diverged");
    results_layout_endpoint(l, group, run);
    for (int i = 0; i < NN_N_METRIC; i++)
        per_run(l, group, nn_metrics.rows[i].name, H5_F64, run, results_put_metric, nn_metrics.rows[i].help)->index = i;
}

/* ---- /curves ---- */

/* Are the recorded epochs of the run the first ones of the file, as in most grids? Then the curve is copied. */
static bool epochs_agree(const layout *l, const nn_outcome *o)
{
    return o->n_reached <= l->n_epochs && memcmp(o->epochs, l->epochs, o->n_reached * sizeof *o->epochs) == 0;
}

/* The file has the epochs of all runs: those that this run did not reach or does not record become NaN. */
static void scatter_curve(const layout *l, const nn_outcome *o, const double *curve, double *row)
{
    for (size_t i = 0; i < l->n_epochs; i++)
        row[i] = NN_NAN;
    for (size_t i = 0, at = 0; i < o->n_reached; i++) {
        while (at < l->n_epochs && l->epochs[at] < o->epochs[i])
            at++;
        if (at < l->n_epochs && l->epochs[at] == o->epochs[i])
            row[at] = canonical(curve[i]);
    }
}

void results_put_curve(const layout *l, const field *f, const row_source *s, void *out)
{
    const nn_outcome *o = s->outcome;
    double *row = out;
    size_t n = 0;
    if (o != NULL && (size_t)f->index >= o->n_curves)
        o = NULL; /* the network of the run has fewer layers */
    if (o != NULL && !epochs_agree(l, o)) {
        scatter_curve(l, o, o->curves + (size_t)f->index * o->n_points, row);
        return;
    }
    if (o != NULL) {
        n = o->n_reached;
        copy_canonical(o->curves + (size_t)f->index * o->n_points, n, row);
    }
    for (size_t i = n; i < l->n_epochs; i++)
        row[i] = NN_NAN;
}

static void curve_field(layout *l, char *group, const char *name, const char *help, int index, int run, int epoch)
{
    field *f = results_layout_add(l, group, name, H5_F64, help);
    f->scope = SCOPE_RUN;
    f->put = results_put_curve;
    f->index = index;
    f->n_dims = 2;
    f->dims[0] = run;
    f->dims[1] = epoch;
}

/* The layers of the deepest network, whether weights are kept or not. */
static int most_layers(const layout *l)
{
    int most = 0;
    for (size_t c = 0; c < l->n_cells; c++) {
        nn_hyper h;
        results_layout_cell(l, c, &h);
        most = h.hidden.n + 1 > most ? h.hidden.n + 1 : most;
    }
    return most;
}

/* Adds a gradient norm for each layer of the deepest network. */
static void layer_fields(layout *l, char *group, int run, int epoch)
{
    const int deepest = most_layers(l);
    for (int k = 0; k < deepest; k++)
        curve_field(l, group, results_layout_text(l, NAME_LAYER, k + 1),
                    "gradient_norm of this layer's weights and biases", NN_N_CURVE + k, run, epoch);
}

static void layout_curves(layout *l)
{
    nn_split sizes = {0};
    dataset_part_sizes(l->data, NULL, 0, sizes.n);
    char *group = results_layout_group(l, PATH_CURVES);
    int run = results_layout_scale(l, group, NAME_RUN, H5_I32, l->n_runs, results_fill_index, "run, from 0");
    int epoch = results_layout_scale(l, group, PATH_CURVES_EPOCH, H5_I32, l->n_epochs, results_fill_epochs,
                                     "epoch; 0 is before training");
    for (int i = 0; i < NN_N_CURVE; i++) {
        if (!nn_curve_recorded(&l->grid->recording, &l->data->data, &sizes, i) &&
            (l->inactive == NULL || !l->inactive->curves[i]))
            continue;
        curve_field(l, group, nn_curves.rows[i].name, nn_curves.rows[i].help, i, run, epoch);
        if (i == NN_CURVE_gradient_norm)
            layer_fields(l, group, run, epoch);
    }
}

/* ---- /stops ---- */

void results_put_stop(const layout *l, const field *f, const row_source *s, void *out)
{
    double value = NN_NAN;
    const bool own = f->index < l->grid->stopping.n_rules; /* else it is a rule of inactive runs */
    if (own && s->outcome != NULL && s->outcome->stops != NULL)
        memcpy(&value, (const char *)&s->outcome->stops[f->index] + f->detail, sizeof value);
    *(double *)out = canonical(value);
}

bool results_is_rule(const field *f)
{
    return f->put == results_put_stop && f->detail == offsetof(nn_stop_record, epoch);
}

/* The name of the group of a rule: patience_20, target_train_loss_0.001, or gl_2_strip_10 where the strip is not the
 * usual. */
static const char *rule_name(layout *l, const nn_stop_rule *rule)
{
    char value[40], more[60] = "", curve[80] = "", number[40];
    if (rule->parameter == floor(rule->parameter) && fabs(rule->parameter) < 1e9)
        snprintf(value, sizeof value, "%.0f", rule->parameter); /* 20, never 2e+01 */
    else
        setting_real_format(rule->parameter, value, sizeof value);
    if (nn_stop_rows[rule->kind].needs & NN_TAKES_CURVE)
        snprintf(curve, sizeof curve, "_%s", nn_curves.rows[rule->curve].name);
    else if (rule->min_delta > 0)
        snprintf(more, sizeof more, "_min_delta_%s", setting_real_format(rule->min_delta, number, sizeof number));
    else if (rule->strip > 0 && rule->strip != NN_DEFAULT_STRIP)
        snprintf(more, sizeof more, "_strip_%d", rule->strip);
    return results_layout_text(l, "%s%s_%s%s", nn_stops.rows[rule->kind].name, curve, value, more);
}

static const struct {
    const char *name;
    size_t at;
    const char *help;
} stop_members[] = {
    {"epoch", offsetof(nn_stop_record, epoch), "epoch at which the rule fires; -1: never"},
    {"fired", offsetof(nn_stop_record, fired), "1: the rule fires; 0: it never does, and the rest is of the whole run"},
    {"best_epoch", offsetof(nn_stop_record, best_epoch), "epoch of the best weights up to there"},
    {"best_train_loss", offsetof(nn_stop_record, best_train_loss), "training loss of these weights"},
    {"best_validation_loss", offsetof(nn_stop_record, best_validation_loss), "their validation loss"},
    {"best_test_loss", offsetof(nn_stop_record, best_test_loss), "their test loss"},
    {"best_train_error", offsetof(nn_stop_record, best_train_error), "their training error"},
    {"best_validation_error", offsetof(nn_stop_record, best_validation_error), "their validation error"},
    {"best_test_error", offsetof(nn_stop_record, best_test_error), "their test error"},
    {"slowness", offsetof(nn_stop_record, slowness), "epoch (never: the last one) / best_epoch"},
    {"badness", offsetof(nn_stop_record, badness), "their test loss / lowest test loss of the run - 1"},
};

static void rule_fields(layout *l, char *group, int rule)
{
    int run = results_layout_scale(l, group, NAME_RUN, H5_I32, l->n_runs, results_fill_index, "run, from 0");
    for (size_t i = 0; i < sizeof stop_members / sizeof stop_members[0]; i++) {
        field *f = results_layout_add(l, group, stop_members[i].name, H5_F64, stop_members[i].help);
        f->scope = SCOPE_RUN;
        f->put = results_put_stop;
        f->index = rule;
        f->detail = stop_members[i].at;
        f->n_dims = 1;
        f->dims[0] = run;
    }
}

/* Has a rule of this name a group already? A grid may name the same rule twice; the second gets no group. */
static bool has_group(const layout *l, const char *path)
{
    for (size_t i = 0; i < l->n_groups; i++)
        if (strcmp(l->groups[i], path) == 0)
            return true;
    return false;
}

static void layout_stops(layout *l)
{
    if (l->n_rules > 0)
        results_layout_group(l, PATH_STOPS);
    for (size_t i = 0; i < l->n_rules; i++) {
        const char *path = results_layout_text(l, PATH_STOPS "/%s", rule_name(l, &l->rules[i]));
        if (!has_group(l, path))
            rule_fields(l, results_layout_group(l, "%s", path), (int)i);
    }
}

/* ---- /targets: scores of each target, where there are several ---- */

/* `index` is the part, and NN_N_PART more for the final weights; `detail` is the place in nn_target_score. */
void results_put_target(const layout *l, const field *f, const row_source *s, void *out)
{
    const bool final = f->index >= NN_N_PART;
    const nn_target_score *scores = s->outcome == NULL ? NULL
                                    : final            ? s->outcome->final_targets
                                                       : s->outcome->best_targets;
    const size_t n = l->data->data.n_targets;
    for (size_t k = 0; k < f->row_n; k++) { /* of which a run of this grid has n */
        double value = NN_NAN;
        if (scores != NULL && k < n)
            memcpy(&value, (const char *)&scores[(size_t)(f->index % NN_N_PART) * n + k] + f->detail, sizeof value);
        ((double *)out)[k] = canonical(value);
    }
}

static void target_fields(layout *l, char *group, int when, const int dims[2])
{
    static const struct {
        const char *name, *help;
        size_t at;
    } scores[] = {{"rmse", "root mean squared error of each target, in its units", offsetof(nn_target_score, rmse)},
                  {"mae", "mean absolute error of each target, in its units", offsetof(nn_target_score, mae)},
                  {"r2", "R^2 = 1 - sum (y-t)^2 / sum (t - mean t)^2 of each target", offsetof(nn_target_score, r2)}};
    for (int part = 0; part < NN_N_PART; part++)
        for (size_t i = 0; i < sizeof scores / sizeof *scores; i++) {
            const char *name =
                results_layout_text(l, "%s_%s_%s", when == 0 ? "best" : "final", nn_part_names[part], scores[i].name);
            field *f = per_run(l, group, name, H5_F64, dims[0], results_put_target, scores[i].help);
            f->n_dims = 2;
            f->dims[1] = dims[1];
            f->index = when * NN_N_PART + part;
            f->detail = scores[i].at;
        }
}

static void layout_targets(layout *l)
{
    const nn_data *d = &l->data->data;
    const size_t own = d->classes == NULL && d->n_targets > 1 ? d->n_targets : 0,
                 kept = l->inactive != NULL ? l->inactive->n_targets : 0, n = own > kept ? own : kept;
    if (n == 0)
        return;
    char *group = results_layout_group(l, PATH_TARGETS);
    const int dims[2] = {results_layout_scale(l, group, NAME_RUN, H5_I32, l->n_runs, results_fill_index, "run, from 0"),
                         results_layout_scale(l, group, "target", H5_I32, n, results_fill_index, "target, from 0")};
    for (int when = 0; when < 2; when++)
        target_fields(l, group, when, dims);
}

/* ---- /weights ---- */

static double weight_at(const nn_outcome *o, int keep, size_t i)
{
    if (o == NULL || o->weights[keep] == NULL)
        return NN_NAN;
    return o->real_bytes == sizeof(float) ? (double)((const float *)o->weights[keep])[i]
                                          : ((const double *)o->weights[keep])[i];
}

static void copy_canonical_narrow(const float *from, size_t n, float *to)
{
    for (size_t i = 0; i < n; i++)
        to[i] = isnan(from[i]) ? (float)NN_NAN : from[i];
}

static void put_weights(const layout *l, const field *f, const row_source *s, void *out)
{
    const nn_outcome *o = s->outcome;
    const bool there = o != NULL && o->weights[f->index] != NULL;
    (void)l;
    if (there && f->type == H5_F32 && o->real_bytes == sizeof(float)) {
        copy_canonical_narrow((const float *)o->weights[f->index] + f->detail, f->row_n, out);
        return;
    }
    for (size_t i = 0; i < f->row_n; i++) {
        const double value = canonical(weight_at(o, f->index, f->detail + i));
        if (f->type == H5_F64)
            ((double *)out)[i] = value;
        else
            ((float *)out)[i] = (float)value;
    }
}

/* The weights at each epoch of the file; NaN at those that the run did not reach or does not record. */
void results_put_path(const layout *l, const field *f, const row_source *s, void *out)
{
    const nn_outcome *o = s->outcome;
    const size_t n = f->row_n / (l->n_epochs > 0 ? l->n_epochs : 1);
    double *row = out;
    for (size_t i = 0; i < f->row_n; i++)
        row[i] = NN_NAN;
    for (size_t i = 0, at = 0; o != NULL && o->path != NULL && i < o->n_reached; i++) {
        while (at < l->n_epochs && l->epochs[at] < o->epochs[i])
            at++;
        for (size_t k = 0; at < l->n_epochs && l->epochs[at] == o->epochs[i] && k < n; k++)
            row[at * n + k] = canonical(o->real_bytes == sizeof(float) ? (double)((const float *)o->path)[i * n + k]
                                                                       : ((const double *)o->path)[i * n + k]);
    }
}

static void fill_net_runs(const layout *l, const field *f, void *out)
{
    for (size_t i = 0; i < l->n_runs; i++)
        if (field_applies(l, f, i))
            ((int32_t *)out)[l->slot[i]] = (int32_t)i;
}

static void weight_field(layout *l, char *group, const char *name, int net, int keep, size_t at, const int *dims,
                         int n_dims)
{
    const net_shape *shape = &l->nets[net];
    field *f = results_layout_add(l, group, name, shape->wide ? H5_F64 : H5_F32, "");
    f->scope = SCOPE_RUN;
    f->put = put_weights;
    f->net = net;
    f->index = keep;
    f->detail = at;
    f->n_dims = n_dims;
    for (int d = 0; d < n_dims; d++)
        f->dims[d] = dims[d];
}

/* `detail` of a weight field is the index of its first number among the parameters of the network. */
static void keep_fields(layout *l, char *group, int net, int keep, int run, const int *inputs, const int *units)
{
    const nn_network *n = &l->nets[net].net;
    for (int k = 0; k < n->n_layers; k++) {
        const int w_dims[3] = {run, inputs[k], units[k + 1]}, b_dims[2] = {run, units[k + 1]};
        weight_field(l, group, results_layout_text(l, "%s_W%d", nn_keep_names[keep], k + 1), net, keep, n->w_at[k],
                     w_dims, 3);
        if (n->bias)
            weight_field(l, group, results_layout_text(l, "%s_b%d", nn_keep_names[keep], k + 1), net, keep, n->b_at[k],
                         b_dims, 2);
    }
}

static void path_field(layout *l, char *group, int net, int run)
{
    const int epoch = results_layout_scale(l, group, "epoch", H5_I32, l->n_epochs, results_fill_epochs, "epoch");
    const int parameter =
        results_layout_scale(l, group, "parameter", H5_I32, l->nets[net].net.n_params, results_fill_index,
                             "W1 [in][out], b1, W2, b2, ..., one behind the other");
    field *f = results_layout_add(l, group, NAME_EVERY, H5_F64, "weights and biases at each recorded epoch");
    f->scope = SCOPE_RUN;
    f->put = results_put_path;
    f->net = net;
    f->index = NN_KEEP_EVERY;
    f->n_dims = 3;
    f->dims[0] = run;
    f->dims[1] = epoch;
    f->dims[2] = parameter;
}

static void net_fields(layout *l, int net)
{
    const nn_network n = l->nets[net].net;
    int units[NN_MAX_HIDDEN + 2] = {0}, inputs[NN_MAX_HIDDEN + 2] = {0};
    char *group = results_layout_group(l, PATH_WEIGHTS "/%s", l->nets[net].name);
    int run =
        results_layout_scale(l, group, NAME_RUN, H5_I32, l->nets[net].n_runs, fill_net_runs, "run, a row of /runs");
    l->fields[run].net = net;
    for (int k = 0; k <= n.n_layers; k++) {
        const char *name = k == 0 ? "input" : k == n.n_layers ? "output" : results_layout_text(l, "hidden%d", k);
        units[k] = inputs[k] = results_layout_scale(l, group, name, H5_BLANK, (size_t)n.width[k], NULL, NULL);
    }
    for (int k = 1; k < n.n_layers && n.shortcuts; k++)
        inputs[k] = results_layout_scale(l, group, results_layout_text(l, "up_to_hidden%d", k), H5_BLANK,
                                         (size_t)n.fan_in[k], NULL, NULL);
    for (int keep = 0; keep < NN_N_KEEP; keep++)
        if (l->nets[net].keep[keep])
            keep_fields(l, group, net, keep, run, inputs, units);
    if (l->nets[net].keep[NN_KEEP_EVERY])
        path_field(l, group, net, run);
}

static void layout_weights(layout *l)
{
    if (l->n_nets > 0)
        results_layout_group(l, PATH_WEIGHTS);
    for (size_t i = 0; i < l->n_nets && !l->failed; i++)
        net_fields(l, (int)i);
}

/* ---- /cells ---- */

static void fill_cell_active(const layout *l, const field *f, void *out)
{
    for (size_t i = 0; i < f->n; i++)
        ((uint8_t *)out)[i] = i < l->grid->n_cells;
}

/* Runs of a cell follow each other, the first repeat and fold first. */
static void fill_cell_key(const layout *l, const field *f, void *out)
{
    (void)f;
    for (size_t i = l->n_runs; i-- > 0;)
        ((uint64_t *)out)[l->runs[i].cell] = results_cell_key(l->runs[i].key);
}

static void end_column(layout *l, char *group, const char *name, h5_type type, int cell, const char *help)
{
    column(l, group, name, type, cell, help)->scope = SCOPE_END;
}

/* The statistics of a metric, and behind them the number of runs that they are of. */
static void metric_statistics(layout *l, char *group, int metric, int cell)
{
    const char *name = nn_metrics.rows[metric].name;
    for (int s = 0; s < results_statistic_names.n; s++)
        end_column(l, group, results_layout_text(l, "%s_%s", name, results_statistic_names.rows[s].name), H5_F64, cell,
                   results_statistic_names.rows[s].help);
    end_column(l, group, results_layout_text(l, "%s" END_COUNT, name), H5_I32, cell,
               "done runs whose value is finite: the statistics are over these");
}

/* What cross-validation says of a cell, where there is a curve to say it from. */
static void folds_statistics(layout *l, char *group, int cell)
{
    const bool judged = l->grid->folds > 1 && results_layout_find(l, PATH_VALIDATION_LOSS) != NO_FIELD;
    for (int m = 0; m < N_FOLDS_METRIC && judged; m++) {
        const nn_name *metric = &results_folds_metrics.rows[m];
        for (int s = 0; s < results_statistic_names.n; s++)
            end_column(l, group, results_layout_text(l, "%s_%s", metric->name, results_statistic_names.rows[s].name),
                       H5_F64, cell, s == 0 ? metric->help : results_statistic_names.rows[s].help);
        end_column(l, group, results_layout_text(l, "%s" END_COUNT, metric->name), H5_I32, cell,
                   "repeats whose folds are all done: the statistics are over these");
    }
}

static void time_statistics(layout *l, char *group, int metric, int cell)
{
    const char *name = nn_metrics.rows[metric].name;
    end_column(l, group, results_layout_text(l, "%s" END_MEDIAN, name), H5_F64, cell,
               "Kaplan-Meier median over done and diverged runs; infinite: half of them never get there");
    end_column(l, group, results_layout_text(l, "%s" END_SHARE, name), H5_F64, cell,
               "share of the done and diverged runs that got there");
}

/* No statistics have been computed yet, or those that are there are about to change. */
static void fill_computed(const layout *l, const field *f, void *out)
{
    (void)l, (void)f;
    *(int32_t *)out = -1;
}

/* The group of a rule in /cells, beside that in /stops, whose first column is field `first`. */
static void rule_of_cells(layout *l, size_t first)
{
    char *group = results_layout_group(l, PATH_CELLS_STOPS "%s", strrchr(l->fields[first].group, '/'));
    int cell = results_layout_scale(l, group, "cell", H5_I32, l->n_cells, results_fill_index, "cell, from 0");
    for (int i = 0; i < N_STOP_MEANS; i++)
        end_column(l, group, results_stop_means[i].name, H5_F64, cell, results_stop_means[i].help);
}

static void cells(layout *l)
{
    char *group = results_layout_group(l, PATH_CELLS);
    int cell = results_layout_scale(l, group, PATH_CELLS_CELL, H5_I32, l->n_cells, results_fill_index, "cell, from 0");
    column(l, group, PATH_CELLS_ACTIVE, H5_U8, cell, "is the cell in the grid? false: it has left it")->fill =
        fill_cell_active;
    field *computed = results_layout_add(l, group, PATH_CELLS_COMPUTED, H5_I32,
                                         "finished and failed runs of the file when these statistics were computed; "
                                         "-1: they are being written");
    computed->fill = fill_computed;
    computed->scope = SCOPE_END;
    column(l, group, PATH_CELLS_KEY, H5_U64, cell, "names the cell for as long as its settings are in the grid")->fill =
        fill_cell_key;
    settings(l, group, cell, fill_cell_setting);
    for (int i = 0; i < N_CELL_COLUMNS; i++)
        if (!results_cell_columns[i].of_success || l->grid->n_conditions > 0)
            end_column(l, group, results_cell_columns[i].name, results_cell_columns[i].whole ? H5_I32 : H5_F64, cell,
                       results_cell_columns[i].help);
    results_layout_endpoint_shares(l, group, cell);
    for (int i = 0; i < NN_N_METRIC; i++)
        if (results_has_mean(i))
            metric_statistics(l, group, i, cell);
    for (int i = 0; i < NN_N_METRIC; i++)
        if (results_is_time(i))
            time_statistics(l, group, i, cell);
    folds_statistics(l, group, cell);
    if (l->n_rules > 0)
        results_layout_group(l, PATH_CELLS_STOPS);
    for (size_t i = 0, n = l->n_fields; i < n; i++)
        if (results_is_rule(&l->fields[i]))
            rule_of_cells(l, i);
}

/* ---- /timing, the root, and the order of all groups ---- */

static void timing(layout *l)
{
    char *group = results_layout_group(l, PATH_TIMING);
    int run = results_layout_scale(l, group, NAME_RUN, H5_I32, l->n_runs, results_fill_index, "run, from 0");
    field *seconds = per_run(l, group, PATH_TIMING_SECONDS, H5_F64, run, NULL, "time that the run took, in seconds");
    /* The check does not cover it: a time is no result, and the check must be the same on every machine. */
    l->seconds = (int)(seconds - l->fields);
    scalar(l, group, PATH_TIMING_STARTED, H5_F64, "when the file was first written, seconds since 1970 (UTC)");
    scalar(l, group, PATH_TIMING_ENDED, H5_F64,
           "when the program last ended, seconds since 1970 (UTC); NaN: it has not");
    scalar(l, group, PATH_TIMING_ELAPSED, H5_F64,
           "seconds that all sessions took, to within a few of the one that runs");
    scalar(l, group, PATH_TIMING_SESSIONS, H5_I32, "how often the program has worked on the file");
    scalar(l, group, PATH_TIMING_THREADS, H5_I32, "threads of the last session");
    scalar(l, group, PATH_TIMING_PID, H5_I64, "process that last wrote the file");
}

void results_layout_fields(layout *l)
{
    results_layout_group(l, "/");
    runs(l);
    layout_curves(l);
    layout_stops(l);
    results_layout_endpoints(l); /* before the weights, which end the rows of runs */
    layout_targets(l);
    layout_weights(l);
    cells(l);
    results_split_fields(l);
    results_layout_group(l, PATH_GRID);
    timing(l);
    results_layout_group(l, PATH_PROVENANCE);
}

static const nn_name state_names[] = {{"running", NULL}, {"stopped", NULL}, {"complete", NULL}};
static const nn_choices states = {"state", 3, state_names};

void results_layout_state(layout *l)
{
    scalar(l, l->groups[0], PATH_STATE, H5_I32, "how far the grid is")->flags = &states;
}

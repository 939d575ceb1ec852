/* The pictures that people want first, as groups of /plots, which a viewer draws on a click. They follow from the grid,
 * so that they are laid out before training; they are filled at the end. */
#include "results/plots.h"
#include "results/cells.h"
#include "results/fields.h"
#include "results/importance.h"
#include "results/names.h"
#include "results/ranking.h"
#include "results/summary.h"
#include "results/values.h"
#include <stdlib.h>
#include <string.h>

/* A picture along an axis is made for each axis of the grid: that of the first axis has the plain name. */
static const plot_row rows[] = {
    {"learning_curves",
     PLOT_BEST,
     NN_TRAIN,
     "Learning curves of the best cells: mean over their done runs",
     3,
     {{NN_CURVE_train_loss, NN_TRAIN, PLOT_ANY_UNITS},
      {NN_CURVE_validation_loss, NN_VALIDATION, PLOT_ANY_UNITS},
      {NN_CURVE_test_loss, NN_TEST, PLOT_ANY_UNITS}}},
    {"overfitting",
     PLOT_ALONG,
     NN_VALIDATION,
     "Overfitting: validation at the end and at its best, and training at the end (medians)",
     6,
     {{NN_METRIC_final_validation_loss, NN_VALIDATION, PLOT_ONE_UNIT},
      {NN_METRIC_best_validation_loss, NN_VALIDATION, PLOT_ONE_UNIT},
      {NN_METRIC_final_train_loss, NN_TRAIN, PLOT_ONE_UNIT},
      {NN_METRIC_final_validation_error, NN_VALIDATION, PLOT_SEVERAL_UNITS},
      {NN_METRIC_best_validation_error, NN_VALIDATION, PLOT_SEVERAL_UNITS},
      {NN_METRIC_final_train_error, NN_TRAIN, PLOT_SEVERAL_UNITS}}},
    {"error",
     PLOT_ALONG,
     NN_NO_PART,
     "Share classified wrong, or root mean squared error (medians)",
     3,
     {{NN_METRIC_best_validation_error, NN_VALIDATION, PLOT_ANY_UNITS},
      {NN_METRIC_best_test_error, NN_TEST, PLOT_ANY_UNITS},
      {NN_METRIC_final_train_error, NN_TRAIN, PLOT_ANY_UNITS}}},
    {"success",
     PLOT_ALONG,
     NN_NO_PART,
     "Share of the finished runs that met `success`",
     1,
     {{PLOT_SOLVED, NN_NO_PART, PLOT_ANY_UNITS}}},
    {"heatmap",
     PLOT_IMAGE,
     NN_NO_PART,
     "Two settings against each other (medians; the share solved)",
     6,
     {{NN_METRIC_best_validation_loss, NN_VALIDATION, PLOT_ONE_UNIT},
      {NN_METRIC_best_validation_error, NN_VALIDATION, PLOT_SEVERAL_UNITS},
      {NN_METRIC_gap_final, NN_VALIDATION, PLOT_ONE_UNIT},
      {PLOT_SOLVED, NN_NO_PART, PLOT_ANY_UNITS},
      {NN_METRIC_final_train_loss, NN_TRAIN, PLOT_ONE_UNIT},
      {NN_METRIC_final_train_error, NN_TRAIN, PLOT_SEVERAL_UNITS}}},
};
enum { N_ROWS = sizeof rows / sizeof rows[0] };

/* ---- views: where cells lie along one or two axes ---- */

/* Does the cell have the base value of every setting that is never swept together with the axis? In a grid that is a
 * union of blocks, other cells would mix the effects of two settings. */
static bool counts(const layout *l, const nn_hyper *base, const bool *together, size_t cell)
{
    const grid *g = l->grid;
    nn_hyper h;
    grid_cell(g, cell, &h);
    for (size_t b = 0; b < g->n_axes; b++)
        if (!together[b] && g->points[cell * g->n_axes + b] != GRID_BASE && !nn_hyper_same(&h, base, g->axes[b].row))
            return false;
    return true;
}

static void swept_together(const grid *g, size_t axis, bool *together)
{
    for (size_t c = 0; c < g->n_cells; c++)
        for (size_t b = 0; b < g->n_axes && g->points[c * g->n_axes + axis] != GRID_BASE; b++)
            together[b] |= g->points[c * g->n_axes + b] != GRID_BASE;
}

static int by_number(const void *a, const void *b)
{
    const double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

static double value_of(const layout *l, size_t axis, size_t cell)
{
    nn_hyper h;
    grid_cell(l->grid, cell, &h);
    return results_setting_number(l, (int)(l->grid->axes[axis].row - nn_hyper_rows), &h);
}

/* The distinct values of an axis among the cells that count, ascending. */
static bool view_axis(const layout *l, view *v, int d, size_t axis)
{
    double *values = malloc((l->grid->n_cells + 1) * sizeof *values);
    size_t n = 0, kept = 0;
    v->values[d] = values;
    v->axis[d] = axis;
    v->n[d] = 1;
    if (values == NULL)
        return false;
    for (size_t c = 0; c < l->grid->n_cells; c++)
        if (v->place[c] != PLOT_NOWHERE)
            values[n++] = value_of(l, axis, c);
    qsort(values, n, sizeof *values, by_number);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || values[kept - 1] != values[i])
            values[kept++] = values[i];
    v->n[d] = kept;
    return true;
}

static uint32_t index_of(const view *v, int d, double value)
{
    const double *at = bsearch(&value, v->values[d], v->n[d], sizeof value, by_number);
    return (uint32_t)(at - v->values[d]);
}

static void place_cells(const layout *l, view *v)
{
    for (size_t c = 0; c < l->grid->n_cells; c++)
        if (v->place[c] != PLOT_NOWHERE) {
            v->place[c] = index_of(v, 0, value_of(l, v->axis[0], c));
            if (v->n_axes == 2)
                v->place[c] = v->place[c] * (uint32_t)v->n[1] + index_of(v, 1, value_of(l, v->axis[1], c));
        }
}

static void view_free(view *v)
{
    free(v->values[0]);
    free(v->values[1]);
    free(v->place);
}

/* Do the n cells of the view, whose places have no holes along one axis, stand several at a place? */
static bool has_several(const view *v, size_t n)
{
    return n > v->n[0] * v->n[1];
}

/* Adds the view along `axis`, and along `other` if that is not SIZE_MAX. NULL: it would show nothing, or no memory. */
static view *add_view(layout *l, size_t axis, size_t other, const bool *together)
{
    const grid *g = l->grid;
    nn_hyper base = g->base;
    view v = {.n_axes = other == SIZE_MAX ? 1 : 2, .n = {1, 1}};
    view *views = realloc(l->views, (l->n_views + 1) * sizeof *views);
    l->views = views == NULL ? l->views : views;
    v.place = calloc(g->n_cells + 1, sizeof *v.place);
    l->failed |= views == NULL || v.place == NULL;
    if (l->failed)
        goto none;
    nn_hyper_resolve(&base, !g->data.regression);
    size_t n_there = 0;
    for (size_t c = 0; c < g->n_cells; c++) {
        v.place[c] = counts(l, &base, together, c) ? 0 : PLOT_NOWHERE;
        n_there += v.place[c] == 0;
    }
    l->failed |= !view_axis(l, &v, 0, axis) || (other != SIZE_MAX && !view_axis(l, &v, 1, other));
    /* One value makes no line, and an image with mostly holes (of zip or sample) shows nothing. */
    if (l->failed || v.n[0] < 2 || (other != SIZE_MAX && (v.n[1] < 2 || 2 * n_there < v.n[0] * v.n[1])))
        goto none;
    place_cells(l, &v);
    v.several = has_several(&v, n_there);
    l->views[l->n_views] = v;
    return &l->views[l->n_views++];
none:
    view_free(&v);
    return NULL;
}

void results_plots_free(layout *l)
{
    for (size_t i = 0; i < l->n_views; i++)
        view_free(&l->views[i]);
    free(l->views);
    free(l->plots);
}

/* ---- groups ---- */

static bool evaluated(const layout *l, nn_part part)
{
    size_t n[NN_N_PART];
    dataset_part_sizes(l->data, NULL, 0, n);
    return part == NN_NO_PART || (l->grid->recording.parts[part] && n[part] > 0);
}

/* Have the losses of the cells different units? */
static bool units_differ(const layout *l)
{
    nn_hyper first, h;
    grid_cell(l->grid, 0, &first);
    for (size_t c = 1; c < l->grid->n_cells; c++) {
        grid_cell(l->grid, c, &h);
        for (int i = 0; i < RANKING_N_UNITS; i++)
            if (!nn_hyper_same(&h, &first, &nn_hyper_rows[results_ranking_units[i]]))
                return true;
    }
    return false;
}

static bool available(const layout *l, const plot_signal *s, plot_units units)
{
    return evaluated(l, s->part) && (s->units == PLOT_ANY_UNITS || s->units == units) &&
           (s->index != PLOT_SOLVED || l->grid->n_conditions > 0);
}

/* i < p->n */
static const char *plot_signal_name(const plot *p, size_t i)
{
    const int index = p->row->signals[p->signals[i]].index;
    if (p->row->kind == PLOT_BEST)
        return nn_curves.rows[index].name;
    return index == PLOT_SOLVED ? "solved" : nn_metrics.rows[index].name;
}

static void add_signals(layout *l, plot *p, char *group, const int *dims, int n_dims)
{
    p->first = l->n_fields;
    for (size_t i = 0; i < p->n; i++) {
        /* It has no long_name: silx would show it in the legend as b'...', and the name is enough. */
        field *f = results_layout_add(l, group, plot_signal_name(p, i), H5_F64, "");
        f->scope = SCOPE_END;
        f->n_dims = n_dims;
        memcpy(f->dims, dims, (size_t)n_dims * sizeof *dims);
    }
}

static void fill_plot_axis(const layout *l, const field *f, void *out)
{
    const double *values = l->views[f->index].values[f->detail];
    for (size_t i = 0; i < f->n; i++)
        switch (f->type) {
        case H5_F64:
            ((double *)out)[i] = values[i];
            break;
        case H5_I64:
            ((int64_t *)out)[i] = (int64_t)values[i];
            break;
        case H5_I32:
            ((int32_t *)out)[i] = (int32_t)values[i];
            break;
        default:
            ((uint8_t *)out)[i] = values[i] != 0;
        }
}

static void best_group(layout *l, plot *p, char *group)
{
    const size_t n = l->grid->n_cells < PLOT_N_BEST ? l->grid->n_cells : PLOT_N_BEST;
    int dims[2];
    dims[0] = results_layout_scale(l, group, "rank", H5_I32, n, results_fill_index, "rank of the cell; 0 is the best");
    dims[1] = results_layout_scale(l, group, NAME_EPOCH, H5_I32, l->n_epochs, results_fill_epochs,
                                   "epoch; 0 is before training");
    add_signals(l, p, group, dims, 2);
    field *cell = results_layout_add(l, group, "cell", H5_I32, "cell of this rank, a row of /cells");
    cell->scope = SCOPE_END;
    cell->n_dims = 1;
    cell->dims[0] = dims[0];
}

/* Adds, beside the medians, the best over the other settings and the importance of the settings of the view. */
static void add_beside(layout *l, plot *p, char *group, const int *dims, int n_dims)
{
    char name[128];
    p->best = l->views[p->view].several ? (int)l->n_fields : NO_FIELD;
    for (size_t i = 0; i < p->n && p->best != NO_FIELD; i++) {
        snprintf(name, sizeof name, "%s" NAME_BEST, plot_signal_name(p, i));
        field *f = results_layout_add(l, group, name, H5_F64, "the best of the medians of the cells at this place");
        f->scope = SCOPE_END;
        f->n_dims = n_dims;
        memcpy(f->dims, dims, (size_t)n_dims * sizeof *dims);
    }
    p->importance = (int)l->n_fields;
    field *f =
        results_layout_add(l, group, NAME_IMPORTANCE, H5_F64,
                           n_dims == 2 ? "share of this pair, beyond its two settings, in the variance between cells"
                                       : "share of this setting in the variance between cells");
    f->scope = SCOPE_END;
}

static void view_group(layout *l, plot *p, char *group)
{
    const view *v = &l->views[p->view];
    int dims[2] = {0};
    for (int d = 0; d < v->n_axes; d++) {
        const nn_hyper_row *row = l->grid->axes[v->axis[d]].row;
        dims[d] = results_layout_scale(l, group, row->name, H5_F64, v->n[d], fill_plot_axis, row->name);
        field *scale = &l->fields[dims[d]];
        results_setting_column(l, scale, (int)(row - nn_hyper_rows));
        scale->index = p->view;
        scale->detail = (size_t)d;
    }
    const int n_dims = v->n_axes;
    add_signals(l, p, group, dims, n_dims);
    add_beside(l, p, group, dims, n_dims);
}

/* Writes "heatmap", or "heatmap_lambda_hidden" where that is taken. */
static const char *plot_name(const layout *l, const plot_row *row, int along, bool plain, char *text, size_t size)
{
    const view *v = along < 0 ? NULL : &l->views[along];
    if (plain || v == NULL)
        snprintf(text, size, "%s", row->name);
    else if (v->n_axes == 1)
        snprintf(text, size, "%s_%s", row->name, l->grid->axes[v->axis[0]].row->name);
    else
        snprintf(text, size, "%s_%s_%s", row->name, l->grid->axes[v->axis[0]].row->name,
                 l->grid->axes[v->axis[1]].row->name);
    return text;
}

static void add_plot(layout *l, const plot_row *row, int along, bool plain)
{
    plot p = {.row = row, .view = along, .best = NO_FIELD, .importance = NO_FIELD};
    plot *plots = realloc(l->plots, (l->n_plots + 1) * sizeof *plots);
    l->plots = plots == NULL ? l->plots : plots;
    l->failed |= plots == NULL;
    const plot_units units = l->units_differ ? PLOT_SEVERAL_UNITS : PLOT_ONE_UNIT;
    for (size_t i = 0; i < row->n; i++)
        if (available(l, &row->signals[i], units))
            p.signals[p.n++] = i;
    if (l->failed || p.n == 0 || !evaluated(l, row->needs))
        return;
    char name[256];
    char *group = results_layout_group(l, PATH_PLOTS "/%s", plot_name(l, row, along, plain, name, sizeof name));
    p.group = group;
    if (row->kind == PLOT_BEST)
        best_group(l, &p, group);
    else
        view_group(l, &p, group);
    l->plots[l->n_plots++] = p;
}

static void add_kind(layout *l, plot_kind kind, int along, bool plain)
{
    for (size_t i = 0; i < N_ROWS; i++)
        if (rows[i].kind == kind)
            add_plot(l, &rows[i], along, plain);
}

/* Adds the images of an axis with those after it; returns how many images there are then. */
static size_t add_images(layout *l, size_t a, const bool *together, size_t n_images)
{
    for (size_t b = a + 1; b < l->grid->n_axes && n_images < PLOT_N_IMAGES; b++)
        if (together[b] && add_view(l, a, b, together) != NULL)
            add_kind(l, PLOT_IMAGE, (int)l->n_views - 1, n_images++ == 0);
    return n_images;
}

void results_layout_plots(layout *l)
{
    const grid *g = l->grid;
    bool first = true;
    size_t n_images = 0;
    results_layout_group(l, PATH_PLOTS);
    l->units_differ = units_differ(l);
    add_kind(l, PLOT_BEST, -1, true);
    for (size_t a = 0; a < g->n_axes && !l->failed; a++) {
        bool together[NN_N_HYPER] = {false};
        swept_together(g, a, together);
        if (add_view(l, a, SIZE_MAX, together) == NULL)
            continue;
        add_kind(l, PLOT_ALONG, (int)l->n_views - 1, first);
        first = false;
        n_images = add_images(l, a, together, n_images);
    }
}

/* ---- filling, from the rows of finished runs; inactive rows do not count ---- */

typedef struct plot_work {
    const layout *l;
    int fd;
    const char *path;
    double *status; /* [n_runs] of the file */
    double *column; /* [n_runs] a metric of each run */
    double *group;  /* [n_runs] the place or cell of each run */
    double *values; /* [n_runs] scratch */
    summary_runs runs;
} plot_work;

static nn_status no_memory(nn_error *err)
{
    return nn_fail(err, NN_memory, "not enough memory for the pictures of /plots");
}

static nn_status write_field(const plot_work *w, const field *f, const void *values, nn_error *err)
{
    return results_values_write(w->l, w->fd, w->path, f, values, err);
}

/* ---- along the axes of the grid ---- */

static nn_status read_runs(const plot_work *w, const char *name, double *out, nn_error *err)
{
    char path[128] = PATH_RUNS "/";
    strncat(path, name, sizeof path - 8);
    return results_values_numbers(w->l, w->fd, w->path, &w->l->fields[results_layout_find(w->l, path)], out, err);
}

/* Puts the runs of the grid into groups by their places in the view; NULL: by their cells. */
static nn_status group_runs(const plot_work *w, const view *v, size_t n, run_groups *out, nn_error *err)
{
    const grid *g = w->l->grid;
    for (size_t i = 0; i < w->l->n_runs; i++)
        w->group[i] = i >= g->n_runs ? NN_NAN : v == NULL ? g->runs[i].cell : v->place[g->runs[i].cell];
    return results_groups_make(w->group, w->l->n_runs, n, out, err);
}

/* Writes the median over the done runs of each place, or the share of the finished ones that are solved. */
static nn_status write_signal(const plot_work *w, const plot *p, size_t signal, nn_error *err)
{
    const field *f = &w->l->fields[p->first + signal];
    const bool share = p->row->signals[p->signals[signal]].index == PLOT_SOLVED;
    run_groups places = {0};
    double *result = malloc((f->n + 1) * sizeof *result);
    nn_status status = result == NULL ? no_memory(err) : read_runs(w, f->name, w->column, err);
    if (status == NN_ok)
        status = group_runs(w, &w->l->views[p->view], f->n, &places, err);
    for (size_t k = 0; k < f->n && status == NN_ok; k++)
        result[k] = share ? results_share_of_group(&w->runs, &places, k, w->column, w->values).mean
                          : results_of_group(&w->runs, &places, k, w->column, w->values).median;
    if (status == NN_ok)
        status = write_field(w, f, result, err);
    results_groups_free(&places);
    free(result);
    return status;
}

/* Is a higher value of the signal better? Of one without a direction neither is, and the lowest is taken. */
static bool higher_is_better(const plot *p, size_t signal)
{
    const int index = p->row->signals[p->signals[signal]].index;
    return index == PLOT_SOLVED || nn_metric_rows[index].better == NN_HIGHER;
}

/* Puts the best of the cells' medians, or shares, at their places. */
static void best_of_cells(const plot_work *w, const plot *p, size_t signal, const run_groups *cells, double *result)
{
    const view *v = &w->l->views[p->view];
    const bool share = p->row->signals[p->signals[signal]].index == PLOT_SOLVED, higher = higher_is_better(p, signal);
    for (size_t k = 0; k < v->n[0] * v->n[1]; k++)
        result[k] = NN_NAN;
    for (size_t c = 0; c < w->l->grid->n_cells; c++) {
        if (v->place[c] == PLOT_NOWHERE)
            continue;
        const double value = share ? results_share_of_group(&w->runs, cells, c, w->column, w->values).mean
                                   : results_of_group(&w->runs, cells, c, w->column, w->values).median;
        double *best = &result[v->place[c]];
        if (isnan(*best) || (higher ? value > *best : value < *best))
            *best = value;
    }
}

static nn_status write_best_over_others(const plot_work *w, const plot *p, size_t signal, nn_error *err)
{
    const field *f = &w->l->fields[(size_t)p->best + signal];
    run_groups cells = {0};
    double *result = malloc((f->n + 1) * sizeof *result);
    nn_status status =
        result == NULL ? no_memory(err) : read_runs(w, w->l->fields[p->first + signal].name, w->column, err);
    if (status == NN_ok)
        status = group_runs(w, NULL, w->l->grid->n_cells, &cells, err);
    if (status == NN_ok) {
        best_of_cells(w, p, signal, &cells, result);
        status = write_field(w, f, result, err);
    }
    results_groups_free(&cells);
    free(result);
    return status;
}

/* ---- the metric by which cells are ranked ---- */

static double *column_of_file(void *from, const char *name)
{
    const plot_work *w = from;
    char path[128];
    nn_error none;
    snprintf(path, sizeof path, PATH_RUNS "/%s", name);
    double *values = results_layout_find(w->l, path) == NO_FIELD ? NULL : malloc((w->l->n_runs + 1) * sizeof *values);
    if (values != NULL && read_runs(w, name, values, &none) != NN_ok) {
        free(values);
        return NULL;
    }
    return values;
}

static ranking ranking_of(const plot_work *w)
{
    plot_work from = *w;
    const ranking_source source = {&from, w->l->grid->n_runs, column_of_file};
    return results_ranking(&source);
}

/* ---- the importance of settings ---- */

static double share_of_view(const importance *found, const view *v)
{
    const size_t a = v->axis[0], b = v->n_axes == 2 ? v->axis[1] : a;
    for (size_t t = 0; t < found->n_terms; t++)
        if (found->terms[t].a == a && found->terms[t].b == b)
            return found->terms[t].share;
    return NN_NAN;
}

static nn_status write_shares(const plot_work *w, const importance *found, nn_error *err)
{
    nn_status status = NN_ok;
    for (size_t i = 0; i < w->l->n_plots && status == NN_ok; i++) {
        const plot *p = &w->l->plots[i];
        if (p->importance == NO_FIELD)
            continue;
        const double share = share_of_view(found, &w->l->views[p->view]);
        status = write_field(w, &w->l->fields[p->importance], &share, err);
    }
    return status;
}

/* Fills setting[n_axes][n_cells] and the cell of each run. */
static void fill_settings(const plot_work *w, double *settings, const double **setting)
{
    const grid *g = w->l->grid;
    for (size_t a = 0; a < g->n_axes; a++) {
        setting[a] = settings + a * g->n_cells;
        for (size_t c = 0; c < g->n_cells; c++)
            settings[a * g->n_cells + c] = value_of(w->l, a, c);
    }
    for (size_t i = 0; i < g->n_runs; i++) {
        w->group[i] = g->runs[i].cell;
        w->values[i] = results_in_mean(w->status[i]) ? w->column[i] : NN_NAN;
    }
}

/* Reads the values of the ranking metric into w->column: of folds, what each contributed, as `show` does. */
static nn_status read_ranking(const plot_work *w, nn_error *err)
{
    const ranking by = ranking_of(w);
    folds_values folds = {0};
    run_groups cells = {0};
    if (by.folds == NO_FOLDS || !results_cells_have_folds(w->l))
        return read_runs(w, nn_metrics.rows[by.metric].name, w->column, err);
    nn_status status = group_runs(w, NULL, w->l->grid->n_cells, &cells, err);
    if (status == NN_ok)
        status = results_cells_folds(w->l, w->fd, w->path, &w->runs, &cells, &folds, err);
    if (status == NN_ok)
        memcpy(w->column, folds.by_fold[by.folds], w->l->n_runs * sizeof *w->column);
    results_folds_free(&folds);
    results_groups_free(&cells);
    return status;
}

static nn_status write_importance(const plot_work *w, nn_error *err)
{
    const grid *g = w->l->grid;
    double *settings = malloc((g->n_axes * g->n_cells + 1) * sizeof *settings);
    const double **setting = malloc((g->n_axes + 1) * sizeof *setting);
    nn_status status = settings == NULL || setting == NULL ? no_memory(err) : read_ranking(w, err);
    if (status == NN_ok) {
        const importance_runs runs = {g->n_runs, g->n_cells, g->n_axes, w->group, w->values, setting};
        importance found;
        fill_settings(w, settings, setting);
        status = results_importance(&runs, 0, &found, err);
        if (status == NN_ok)
            status = write_shares(w, &found, err);
        results_importance_free(&found);
    }
    free(settings);
    free(setting);
    return status;
}

/* ---- the best cells ---- */

static int by_rank(const void *a, const void *b)
{
    return results_rank_compare(a, b, false);
}

/* Where there are folds, what they say takes the place of the means over runs; /cells is written before. */
static nn_status rank_by_folds(const plot_work *w, const ranking *by, cell_rank *order, nn_error *err)
{
    char path[128];
    if (by->folds == NO_FOLDS)
        return NN_ok;
    snprintf(path, sizeof path, PATH_CELLS "/%s_mean", results_folds_metrics.rows[by->folds].name);
    const int at = results_layout_find(w->l, path);
    if (at == NO_FIELD)
        return NN_ok;
    const field *f = &w->l->fields[at];
    double *means = malloc(field_bytes(f) + 1);
    const nn_status status = means == NULL ? no_memory(err) : results_values_read(w->l, w->fd, w->path, f, means, err);
    for (size_t c = 0; c < w->l->grid->n_cells && status == NN_ok; c++)
        order[c].value = means[c];
    free(means);
    return status;
}

/* Ranks cells as `show` does. */
static nn_status rank_cells(const plot_work *w, int32_t *best, size_t n, nn_error *err)
{
    const size_t n_cells = w->l->grid->n_cells;
    cell_rank *order = malloc((n_cells + 1) * sizeof *order);
    run_groups cells = {0};
    const ranking by = ranking_of(w);
    nn_status status = order == NULL ? no_memory(err) : read_runs(w, nn_metrics.rows[by.metric].name, w->column, err);
    if (status == NN_ok)
        status = group_runs(w, NULL, n_cells, &cells, err);
    if (status == NN_ok) {
        for (size_t c = 0; c < n_cells; c++)
            order[c] = results_rank_of_group(&w->runs, &cells, c, w->column, w->values);
        status = rank_by_folds(w, &by, order, err);
    }
    if (status == NN_ok) {
        qsort(order, n_cells, sizeof *order, by_rank);
        for (size_t i = 0; i < n; i++)
            best[i] = (int32_t)order[i].cell;
    }
    results_groups_free(&cells);
    free(order);
    return status;
}

/* The mean at each epoch over those done runs of the cell that have a number there. row: [n_epochs] scratch. */
static nn_status mean_curve(const plot_work *w, const field *curve, size_t cell, double *row, uint32_t *n, double *mean,
                            nn_error *err)
{
    const layout *l = w->l;
    nn_status status = NN_ok;
    memset(n, 0, l->n_epochs * sizeof *n);
    memset(mean, 0, l->n_epochs * sizeof *mean);
    for (size_t i = 0; i < l->grid->n_runs && status == NN_ok; i++) {
        if (l->grid->runs[i].cell != cell || !results_in_mean(w->status[i]))
            continue;
        status = results_values_row(l, w->fd, w->path, curve, i, row, err);
        for (size_t e = 0; status == NN_ok && e < l->n_epochs; e++)
            if (isfinite(row[e])) {
                mean[e] += row[e];
                n[e]++;
            }
    }
    for (size_t e = 0; e < l->n_epochs; e++)
        mean[e] = n[e] > 0 ? mean[e] / n[e] : NN_NAN;
    return status;
}

static nn_status write_best(const plot_work *w, const plot *p, nn_error *err)
{
    const layout *l = w->l;
    const field *first = &l->fields[p->first], *cells = first + p->n;
    double *means = malloc((first->n + l->n_epochs + 1) * sizeof *means), *row = means + first->n;
    uint32_t *n = malloc((l->n_epochs + 1) * sizeof *n);
    int32_t best[PLOT_N_BEST] = {0};
    nn_status status = means == NULL || n == NULL ? no_memory(err) : rank_cells(w, best, cells->n, err);
    for (size_t s = 0; s < p->n && status == NN_ok; s++) {
        char path[128] = PATH_CURVES "/";
        strncat(path, first[s].name, sizeof path - 10);
        const field *curve = &l->fields[results_layout_find(l, path)];
        for (size_t i = 0; i < cells->n && status == NN_ok; i++)
            status = mean_curve(w, curve, (size_t)best[i], row, n, means + i * l->n_epochs, err);
        if (status == NN_ok)
            status = write_field(w, &first[s], means, err);
    }
    if (status == NN_ok)
        status = write_field(w, cells, best, err);
    free(means);
    free(n);
    return status;
}

/* ---- all ---- */

nn_status results_plots_write(const layout *l, int fd, const char *path, nn_error *err)
{
    const size_t n = l->n_runs + 1;
    double *room = calloc(4 * n, sizeof *room);
    plot_work w = {.l = l, .fd = fd, .path = path, .status = room};
    nn_status status = NN_ok;
    if (room == NULL)
        return no_memory(err);
    w.column = room + n;
    w.group = room + 2 * n;
    w.values = room + 3 * n;
    w.runs = (summary_runs){.n = l->n_runs, .status = w.status};
    status = read_runs(&w, "status", w.status, err);
    for (size_t i = 0; i < l->n_plots && status == NN_ok; i++) {
        const plot *p = &l->plots[i];
        if (p->row->kind == PLOT_BEST)
            status = write_best(&w, p, err);
        for (size_t s = 0; s < p->n && status == NN_ok && p->row->kind != PLOT_BEST; s++)
            status = write_signal(&w, p, s, err);
        for (size_t s = 0; s < p->n && status == NN_ok && p->best != NO_FIELD; s++)
            status = write_best_over_others(&w, p, s, err);
    }
    if (status == NN_ok && l->n_views > 0)
        status = write_importance(&w, err);
    free(room);
    return status;
}

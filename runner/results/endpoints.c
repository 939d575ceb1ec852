/* The datasets of endpoints; then the basins, which are computed with the statistics of the cells, outside key and
 * check. */
#include "results/endpoints.h"
#include "results/names.h"
#include "results/values.h"
#include <stdlib.h>
#include <string.h>

/* Outputs are the same if they differ by at most this share of their range. */
static const double same_outputs = 1e-4;

/* ---- the datasets ---- */

int32_t results_endpoint_of(const grid *g, const double *metrics)
{
    const double shape = metrics[NN_METRIC_endpoint_shape];
    if (!(shape >= 0 && shape < NN_N_ENDPOINT))
        return NN_ENDPOINT_none;
    return g->n_conditions > 0 && grid_solved(g, metrics) ? NN_ENDPOINT_solution : (int32_t)shape;
}

void results_put_endpoint(const layout *l, const field *f, const row_source *s, void *out)
{
    (void)f;
    *(int32_t *)out = s->outcome == NULL ? NN_ENDPOINT_none : results_endpoint_of(l->grid, s->outcome->metrics);
}

void results_put_outputs(const layout *l, const field *f, const row_source *s, void *out)
{
    const nn_endpoint *e = s->outcome == NULL ? NULL : &s->outcome->endpoint;
    const size_t width = l->fields[f->dims[2]].length;
    for (size_t i = 0; i < f->row_n; i++) {
        const size_t row = i / width, k = i % width;
        const bool there = e != NULL && e->outputs != NULL && row < e->n_rows && k < e->n_outputs;
        ((float *)out)[i] = (float)(there ? e->outputs[row * e->n_outputs + k] : NN_NAN);
    }
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* The most training rows and the most outputs of a cell, or of an inactive row. */
static void extent(const layout *l, size_t *rows, size_t *outputs)
{
    *rows = *outputs = 0;
    for (size_t c = 0; c < l->grid->n_cells; c++) {
        nn_hyper h;
        results_layout_cell(l, c, &h);
        *outputs = larger(*outputs, nn_n_outputs(&l->data->data, &h));
        for (uint32_t fold = 0; fold < l->grid->folds; fold++) {
            size_t n[NN_N_PART];
            dataset_part_sizes(l->data, grid_data(l->grid, c), fold, n);
            *rows = larger(*rows, n[NN_TRAIN]);
        }
    }
    *rows = grid_endpoint_rows(*rows);
    if (l->inactive != NULL) {
        *rows = larger(*rows, l->inactive->end_rows);
        *outputs = larger(*outputs, l->inactive->end_outputs);
    }
}

static field *column(layout *l, char *group, const char *name, h5_type type, scope when, int scale, const char *help)
{
    field *f = results_layout_add(l, group, name, type, help);
    f->scope = when;
    f->n_dims = 1;
    f->dims[0] = scale;
    return f;
}

static const char *share_name(layout *l, int kind)
{
    return results_layout_text(l, "share_%s", nn_endpoints.rows[kind].name);
}

/* Is any run of the file diagnosed, inactive ones included? */
static bool any_diagnosed(const layout *l)
{
    bool any = l->grid->recording.endpoint;
    for (size_t i = l->grid->n_runs; i < l->n_runs && !any; i++)
        any = grid_records_endpoint(l->runs[i].record_key);
    return any;
}

void results_layout_endpoint(layout *l, char *group, int run)
{
    if (!any_diagnosed(l))
        return;
    field *kind =
        column(l, group, PATH_RUNS_ENDPOINT, H5_I32, SCOPE_RUN, run, "kind of the point at which the run ended");
    kind->put = results_put_endpoint;
    kind->flags = &nn_endpoints;
}

void results_layout_endpoint_shares(layout *l, char *group, int cell)
{
    if (!any_diagnosed(l))
        return;
    column(l, group, PATH_CELLS_BASINS, H5_I32, SCOPE_END, cell,
           "different points that its runs reached, /endpoints/basin");
    for (int kind = 1; kind < NN_N_ENDPOINT; kind++)
        column(l, group, share_name(l, kind), H5_F64, SCOPE_END, cell, "share of its diagnosed runs that ended so");
}

void results_layout_endpoints(layout *l)
{
    size_t n_rows, n_outputs;
    if (!any_diagnosed(l))
        return;
    extent(l, &n_rows, &n_outputs);
    char *group = results_layout_group(l, PATH_ENDPOINTS);
    const int run = results_layout_scale(l, group, NAME_RUN, H5_I32, l->n_runs, results_fill_index, "run, from 0");
    const int row = results_layout_scale(l, group, "row", H5_I32, n_rows, results_fill_index,
                                         "training row: 256 of more, spread evenly");
    const int output =
        results_layout_scale(l, group, "output", H5_I32, n_outputs, results_fill_index, "output, from 0");
    field *outputs = column(l, group, PATH_ENDPOINTS_OUTPUTS, H5_F32, SCOPE_RUN, run,
                            "outputs of the polished network, as it is trained");
    outputs->put = results_put_outputs;
    outputs->n_dims = 3;
    outputs->dims[1] = row;
    outputs->dims[2] = output;
    column(l, group, PATH_ENDPOINTS_BASIN, H5_F64, SCOPE_END, run,
           "basin of the run within its cell, from 0; NaN: it was not diagnosed");
}

/* ---- basins ---- */

typedef struct basin_work {
    const layout *l;
    int fd;
    const char *path;
    const field *outputs;
    double tolerance;
    int32_t *status, *kind, *split; /* [n_runs] */
    double *basin;                  /* [n_runs] */
    int32_t *n_basins;              /* [n_cells] */
    double *share;                  /* [n_cells] */
    float *row;                     /* [row_n] outputs of a run */
    float *founders;                /* [room][row_n] outputs of the first run of each basin of the cell */
    size_t *founder;                /* [room] that run */
    size_t room;
} basin_work;

/* The range of the targets as they are learned, which good outputs have. */
static double output_range(const layout *l)
{
    const nn_data *d = &l->data->data;
    const nn_split *split = data_splitter_get(l->splitter, NULL, l->grid->seed, 0, 0);
    double widest = 0;
    for (size_t k = 0; d->classes == NULL && k < d->n_targets; k++) {
        double low = HUGE_VAL, high = -HUGE_VAL;
        for (size_t i = 0; i < d->n_rows; i++) {
            low = fmin(low, d->targets[i * d->n_targets + k]);
            high = fmax(high, d->targets[i * d->n_targets + k]);
        }
        widest = fmax(widest, (high - low) / (split->target_scale != NULL ? split->target_scale[k] : 1));
    }
    return widest > 0 ? widest : 1;
}

/* NaN stands for an output that the network does not have. */
static bool agree(const basin_work *w, const float *a, const float *b)
{
    for (size_t i = 0; i < w->outputs->row_n; i++)
        if (!(fabs((double)a[i] - (double)b[i]) <= w->tolerance) && !(isnan(a[i]) && isnan(b[i])))
            return false;
    return true;
}

static bool make_room(basin_work *w, size_t n)
{
    if (n < w->room)
        return true;
    const size_t room = 2 * n + 8;
    float *founders = realloc(w->founders, room * w->outputs->row_n * sizeof *founders);
    w->founders = founders != NULL ? founders : w->founders;
    size_t *founder = realloc(w->founder, room * sizeof *founder);
    w->founder = founder != NULL ? founder : w->founder;
    if (founders == NULL || founder == NULL)
        return false;
    w->room = room;
    return true;
}

/* Finds the basin of a run among the first n of its cell, or founds it. */
static nn_status place_run(basin_work *w, size_t run, size_t *n, nn_error *err)
{
    const size_t row_n = w->outputs->row_n;
    size_t basin = 0;
    nn_status status = results_values_row(w->l, w->fd, w->path, w->outputs, run, w->row, err);
    if (status != NN_ok)
        return status;
    while (basin < *n &&
           (w->split[w->founder[basin]] != w->split[run] || !agree(w, w->row, w->founders + basin * row_n)))
        basin++;
    if (basin == *n) {
        if (!make_room(w, *n))
            return nn_fail(err, NN_memory, "not enough memory for %zu basins", *n);
        memcpy(w->founders + basin * row_n, w->row, row_n * sizeof *w->row);
        w->founder[basin] = run;
        ++*n;
    }
    w->basin[run] = (double)basin;
    return NN_ok;
}

static bool diagnosed(const basin_work *w, size_t run)
{
    return is_result(w->status[run]) && w->kind[run] != NN_ENDPOINT_none;
}

/* The runs of a cell follow each other. */
static nn_status place_runs(basin_work *w, nn_error *err)
{
    const layout *l = w->l;
    nn_status status = NN_ok;
    size_t n = 0;
    for (size_t run = 0; run < l->n_runs && status == NN_ok; run++) {
        n = run > 0 && l->runs[run].cell != l->runs[run - 1].cell ? 0 : n;
        w->basin[run] = NN_NAN;
        if (diagnosed(w, run))
            status = place_run(w, run, &n, err);
        w->n_basins[l->runs[run].cell] = (int32_t)n;
    }
    return status;
}

static nn_status write_field(const basin_work *w, const char *path, const void *values, nn_error *err)
{
    const field *f = &w->l->fields[results_layout_find(w->l, path)];
    return results_values_write(w->l, w->fd, w->path, f, values, err);
}

/* Writes the share of one kind in each cell, whose name in the file follows that of the number of basins. */
static nn_status write_share(const basin_work *w, int kind, nn_error *err)
{
    const layout *l = w->l;
    const field *f = &l->fields[results_layout_find(l, PATH_CELLS_BASINS) + kind];
    size_t run = 0;
    for (size_t c = 0; c < l->n_cells; c++) {
        double n = 0, so = 0;
        for (; run < l->n_runs && l->runs[run].cell == c; run++) {
            n += diagnosed(w, run);
            so += diagnosed(w, run) && w->kind[run] == kind;
        }
        w->share[c] = n > 0 ? so / n : NN_NAN;
    }
    return results_values_write(w->l, w->fd, w->path, f, w->share, err);
}

static nn_status read_column(const basin_work *w, const char *path, int32_t *out, nn_error *err)
{
    const field *f = &w->l->fields[results_layout_find(w->l, path)];
    return results_values_read(w->l, w->fd, w->path, f, out, err);
}

static nn_status find_and_write(basin_work *w, nn_error *err)
{
    nn_status status = read_column(w, PATH_RUNS_STATUS, w->status, err);
    if (status == NN_ok)
        status = read_column(w, PATH_RUNS_ENDPOINT, w->kind, err);
    if (status == NN_ok)
        status = read_column(w, PATH_DATA_SPLITS, w->split, err);
    if (status == NN_ok)
        status = place_runs(w, err);
    if (status == NN_ok)
        status = write_field(w, PATH_ENDPOINTS_BASIN, w->basin, err);
    if (status == NN_ok)
        status = write_field(w, PATH_CELLS_BASINS, w->n_basins, err);
    for (int kind = 1; kind < NN_N_ENDPOINT && status == NN_ok; kind++)
        status = write_share(w, kind, err);
    return status;
}

nn_status results_endpoints_write(const layout *l, int fd, const char *path, nn_error *err)
{
    const int at = results_layout_find(l, PATH_ENDPOINTS_OUTPUTS);
    const size_t n = l->n_runs + 1, cells = l->n_cells + 1;
    nn_status status;
    if (at == NO_FIELD)
        return NN_ok;
    basin_work w = {.l = l,
                    .fd = fd,
                    .path = path,
                    .outputs = &l->fields[at],
                    .tolerance = same_outputs * output_range(l),
                    .status = calloc(3 * n, sizeof *w.status),
                    .basin = calloc(n, sizeof *w.basin),
                    .n_basins = calloc(cells, sizeof *w.n_basins),
                    .share = calloc(cells, sizeof *w.share),
                    .row = calloc(l->fields[at].row_n + 1, sizeof *w.row)};
    if (w.status == NULL || w.basin == NULL || w.n_basins == NULL || w.share == NULL || w.row == NULL) {
        status = nn_fail(err, NN_memory, "not enough memory for the basins of %zu runs", l->n_runs);
    } else {
        w.kind = w.status + n;
        w.split = w.kind + n;
        status = find_and_write(&w, err);
    }
    free(w.status);
    free(w.basin);
    free(w.n_basins);
    free(w.share);
    free(w.row);
    free(w.founders);
    free(w.founder);
    return status;
}

/* Fills /plots at the end, from the rows of the finished runs and from /cells. Rows that have left the grid stand
 * behind its own and do not count. */
#include "results/layout.h"
#include "results/statistics.h"
#include <stdlib.h>
#include <string.h>

typedef struct plot_work {
    const layout *l;
    int fd;
    const char *path;
    int32_t *status; /* [n_runs] of the file */
    double *column;  /* [n_runs] a metric of each run */
    double *values;  /* [n_runs] the same, place by place */
} plot_work;

static nn_status no_memory(nn_error *err)
{
    return nn_fail(err, NN_memory, "not enough memory for the pictures of /plots");
}

static nn_status read_field(const plot_work *w, const char *path, void *out, nn_error *err)
{
    const field *f = &w->l->fields[layout_find(w->l, path)];
    return disk_read(w->fd, w->path, out, field_bytes(f), f->offset, err);
}

static nn_status write_field(const plot_work *w, const field *f, const void *values, nn_error *err)
{
    return disk_write(w->fd, w->path, values, field_bytes(f), f->offset, err);
}

static bool is_finished(const plot_work *w, size_t run)
{
    return w->status[run] == NN_RUN_done || w->status[run] == NN_RUN_diverged;
}

/* ---- along the axes of the grid ---- */

/* A metric of every run, or 0 and 1 for `solved`. */
static nn_status read_metric(const plot_work *w, const char *name, nn_error *err)
{
    char path[128] = "/runs/";
    const size_t n = w->l->n_runs;
    strncat(path, name, sizeof path - 8);
    nn_status status = read_field(w, path, w->column, err);
    const bool is_truth = w->l->fields[layout_find(w->l, path)].type == H5_U8;
    for (size_t i = n; status == NN_ok && is_truth && i-- > 0;) /* backwards: in its own place */
        w->column[i] = ((const uint8_t *)w->column)[i];
    return status;
}

/* Sorts the finished runs by place: starts[k] to starts[k + 1] of w->values are those of place k. */
static void sort_runs(const plot_work *w, const view *v, size_t n_places, size_t *starts)
{
    const grid *g = w->l->grid;
    memset(starts, 0, (n_places + 2) * sizeof *starts);
    for (size_t i = 0; i < g->n_runs; i++)
        if (is_finished(w, i) && v->place[g->runs[i].cell] != PLOT_NOWHERE)
            starts[v->place[g->runs[i].cell] + 2]++;
    for (size_t k = 1; k <= n_places; k++)
        starts[k + 1] += starts[k];
    for (size_t i = 0; i < g->n_runs; i++)
        if (is_finished(w, i) && v->place[g->runs[i].cell] != PLOT_NOWHERE)
            w->values[starts[v->place[g->runs[i].cell] + 1]++] = w->column[i];
}

/* The median over the finished runs of each place, of `solved` the mean: the share. */
static nn_status write_signal(const plot_work *w, const plot *p, size_t signal, nn_error *err)
{
    const view *v = &w->l->views[p->view];
    const field *f = &w->l->fields[p->first + signal];
    const bool share = p->row->signals[p->signals[signal]].index == PLOT_SOLVED;
    size_t *starts = malloc((f->n + 2) * sizeof *starts);
    double *result = malloc((f->n + 1) * sizeof *result);
    nn_status status = starts == NULL || result == NULL ? no_memory(err) : read_metric(w, f->name, err);
    if (status == NN_ok) {
        sort_runs(w, v, f->n, starts);
        for (size_t k = 0; k < f->n; k++) {
            const cell_stats stats = cell_statistics(w->values + starts[k], starts[k + 1] - starts[k]);
            result[k] = share ? stats.mean : stats.median;
        }
        status = write_field(w, f, result, err);
    }
    free(starts);
    free(result);
    return status;
}

/* ---- the best cells ---- */

typedef struct ranked {
    double mean;
    uint32_t cell;
} ranked;

/* NaN last; ties by cell. */
static int by_mean(const void *a, const void *b)
{
    const ranked *p = a, *q = b;
    if (isnan(p->mean) || isnan(q->mean))
        return isnan(p->mean) - isnan(q->mean);
    return p->mean != q->mean ? (p->mean < q->mean ? -1 : 1) : (p->cell > q->cell) - (p->cell < q->cell);
}

/* By the mean that `show` sorts by. */
static nn_status rank_cells(const plot_work *w, bool validation, int32_t *best, size_t n, nn_error *err)
{
    const size_t n_cells = w->l->grid->n_cells;
    double *means = malloc((w->l->n_cells + 1) * sizeof *means);
    ranked *order = malloc((n_cells + 1) * sizeof *order);
    nn_status status = means == NULL || order == NULL ? no_memory(err) : NN_ok;
    if (status == NN_ok)
        status = read_field(
            w, validation ? "/cells/best_validation_loss_mean" : "/cells/best_train_loss_mean", means, err);
    for (size_t c = 0; status == NN_ok && c < n_cells; c++)
        order[c] = (ranked){means[c], (uint32_t)c};
    if (status == NN_ok)
        qsort(order, n_cells, sizeof *order, by_mean);
    for (size_t i = 0; status == NN_ok && i < n; i++)
        best[i] = (int32_t)order[i].cell;
    free(means);
    free(order);
    return status;
}

/* Mean at each epoch over the finished runs of the cell that have a number there. row: [n_epochs] scratch. */
static nn_status mean_curve(const plot_work *w, const field *curve, size_t cell, double *row, uint32_t *n,
                            double *mean, nn_error *err)
{
    const layout *l = w->l;
    nn_status status = NN_ok;
    memset(n, 0, l->n_epochs * sizeof *n);
    memset(mean, 0, l->n_epochs * sizeof *mean);
    for (size_t i = 0; i < l->grid->n_runs && status == NN_ok; i++) {
        if (l->grid->runs[i].cell != cell || !is_finished(w, i))
            continue;
        status = disk_read(w->fd, w->path, row, field_row_bytes(curve), field_offset(l, curve, i), err);
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
    bool validation = false;
    for (size_t s = 0; s < p->n; s++)
        validation |= p->row->signals[p->signals[s]].index == NN_CURVE_validation_loss;
    nn_status status =
        means == NULL || n == NULL ? no_memory(err) : rank_cells(w, validation, best, cells->n, err);
    for (size_t s = 0; s < p->n && status == NN_ok; s++) {
        char path[128] = "/curves/";
        strncat(path, first[s].name, sizeof path - 10);
        const field *curve = &l->fields[layout_find(l, path)];
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

nn_status plots_write(const layout *l, int fd, const char *path, nn_error *err)
{
    const size_t n = l->n_runs + 1;
    plot_work w = {.l = l,
                   .fd = fd,
                   .path = path,
                   .status = malloc(n * sizeof *w.status),
                   .column = malloc(n * sizeof *w.column),
                   .values = malloc(n * sizeof *w.values)};
    nn_status status = w.status == NULL || w.column == NULL || w.values == NULL
                           ? no_memory(err)
                           : read_field(&w, "/runs/status", w.status, err);
    for (size_t i = 0; i < l->n_plots && status == NN_ok; i++) {
        const plot *p = &l->plots[i];
        if (p->row->kind == PLOT_BEST)
            status = write_best(&w, p, err);
        for (size_t s = 0; s < p->n && status == NN_ok && p->row->kind != PLOT_BEST; s++)
            status = write_signal(&w, p, s, err);
    }
    free(w.status);
    free(w.column);
    free(w.values);
    return status;
}

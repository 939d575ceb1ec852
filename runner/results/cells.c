/* Computes the statistics of the cells from the rows in the file, and writes them. */
#include "results/cells.h"
#include "results/disk.h"
#include "results/fields.h"
#include "results/names.h"
#include "results/statistics.h"
#include <stdlib.h>
#include <string.h>

/* The columns from which the statistics are computed. */
typedef struct cell_work {
    const layout *l;
    int fd;
    const char *path;
    int32_t *status; /* [n_runs] */
    uint8_t *solved; /* [n_runs] */
    double *column;  /* [n_runs] of a metric */
    double *values;  /* [n_runs] the values of the finished runs of a cell */
    double *result;  /* [N_CELL_STATS][n_cells] */
    int32_t *counts; /* [2][n_cells] finished, solved */
} cell_work;

static nn_status read_field(const cell_work *w, const field *f, void *out, nn_error *err)
{
    return results_disk_read(w->fd, w->path, out, field_bytes(f), f->offset, err);
}

static nn_status write_field(const cell_work *w, const char *path, const void *values, nn_error *err)
{
    int at = results_layout_find(w->l, path);
    if (at == NO_FIELD)
        return NN_ok;
    const field *f = &w->l->fields[at];
    return results_disk_write(w->fd, w->path, values, field_bytes(f), f->offset, err);
}

/* ---- metrics ---- */

/* The runs of a cell follow each other. */
static void metric_of_cells(const cell_work *w)
{
    const layout *l = w->l;
    size_t run = 0;
    for (size_t c = 0; c < l->n_cells; c++) {
        size_t n = 0;
        for (; run < l->n_runs && l->runs[run].cell == c; run++)
            if (is_result(w->status[run]))
                w->values[n++] = w->column[run];
        const cell_stats stats = results_statistics(w->values, n);
        for (size_t s = 0; s < N_CELL_STATS; s++)
            w->result[s * l->n_cells + c] = results_statistic(&stats, (int)s);
    }
}

/* The statistics of a metric are fields that follow each other; `first` is the first of them. */
static nn_status write_metric(const cell_work *w, const field *metric, const field *first, nn_error *err)
{
    nn_status status = read_field(w, metric, w->column, err);
    if (status != NN_ok)
        return status;
    metric_of_cells(w);
    for (size_t s = 0; s < N_CELL_STATS && status == NN_ok; s++)
        status = results_disk_write(w->fd, w->path, w->result + s * w->l->n_cells, field_bytes(&first[s]),
                                    first[s].offset, err);
    return status;
}

static nn_status write_metrics(const cell_work *w, nn_error *err)
{
    const field *stats = &w->l->fields[w->l->cell_stats];
    nn_status status = NN_ok;
    for (size_t i = 0; i < w->l->n_fields && status == NN_ok; i++) {
        const field *f = &w->l->fields[i];
        if (f->put == results_put_metric)
            status = write_metric(w, f, stats + (size_t)f->index * N_CELL_STATS, err);
    }
    return status;
}

/* ---- counts ---- */

static void count_runs(const cell_work *w)
{
    const layout *l = w->l;
    for (size_t i = 0; i < l->n_runs; i++) {
        const size_t cell = l->runs[i].cell;
        w->counts[cell] += is_result(w->status[i]);
        w->counts[l->n_cells + cell] += is_result(w->status[i]) && w->solved[i];
    }
}

static nn_status write_counts(const cell_work *w, nn_error *err)
{
    const size_t n_cells = w->l->n_cells;
    double *low = w->result, *high = w->result + n_cells;
    for (size_t c = 0; c < n_cells; c++)
        results_wilson_interval((size_t)w->counts[n_cells + c], (size_t)w->counts[c], &low[c], &high[c]);
    nn_status status = write_field(w, PATH_CELLS_N, w->counts, err);
    if (status == NN_ok)
        status = write_field(w, PATH_CELLS_SOLVED, w->counts + n_cells, err);
    if (status == NN_ok)
        status = write_field(w, PATH_CELLS_LOW, low, err);
    if (status == NN_ok)
        status = write_field(w, PATH_CELLS_HIGH, high, err);
    for (size_t c = 0; c < n_cells; c++)
        low[c] = results_restarts_needed((size_t)w->counts[n_cells + c], (size_t)w->counts[c]);
    return status == NN_ok ? write_field(w, PATH_CELLS_RESTARTS, low, err) : status;
}

static nn_status write_all(cell_work *w, nn_error *err)
{
    const int solved = results_layout_find(w->l, PATH_RUNS_SOLVED);
    nn_status status = read_field(w, &w->l->fields[w->l->status], w->status, err);
    if (status == NN_ok && solved != NO_FIELD)
        status = read_field(w, &w->l->fields[solved], w->solved, err);
    if (status != NN_ok)
        return status;
    count_runs(w);
    status = write_counts(w, err);
    return status == NN_ok ? write_metrics(w, err) : status;
}

nn_status results_cells_write(const layout *l, int fd, const char *path, nn_error *err)
{
    const size_t n = l->n_runs + 1, cells = l->n_cells + 1;
    cell_work w = {.l = l,
                   .fd = fd,
                   .path = path,
                   .status = calloc(n, sizeof *w.status),
                   .solved = calloc(n, sizeof *w.solved),
                   .column = calloc(n, sizeof *w.column),
                   .values = calloc(n, sizeof *w.values),
                   .result = calloc(cells * N_CELL_STATS, sizeof *w.result),
                   .counts = calloc(cells * 2, sizeof *w.counts)};
    nn_status status = NN_ok;
    if (!w.status || !w.solved || !w.column || !w.values || !w.result || !w.counts)
        status = nn_fail(err, NN_memory, "not enough memory for the statistics of %zu cells", l->n_cells);
    else
        status = write_all(&w, err);
    free(w.status);
    free(w.solved);
    free(w.column);
    free(w.values);
    free(w.result);
    free(w.counts);
    return status;
}

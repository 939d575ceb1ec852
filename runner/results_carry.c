/* Takes finished rows of a file over into the file of a grid that has changed, and makes rows pending again. */
#include "results_internal.h"
#include <stdlib.h>
#include <string.h>

/* ---- which rows belong together ---- */

typedef struct keyed {
    uint64_t key, record_key;
    size_t row;
} keyed;

static int by_keys(const void *a, const void *b)
{
    const keyed *p = a, *q = b;
    if (p->key != q->key)
        return p->key < q->key ? -1 : 1;
    return (p->record_key > q->record_key) - (p->record_key < q->record_key);
}

static int by_key(const void *a, const void *b)
{
    const keyed *p = a, *q = b;
    return (p->key > q->key) - (p->key < q->key);
}

static bool is_result(int32_t status)
{
    return status == NN_RUN_done || status == NN_RUN_diverged;
}

static keyed *sorted_rows(const stored *s)
{
    keyed *rows = malloc((s->n_runs + 1) * sizeof *rows);
    if (rows == NULL)
        return NULL;
    for (size_t i = 0; i < s->n_runs; i++)
        rows[i] = (keyed){s->key[i], s->record_key[i], i};
    qsort(rows, s->n_runs, sizeof *rows, by_keys);
    return rows;
}

static keyed *sorted_runs(const grid *g)
{
    keyed *runs = malloc((g->n_runs + 1) * sizeof *runs);
    if (runs == NULL)
        return NULL;
    for (size_t i = 0; i < g->n_runs; i++)
        runs[i] = (keyed){g->runs[i].key, g->runs[i].record_key, i};
    qsort(runs, g->n_runs, sizeof *runs, by_keys);
    return runs;
}

static standing stand_of_row(const stored *s, size_t row)
{
    standing stands = {.row = (int64_t)row, .status = NN_RUN_pending};
    const int32_t status = s->status[row];
    if (status == NN_RUN_pending)
        return stands;
    stands.damaged = status < 0 || status >= NN_N_RUN_STATUS || !stored_holds(s, row);
    if (!stands.damaged)
        stands.status = (nn_run_status)status;
    return stands;
}

static void count(const standing *stands, results_survey *survey)
{
    survey->n_finished += is_result((int32_t)stands->status);
    survey->n_failed += stands->status == NN_RUN_failed;
    survey->n_pending += stands->status == NN_RUN_pending;
    survey->n_damaged += stands->damaged;
}

/* Is there a finished row of the same trajectory, recorded otherwise? */
static bool recorded_otherwise(const stored *s, const keyed *rows, const keyed *run)
{
    const keyed *found = bsearch(run, rows, s->n_runs, sizeof *rows, by_key);
    if (found == NULL)
        return false;
    while (found > rows && found[-1].key == run->key)
        found--;
    for (; found < rows + s->n_runs && found->key == run->key; found++)
        if (is_result(s->status[found->row]))
            return true;
    return false;
}

/* Is it a finished row, whole, whose point the grid no longer has? */
static bool leaves(const stored *s, size_t row, const grid *g, const keyed *runs)
{
    const keyed key = {s->key[row], s->record_key[row], row};
    return is_result(s->status[row]) && bsearch(&key, runs, g->n_runs, sizeof *runs, by_key) == NULL &&
           stored_holds(s, row);
}

typedef struct placed_run {
    int64_t row;
    size_t run;
} placed_run;

static int by_row(const void *a, const void *b)
{
    const placed_run *p = a, *q = b;
    return (p->row > q->row) - (p->row < q->row);
}

/* The runs that have a row, in the order of their rows: so a compact file is unpacked once. NULL: no memory.
 */
static placed_run *in_file_order(const standing *standings, size_t n_runs, size_t *n)
{
    placed_run *order = malloc((n_runs + 1) * sizeof *order);
    *n = 0;
    for (size_t i = 0; order != NULL && i < n_runs; i++)
        if (standings[i].row >= 0)
            order[(*n)++] = (placed_run){standings[i].row, i};
    if (order != NULL)
        qsort(order, *n, sizeof *order, by_row);
    return order;
}

/* Finds the row of each run, without a look into it. */
static void find_rows(const grid *g, const stored *s, const keyed *rows, standing *standings,
                      results_survey *survey)
{
    for (size_t i = 0; i < g->n_runs; i++) {
        const keyed want = {g->runs[i].key, g->runs[i].record_key, i};
        const keyed *found = bsearch(&want, rows, s->n_runs, sizeof *rows, by_keys);
        standings[i] = (standing){.row = found != NULL ? (int64_t)found->row : -1};
        survey->n_recorded_otherwise += found == NULL && recorded_otherwise(s, rows, &want);
    }
}

nn_status stand_of(const grid *g, const stored *s, standing *standings, results_survey *survey, nn_error *err)
{
    keyed *rows = sorted_rows(s), *runs = sorted_runs(g);
    placed_run *order = NULL;
    size_t n = 0;
    nn_status status = NN_ok;
    if (rows != NULL && runs != NULL) {
        find_rows(g, s, rows, standings, survey);
        order = in_file_order(standings, g->n_runs, &n);
    }
    if (order == NULL) {
        status = nn_fail(err, NN_memory, "not enough memory to compare %s with the grid", s->path);
        goto done;
    }
    for (size_t i = 0; i < n; i++)
        standings[order[i].run] = stand_of_row(s, (size_t)order[i].row);
    for (size_t i = 0; i < g->n_runs; i++)
        count(&standings[i], survey);
    for (size_t i = 0; i < s->n_runs; i++)
        survey->n_leaving += leaves(s, i, g, runs);
done:
    free(rows);
    free(runs);
    free(order);
    return status;
}

/* ---- copying ---- */

/* The column of a stored file for each field of a layout, or NULL. */
static const stored_column **match_columns(const layout *l, const stored *s)
{
    const stored_column **columns = calloc(l->n_fields + 1, sizeof *columns);
    for (size_t i = 0; columns != NULL && i < l->n_fields; i++)
        for (size_t k = 0; l->fields[i].put != NULL && k < s->n_columns; k++)
            if (strcmp(l->fields[i].path, s->columns[k].path) == 0)
                columns[i] = &s->columns[k];
    return columns;
}

/* Another grid can have other epochs beside those of this run. */
static void copy_curve(const layout *l, const stored *s, const unsigned char *from, double *to)
{
    for (size_t i = 0, at = 0; i < l->n_epochs; i++) {
        while (at < s->n_epochs && s->epochs[at] < l->epochs[i])
            at++;
        if (at < s->n_epochs && s->epochs[at] == l->epochs[i])
            memcpy(&to[i], from + at * sizeof *to, sizeof *to);
    }
}

/* Weights are float64 only where a run of their shape needs it: from one to the other, a run's own are exact.
 */
static void copy_converted(const field *f, h5_type stored_type, const unsigned char *from, void *to)
{
    for (size_t i = 0; i < f->row_n; i++) {
        float narrow = 0;
        double wide = 0;
        if (stored_type == H5_F32) {
            memcpy(&narrow, from + i * sizeof narrow, sizeof narrow);
            ((double *)to)[i] = isnan(narrow) ? NN_NAN : (double)narrow;
        } else {
            memcpy(&wide, from + i * sizeof wide, sizeof wide);
            ((float *)to)[i] = (float)wide;
        }
    }
}

static bool is_real(h5_type type)
{
    return type == H5_F32 || type == H5_F64;
}

/* False: the file has the row, but it cannot be read. */
static bool copy_field(const layout *l, const field *f, const stored *s, const stored_column *c, size_t row,
                       void *to)
{
    if (c == NULL || !stored_has(s, c, row))
        return true;
    const unsigned char *from = stored_row(s, c, row);
    const size_t stored_n = c->row_bytes / h5_type_bytes(c->place.type);
    if (from == NULL)
        return false;
    if (f->put == put_curve && c->place.type == H5_F64 && stored_n == s->n_epochs)
        copy_curve(l, s, from, to);
    else if (f->put != put_curve && stored_n == f->row_n && c->place.type == f->type)
        memcpy(to, from, c->row_bytes);
    else if (f->put != put_curve && stored_n == f->row_n && is_real(c->place.type) && is_real(f->type))
        copy_converted(f, c->place.type, from, to);
    return true;
}

/* Rows that one thread writes, one after the other. */
typedef struct row_writer {
    int fd;
    const char *path;
    row_batch *batch;
} row_writer;

/* A row to be filled and sealed; what was filled before is written where there is no room. */
static nn_status rows_next(row_writer *w, size_t run, double seconds, unsigned char **row, nn_error *err)
{
    *row = batch_add(w->batch, run, seconds);
    if (*row != NULL)
        return NN_ok;
    const nn_status status = batches_store(&w->batch, 1, w->fd, w->path, err);
    if (status != NN_ok)
        return status;
    batch_empty(w->batch);
    *row = batch_add(w->batch, run, seconds);
    return NN_ok;
}

/* A field that the file does not have stays as in an empty row. */
static bool copy_fields(const layout *l, const row_plan *plan, const stored *s, const stored_column **columns,
                        size_t row, unsigned char *to)
{
    bool read = true;
    for (size_t i = 0; i < plan->n && read; i++) {
        const field *f = plan->fields[i];
        read = copy_field(l, f, s, columns[f - l->fields], row, to + f->row_at);
    }
    return read;
}

static nn_status carry_row(const layout *l, row_writer *w, const stored *s, const stored_column **columns,
                           size_t run, size_t row, nn_error *err)
{
    const row_source empty = {.run = run, .status = NN_RUN_pending, .reason = NN_REASON_none};
    const net_shape *net = net_of_run(l, run);
    unsigned char *to;
    nn_status status = rows_next(w, run, s->seconds[row], &to, err);
    if (status != NN_ok)
        return status;
    row_encode(l, &empty, to);
    if (!copy_fields(l, &l->row, s, columns, row, to) ||
        (net != NULL && !copy_fields(l, &net->row, s, columns, row, to)))
        return nn_fail(err, NN_file,
                       "%s: cannot read row %zu again; nothing in it is changed: run the same command again",
                       s->path, row);
    batch_seal(w->batch);
    return NN_ok;
}

nn_status carry_rows(const layout *l, int fd, const char *path, const stored *s, const standing *standings,
                     nn_error *err)
{
    const stored_column **columns = match_columns(l, s);
    row_writer w = {.fd = fd, .path = path};
    size_t n = 0;
    placed_run *order = in_file_order(standings, l->grid->n_runs, &n);
    nn_status status = columns == NULL || order == NULL ? nn_fail(err, NN_memory, "not enough memory")
                                                        : batch_new(l, &w.batch, err);
    for (size_t i = 0; i < n && status == NN_ok; i++)
        if (standings[order[i].run].status != NN_RUN_pending)
            status = carry_row(l, &w, s, columns, order[i].run, (size_t)order[i].row, err);
    if (status == NN_ok)
        status = batches_store(&w.batch, 1, fd, path, err);
    batch_free(w.batch);
    free(columns);
    free(order);
    return status;
}

/* ---- back to pending ---- */

/* `status` goes back first: a reader never takes the row for a finished one while it is emptied. */
static nn_status reset_row(const layout *l, row_writer *w, size_t run, nn_error *err)
{
    const int32_t pending = NN_RUN_pending;
    const row_source empty = {.run = run, .status = NN_RUN_pending, .reason = NN_REASON_none};
    unsigned char *row;
    nn_status status = disk_write(w->fd, w->path, &pending, sizeof pending,
                                  field_offset(l, &l->fields[l->status], run), err);
    if (status == NN_ok)
        status = rows_next(w, run, NN_NAN, &row, err);
    if (status != NN_ok)
        return status;
    row_encode(l, &empty, row);
    batch_seal(w->batch);
    return NN_ok;
}

nn_status reset_rows(const layout *l, int fd, const char *path, const stored *s, const standing *standings,
                     nn_error *err)
{
    row_writer w = {.fd = fd, .path = path};
    nn_status status = batch_new(l, &w.batch, err);
    for (size_t i = 0; i < l->grid->n_runs && status == NN_ok; i++)
        if (standings[i].damaged || s->status[i] != (int32_t)standings[i].status)
            status = reset_row(l, &w, i, err);
    if (status == NN_ok)
        status = batches_store(&w.batch, 1, fd, path, err);
    batch_free(w.batch);
    return status;
}

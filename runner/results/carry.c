/* Takes finished rows of a file over into the file of a grid that has changed, and makes rows pending again. */
#include "results/carry.h"
#include "results/disk.h"
#include "results/fields.h"
#include "results/write.h"
#include <stdlib.h>
#include <string.h>

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
static bool copy_field(const layout *l, const field *f, const stored *s, const stored_column *c, size_t row, void *to)
{
    if (c == NULL || !reader_stored_has(s, c, row))
        return true;
    const unsigned char *from = reader_stored_row(s, c, row);
    const size_t stored_n = c->row_bytes / h5_type_bytes(c->place.type);
    if (from == NULL)
        return false;
    if (f->put == results_put_curve && c->place.type == H5_F64 && stored_n == s->n_epochs)
        copy_curve(l, s, from, to);
    else if (f->put != results_put_curve && stored_n == f->row_n && c->place.type == f->type)
        memcpy(to, from, c->row_bytes);
    else if (f->put != results_put_curve && stored_n == f->row_n && is_real(c->place.type) && is_real(f->type))
        copy_converted(f, c->place.type, from, to);
    return true;
}

static nn_status unreadable(const stored *s, size_t row, nn_error *err)
{
    return nn_fail(err, NN_file, "%s: cannot read row %zu again; nothing in it is changed: run the same command again",
                   s->path, row);
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
    *row = results_batch_add(w->batch, run, seconds);
    if (*row != NULL)
        return NN_ok;
    const nn_status status = results_batches_store(&w->batch, 1, w->fd, w->path, err);
    if (status != NN_ok)
        return status;
    results_batch_empty(w->batch);
    *row = results_batch_add(w->batch, run, seconds);
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

/* A row in the making. */
typedef struct carrier {
    const layout *l;
    const stored *s;
    const stored_column **columns; /* [n_fields] */
    row_writer writer;
    recompute *maker;
} carrier;

/* Whether a run is solved follows from its metrics and what `success` asks for today. */
static void judge(const layout *l, unsigned char *row)
{
    double metrics[NN_N_METRIC];
    uint8_t *solved = NULL;
    for (size_t i = 0; i < l->row.n; i++) {
        const field *f = l->row.fields[i];
        if (f->put == results_put_metric)
            memcpy(&metrics[f->index], row + f->row_at, sizeof metrics[0]);
        else if (f->put == results_put_solved)
            solved = row + f->row_at;
    }
    if (solved != NULL)
        *solved = grid_solved(l->grid, metrics);
}

static nn_status next_row(carrier *c, size_t run, size_t row, unsigned char **to, nn_error *err)
{
    return rows_next(&c->writer, run, c->s->seconds[row], to, err);
}

/* A row as it is, in the columns of another layout. */
static nn_status copy_row(carrier *c, size_t run, size_t row, nn_error *err)
{
    const layout *l = c->l;
    const row_source empty = {.run = run, .status = NN_RUN_pending, .reason = NN_REASON_none};
    const net_shape *net = net_of_run(l, run);
    unsigned char *to;
    nn_status status = next_row(c, run, row, &to, err);
    if (status != NN_ok)
        return status;
    results_row_encode(l, &empty, to);
    if (!copy_fields(l, &l->row, c->s, c->columns, row, to) ||
        (net != NULL && !copy_fields(l, &net->row, c->s, c->columns, row, to)))
        return unreadable(c->s, row, err);
    if (c->s->status[row] != NN_RUN_failed)
        judge(l, to);
    results_batch_seal(c->writer.batch);
    return NN_ok;
}

/* What the grid asks for now, from the row of a run that was observed otherwise; the weights are the same. */
static nn_status make_row(carrier *c, size_t run, size_t row, nn_error *err)
{
    const layout *l = c->l;
    const net_shape *net = net_of_run(l, run);
    nn_outcome o;
    unsigned char *to;
    nn_status status = next_row(c, run, row, &to, err);
    if (status != NN_ok)
        return status;
    if (!results_recompute_row(c->maker, run, row, &o))
        return nn_fail(err, NN_memory, "not enough memory to compute run %zu anew", run);
    results_row_encode(l, &(row_source){.run = run, .status = o.status, .reason = o.reason, .outcome = &o}, to);
    for (size_t i = 0; net != NULL && i < net->row.n; i++) {
        const field *f = net->row.fields[i];
        if (l->grid->recording.keep[f->index] &&
            !copy_field(l, f, c->s, c->columns[f - l->fields], row, to + f->row_at))
            return unreadable(c->s, row, err);
    }
    results_batch_seal(c->writer.batch);
    return NN_ok;
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

/* The rows that are taken over, in the order of the file: so a compact one is unpacked once. NULL: no memory. */
static placed_run *in_file_order(const layout *l, const standing *standings, size_t *n)
{
    const size_t n_own = l->grid->n_runs;
    placed_run *order = malloc((l->n_runs + 1) * sizeof *order);
    *n = 0;
    for (size_t i = 0; order != NULL && i < l->n_runs; i++)
        if (i >= n_own)
            order[(*n)++] = (placed_run){(int64_t)l->left->rows[i - n_own], i};
        else if (standings[i].row >= 0 && standings[i].status != NN_RUN_pending)
            order[(*n)++] = (placed_run){standings[i].row, i};
    if (order != NULL)
        qsort(order, *n, sizeof *order, by_row);
    return order;
}

static nn_status carry_all(carrier *c, const standing *standings, nn_error *err)
{
    size_t n = 0;
    placed_run *order = in_file_order(c->l, standings, &n);
    nn_status status = order == NULL ? nn_fail(err, NN_memory, "not enough memory") : NN_ok;
    for (size_t i = 0; i < n && status == NN_ok; i++) {
        const size_t run = order[i].run;
        const bool anew = run < c->l->grid->n_runs && standings[run].recompute;
        status = (anew ? make_row : copy_row)(c, run, (size_t)order[i].row, err);
    }
    free(order);
    return status == NN_ok ? results_batches_store(&c->writer.batch, 1, c->writer.fd, c->writer.path, err) : status;
}

nn_status results_carry(const layout *l, int fd, const char *path, const stored *s, const standing *standings,
                        nn_error *err)
{
    carrier c = {.l = l, .s = s, .columns = match_columns(l, s), .writer = {.fd = fd, .path = path}};
    nn_status status =
        c.columns == NULL ? nn_fail(err, NN_memory, "not enough memory") : results_batch_new(l, &c.writer.batch, err);
    if (status == NN_ok)
        status = results_recompute_new(l->grid, l->data, s, &c.maker, err);
    if (status == NN_ok)
        status = carry_all(&c, standings, err);
    results_recompute_free(c.maker);
    results_batch_free(c.writer.batch);
    free(c.columns);
    return status;
}

/* ---- back to pending ---- */

/* `status` goes back first: a reader never takes the row for a finished one while it is emptied. */
static nn_status reset_row(const layout *l, row_writer *w, size_t run, nn_error *err)
{
    const int32_t pending = NN_RUN_pending;
    const row_source empty = {.run = run, .status = NN_RUN_pending, .reason = NN_REASON_none};
    unsigned char *row;
    nn_status status =
        results_disk_write(w->fd, w->path, &pending, sizeof pending, field_offset(l, &l->fields[l->status], run), err);
    if (status == NN_ok)
        status = rows_next(w, run, NN_NAN, &row, err);
    if (status != NN_ok)
        return status;
    results_row_encode(l, &empty, row);
    results_batch_seal(w->batch);
    return NN_ok;
}

nn_status results_reset_rows(const layout *l, int fd, const char *path, const stored *s, const standing *standings,
                             nn_error *err)
{
    row_writer w = {.fd = fd, .path = path};
    nn_status status = results_batch_new(l, &w.batch, err);
    for (size_t i = 0; i < l->grid->n_runs && status == NN_ok; i++)
        if (standings[i].damaged || s->status[i] != (int32_t)standings[i].status)
            status = reset_row(l, &w, i, err);
    if (status == NN_ok)
        status = results_batches_store(&w.batch, 1, fd, path, err);
    results_batch_free(w.batch);
    return status;
}

/* Copies rows from one layout to another, recomputes those whose recording has changed, and empties rows. */
#include "results/carry.h"
#include "results/disk.h"
#include "results/endpoints.h"
#include "results/fields.h"
#include "results/write.h"
#include <stdlib.h>
#include <string.h>

/* The column of the stored file for each field of the layout, or NULL. */
static const stored_column **match_columns(const layout *l, const stored *s)
{
    const stored_column **columns = calloc(l->n_fields + 1, sizeof *columns);
    for (size_t i = 0; columns != NULL && i < l->n_fields; i++)
        columns[i] = l->fields[i].put == NULL ? NULL : reader_stored_column(s, l->fields[i].path);
    return columns;
}

/* Copies `n` numbers of each epoch. The two files may have different epochs, of other runs. */
static void copy_epochs(const layout *l, const stored *s, size_t n, const unsigned char *from, double *to)
{
    for (size_t i = 0, at = 0; i < l->n_epochs; i++) {
        while (at < s->n_epochs && s->epochs[at] < l->epochs[i])
            at++;
        if (at < s->n_epochs && s->epochs[at] == l->epochs[i])
            memcpy(to + i * n, from + at * n * sizeof *to, n * sizeof *to);
    }
}

/* Weights are float64 where any run of their shape is trained in it, so converting those of a run loses nothing. */
static void copy_converted(h5_type stored_type, const unsigned char *from, size_t n, void *to)
{
    for (size_t i = 0; i < n; i++) {
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

/* The numbers of a row: lines of a width. */
typedef struct row_lines {
    size_t n, width;
} row_lines;

static row_lines lines_of(const layout *l, const field *f)
{
    const size_t width = f->n_dims > 1 ? l->fields[f->dims[f->n_dims - 1]].length : 1;
    return (row_lines){width > 0 ? f->row_n / width : 0, width};
}

static row_lines lines_stored(const stored_column *c)
{
    const h5_place *p = &c->place;
    return (row_lines){p->n_dims > 2 ? p->dims[1] : 1, p->n_dims > 1 ? p->dims[p->n_dims - 1] : 1};
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Copies the lines that both have, as far as both have them. What a row of its own grid does not need is NaN, so that
 * lines of another width are neither lost nor mixed up when the width follows other runs of the grid. */
static void copy_lines(const layout *l, const field *f, const stored_column *c, const unsigned char *from, char *to)
{
    const row_lines own = lines_of(l, f), old = lines_stored(c);
    const size_t width = smaller(own.width, old.width), bytes = h5_type_bytes(f->type),
                 old_bytes = h5_type_bytes(c->place.type);
    for (size_t i = 0; i < own.n && i < old.n; i++, from += old.width * old_bytes, to += own.width * bytes)
        if (c->place.type == f->type)
            memcpy(to, from, width * bytes);
        else if (is_real(c->place.type) && is_real(f->type))
            copy_converted(c->place.type, from, width, to);
}

/* False: the row cannot be read. */
static bool copy_field(const layout *l, const field *f, const stored *s, const stored_column *c, size_t row, void *to)
{
    if (c == NULL || !reader_stored_has(s, c, row))
        return true;
    const unsigned char *from = reader_stored_row(s, c, row);
    const size_t stored_n = c->row_bytes / h5_type_bytes(c->place.type);
    if (from == NULL)
        return false;
    const bool along = f->put == results_put_curve || f->put == results_put_path;
    const size_t n = along && l->n_epochs > 0 ? f->row_n / l->n_epochs : 0;
    if (along && c->place.type == H5_F64 && stored_n == s->n_epochs * n)
        copy_epochs(l, s, n, from, to);
    else if (!along && c->place.n_dims == f->n_dims)
        copy_lines(l, f, c, from, to);
    return true;
}

static nn_status unreadable(const stored *s, size_t row, nn_error *err)
{
    return nn_fail(err, NN_file, "%s: cannot read row %zu again; nothing in it is changed: run the same command again",
                   s->file.path, row);
}

/* A field that the stored file does not have keeps the value of an empty row. */
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

/* What is needed to carry rows over. */
typedef struct carrier {
    const layout *l;
    const stored *s;
    const stored_column **columns; /* [n_fields] */
    row_batch *batch;
    int fd; /* where it is written to */
    const char *path;
    recompute *maker;
} carrier;

static void renew_metrics(const carrier *c, const nn_outcome *o, unsigned char *to)
{
    const double none = NN_NAN;
    for (size_t i = 0; i < c->l->row.n; i++) {
        const field *f = c->l->row.fields[i];
        if (f->put == results_put_metric &&
            (c->columns[f - c->l->fields] == NULL || nn_metric_rows[f->index].of_curves))
            memcpy(to + f->row_at, o != NULL ? &o->metrics[f->index] : &none, sizeof none);
    }
}

/* The place in a row of a metric or curve; NULL: the layout has none. */
static double *place_in_row(const layout *l, put_function *put, int index, unsigned char *row)
{
    for (size_t i = 0; i < l->row.n; i++)
        if (l->row.fields[i]->put == put && l->row.fields[i]->index == index)
            return (double *)(void *)(row + l->row.fields[i]->row_at);
    return NULL;
}

/* Older programs took 1 - error for an accuracy, which may be a bit off. */
static void recount(const carrier *c, size_t row, unsigned char *to)
{
    for (size_t i = 0; i < c->l->row.n; i++) {
        const field *f = c->l->row.fields[i];
        const bool is_curve =
            f->put == results_put_curve && f->index < NN_N_CURVE && nn_curve_rows[f->index].what == NN_ACCURACY_CURVE;
        if (!is_curve && (f->put != results_put_metric || nn_metric_rows[f->index].error == 0))
            continue;
        const nn_part part = is_curve ? nn_curve_rows[f->index].part : nn_metric_rows[f->index].part;
        const int of = is_curve ? reader_error_curve(part) : nn_metric_rows[f->index].error;
        const double *errors = place_in_row(c->l, f->put, of, to);
        double *values = (double *)(void *)(to + f->row_at);
        for (size_t k = 0; errors != NULL && k < f->row_n; k++)
            if (!isnan(values[k]))
                values[k] = nn_accuracy(errors[k], reader_counts_of(&c->s->counts, row, part));
    }
}

/* The record of a rule by the curves of the outcome. */
static nn_stop_record observe(const nn_outcome *o, const nn_stop_rule *rule)
{
    nn_outcome with_rule = *o;
    nn_stop_record record;
    with_rule.stops = &record;
    nn_observe(&with_rule, &(nn_stopping){.n_rules = 1, .rules = rule});
    return record;
}

/* `epoch` is the first column of a rule. It is NaN where the run was not under the rule. */
static void renew_stops(const carrier *c, const nn_outcome *o, unsigned char *to)
{
    nn_stop_record record = {0};
    bool under_it = false;
    for (size_t i = 0; i < c->l->row.n; i++) {
        const field *f = c->l->row.fields[i];
        if (f->put != results_put_stop)
            continue;
        if (results_is_rule(f)) {
            memcpy(&record.epoch, to + f->row_at, sizeof record.epoch);
            under_it = !isnan(record.epoch);
            if (under_it && o != NULL)
                record = observe(o, &c->l->rules[f->index]);
            record.fired = record.epoch >= 0;
        }
        if (under_it && (o != NULL || f->detail == offsetof(nn_stop_record, fired)))
            memcpy(to + f->row_at, (const char *)&record + f->detail, sizeof(double));
    }
}

/* Gives a row of an older file the columns that it lacks, and those of curves, whose meaning may have changed, from its
 * curves; NaN where these do not say. */
static void renew(const carrier *c, size_t run, size_t row, unsigned char *to)
{
    nn_hyper h;
    nn_outcome o;
    results_layout_cell(c->l, c->l->runs[run].cell, &h);
    const bool known = results_recompute_stored(c->maker, row, h.epochs, &o);
    recount(c, row, to);
    renew_metrics(c, known ? &o : NULL, to);
    renew_stops(c, known ? &o : NULL, to);
}

/* Sets `solved` and `endpoint` of a done run from the metrics and from what the grid asks for now; no other run has them. */
static void set_solved(const layout *l, int32_t status, unsigned char *row)
{
    double metrics[NN_N_METRIC];
    uint8_t *solved = NULL;
    int32_t *endpoint = NULL;
    for (size_t i = 0; i < l->row.n; i++) {
        const field *f = l->row.fields[i];
        if (f->put == results_put_metric)
            memcpy(&metrics[f->index], row + f->row_at, sizeof metrics[0]);
        else if (f->put == results_put_solved)
            solved = row + f->row_at;
        else if (f->put == results_put_endpoint)
            endpoint = (int32_t *)(void *)(row + f->row_at);
    }
    if (solved != NULL)
        *solved = status == NN_RUN_done && grid_solved(l->grid, metrics);
    if (endpoint != NULL)
        *endpoint = status == NN_RUN_done ? results_endpoint_of(l->grid, metrics) : NN_ENDPOINT_none;
}

/* Copies a row into the columns of the other layout. */
static nn_status copy_row(carrier *c, size_t run, size_t row, nn_error *err)
{
    const layout *l = c->l;
    const row_source empty = {.run = run, .status = NN_RUN_pending, .reason = NN_REASON_none};
    const net_shape *net = net_of_run(l, run);
    unsigned char *to;
    nn_status status = results_batch_next(c->batch, c->fd, c->path, run, c->s->seconds[row], &to, err);
    if (status != NN_ok)
        return status;
    results_row_encode(l, &empty, to);
    if (!copy_fields(l, &l->row, c->s, c->columns, row, to) ||
        (net != NULL && !copy_fields(l, &net->row, c->s, c->columns, row, to)))
        return unreadable(c->s, row, err);
    if (c->s->older && is_result(c->s->status[row]))
        renew(c, run, row, to);
    set_solved(l, c->s->status[row], to);
    results_batch_seal(c->batch);
    return NN_ok;
}

/* Is the field copied where a row is recomputed? No curve holds it, and the grid still records it. */
static bool is_copied(const layout *l, const field *f)
{
    return f->put == results_put_outputs ||
           (f->put == results_put_target && l->grid->recording.parts[f->index % NN_N_PART]);
}

/* Recomputes a row for the recording and the rules of the grid; only its weights, outputs and the scores of its
 * targets are copied. */
static nn_status make_row(carrier *c, size_t run, size_t row, nn_error *err)
{
    const layout *l = c->l;
    const net_shape *net = net_of_run(l, run);
    nn_outcome o;
    unsigned char *to;
    nn_status status = results_batch_next(c->batch, c->fd, c->path, run, c->s->seconds[row], &to, err);
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
    for (size_t i = 0; i < l->row.n; i++) {
        const field *f = l->row.fields[i];
        if (is_copied(l, f) && !copy_field(l, f, c->s, c->columns[f - l->fields], row, to + f->row_at))
            return unreadable(c->s, row, err);
    }
    results_batch_seal(c->batch);
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

/* The rows to take over, in the order of the stored file, so that a compact one is unpacked once. NULL: no memory. */
static placed_run *in_file_order(const layout *l, const standing *standings, size_t *n)
{
    const size_t n_own = l->grid->n_runs;
    placed_run *order = malloc((l->n_runs + 1) * sizeof *order);
    *n = 0;
    for (size_t i = 0; order != NULL && i < l->n_runs; i++)
        if (i >= n_own)
            order[(*n)++] = (placed_run){(int64_t)l->inactive->rows[i - n_own], i};
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
        const bool changed = run < c->l->grid->n_runs && standings[run].recompute;
        status = (changed ? make_row : copy_row)(c, run, (size_t)order[i].row, err);
    }
    free(order);
    return status == NN_ok ? results_batches_store(&c->batch, 1, c->fd, c->path, err) : status;
}

nn_status results_carry(const layout *l, int fd, const char *path, const stored *s, const standing *standings,
                        nn_error *err)
{
    carrier c = {.l = l, .s = s, .columns = match_columns(l, s), .fd = fd, .path = path};
    nn_status status =
        c.columns == NULL ? nn_fail(err, NN_memory, "not enough memory") : results_batch_new(l, &c.batch, err);
    if (status == NN_ok)
        status = results_recompute_new(l->grid, l->data, s, &c.maker, err);
    if (status == NN_ok)
        status = carry_all(&c, standings, err);
    results_recompute_free(c.maker);
    results_batch_free(c.batch);
    free(c.columns);
    return status;
}

/* ---- back to pending ---- */

/* `status` is written first, so that no reader takes the row for a finished one while it is emptied. */
static nn_status reset_row(const layout *l, row_batch *batch, int fd, const char *path, size_t run, nn_error *err)
{
    const int32_t pending = NN_RUN_pending;
    const row_source empty = {.run = run, .status = NN_RUN_pending, .reason = NN_REASON_none};
    unsigned char *row;
    nn_status status =
        results_disk_write(fd, path, &pending, sizeof pending, field_offset(l, &l->fields[l->status], run), err);
    if (status == NN_ok)
        status = results_batch_next(batch, fd, path, run, NN_NAN, &row, err);
    if (status != NN_ok)
        return status;
    results_row_encode(l, &empty, row);
    results_batch_seal(batch);
    return NN_ok;
}

nn_status results_reset_rows(const layout *l, int fd, const char *path, const stored *s, const standing *standings,
                             nn_error *err)
{
    row_batch *batch = NULL;
    nn_status status = results_batch_new(l, &batch, err);
    for (size_t i = 0; i < l->grid->n_runs && status == NN_ok; i++)
        if (standings[i].damaged || s->status[i] != (int32_t)standings[i].status)
            status = reset_row(l, batch, fd, path, i, err);
    if (status == NN_ok)
        status = results_batches_store(&batch, 1, fd, path, err);
    results_batch_free(batch);
    return status;
}

/* Reads splits from a file: an array `split` [splits][rows of the data] of the part of each row; or a results file, from
 * whose /data/split it takes those that the runs of a cell have. */
#include "data/splits.h"
#include "base/file.h"
#include "data/formats/format.h"
#include "data/table.h"
#include <stdlib.h>
#include <string.h>

static nn_status read_named(const char *path, const char *name, array *out, nn_error *err)
{
    if (file_check_kind(path, err) != NN_ok)
        return NN_file;
    const data_format *format = data_format_of(path, path);
    if (format->read == NULL)
        return nn_fail(err, NN_data, "a file of splits holds an array, as .h5, .npy and .mat do; this is %s",
                       format->name);
    return format->apart ? array_read_apart(format->read, path, name, out, err) : format->read(path, name, out, err);
}

static double number_at(const array *a, size_t i)
{
    return a->bytes != NULL ? a->bytes[i] : a->numbers != NULL ? a->numbers[i] : NN_NAN;
}

/* ---- the splits of a results file ---- */

/* What a results file says of its runs. */
enum { OF_CELL, OF_ACTIVE, OF_SPLIT, N_OF_RUNS };
typedef struct results_runs {
    array of[N_OF_RUNS]; /* [n] each */
    size_t n;            /* the active runs, which stand first */
    size_t n_splits;
} results_runs;

static void runs_free(results_runs *runs)
{
    for (int i = 0; i < N_OF_RUNS; i++)
        array_free(&runs->of[i]);
}

static bool runs_read(const char *path, size_t n_splits, results_runs *out)
{
    static const char *const names[] = {"runs/cell", "runs/active", "data/splits"};
    results_runs runs = {.n_splits = n_splits};
    nn_error none;
    bool found = true;
    for (int i = 0; i < N_OF_RUNS && found; i++)
        found = read_named(path, names[i], &runs.of[i], &none) == NN_ok && runs.of[i].columns == 1 &&
                runs.of[i].rows == runs.of[0].rows;
    while (found && runs.n < runs.of[0].rows && number_at(&runs.of[OF_ACTIVE], runs.n) == 1) {
        const double split = number_at(&runs.of[OF_SPLIT], runs.n++);
        found = split >= 0 && split < (double)n_splits;
    }
    *out = runs;
    return found && runs.n > 0;
}

static size_t split_of(const results_runs *runs, size_t run)
{
    return (size_t)number_at(&runs->of[OF_SPLIT], run);
}

static bool same_parts(const array *a, size_t one, size_t other)
{
    bool same = true;
    for (size_t i = 0; i < a->columns && same; i++)
        same = number_at(a, one * a->columns + i) == number_at(a, other * a->columns + i);
    return same;
}

/* How many runs the first cell has, each with the split of the same run of any other cell; 0: another cell has other
 * splits, and *other is its number. */
static size_t runs_of_cells(const array *a, const results_runs *runs, double *other)
{
    const array *cell = &runs->of[OF_CELL];
    size_t n = 0;
    while (n < runs->n && number_at(cell, n) == number_at(cell, 0))
        n++;
    for (size_t i = n; i < runs->n; i++)
        if (split_of(runs, i) != split_of(runs, i % n) && !same_parts(a, split_of(runs, i), split_of(runs, i % n))) {
            *other = number_at(cell, i);
            return 0;
        }
    return n;
}

/* Keeps of /data/split what the runs of a cell have, in their order; runs that all have one split, once. Other splits in
 * it are those of inactive runs, or the same once more for other cells. */
static nn_status keep_splits_of_a_cell(loader *l, array *a, const results_runs *runs)
{
    double other = 0;
    size_t n = runs_of_cells(a, runs, &other);
    if (n == 0)
        return data_mistake(
            l, 0, 0,
            "has other splits in cell %.0f than in cell 0, since split.train or data.missing is an axis "
            "of its grid; write those of one cell to a file of their own, as an array split [splits, rows]",
            other);
    bool one = true;
    for (size_t i = 1; i < n; i++)
        one &= split_of(runs, i) == split_of(runs, 0);
    n = one ? 1 : n;
    array kept = {.rows = n, .columns = a->columns, .numbers = malloc(n * a->columns * sizeof *kept.numbers)};
    if (kept.numbers == NULL)
        return data_no_memory(l, "the splits");
    for (size_t i = 0; i < n * a->columns; i++)
        kept.numbers[i] = number_at(a, split_of(runs, i / a->columns) * a->columns + i % a->columns);
    array_free(a);
    *a = kept;
    return NN_ok;
}

/* ---- from the file ---- */

/* *is_results: it is /data/split of what may be a results file. */
static nn_status read_array(const char *path, array *out, bool *is_results, nn_error *err)
{
    nn_error second;
    const nn_status status = read_named(path, "split", out, err);
    *is_results = status == NN_usage && read_named(path, "data/split", out, &second) == NN_ok;
    if (*is_results)
        return NN_ok;
    return status == NN_usage ? NN_data : status;
}

static nn_status choose_splits(loader *l, const char *path, array *a)
{
    results_runs runs;
    const nn_status status = runs_read(path, a->rows, &runs) ? keep_splits_of_a_cell(l, a, &runs) : NN_ok;
    runs_free(&runs);
    return status;
}

/* Takes the parts; a number that is none is an error. */
static nn_status take_parts(loader *l, const array *a, dataset *d)
{
    const size_t n = a->rows * a->columns;
    d->given = malloc(n + 1);
    if (d->given == NULL)
        return data_no_memory(l, "the splits");
    for (size_t i = 0; i < n; i++) {
        const double part = number_at(a, i);
        if (!(part == rint(part) && part >= IN_POOL && part < NN_N_PART))
            return data_mistake(l, (int)(i / a->columns) + 1, (int)(i % a->columns) + 1,
                                "is no part: 0 is train, 1 validation, 2 test, -1 none");
        d->given[i] = (int8_t)part;
    }
    d->n_given = a->rows;
    return NN_ok;
}

/* Checks that all splits have the same parts, train among them: curves and metrics are there for all runs, or for none. */
static nn_status check_parts(loader *l, dataset *d)
{
    const size_t n_rows = d->data.n_rows;
    for (size_t s = 0; s < d->n_given; s++) {
        size_t n[NN_N_PART] = {0};
        for (size_t i = 0; i < n_rows; i++)
            if (d->given[s * n_rows + i] >= 0)
                n[d->given[s * n_rows + i]]++;
        if (n[NN_TRAIN] == 0)
            return data_mistake(l, (int)s + 1, 0, "this split has no training row");
        for (int p = 0; p < NN_N_PART; p++) {
            if (s > 0 && (n[p] > 0) != (d->most_given[p] > 0))
                return data_mistake(l, (int)s + 1, 0, "this split has %s %s row, and the splits before it %s",
                                    n[p] > 0 ? "a" : "no", nn_part_names[p], n[p] > 0 ? "have none" : "have some");
            d->most_given[p] = n[p] > d->most_given[p] ? n[p] : d->most_given[p];
        }
    }
    return NN_ok;
}

static nn_status check_size(loader *l, const array *a, const dataset *d)
{
    const split_spec *s = &l->spec->split;
    if (a->columns != d->data.n_rows)
        return data_mistake(l, 0, 0, "has splits of %zu rows, and the data %zu%s", a->columns, d->data.n_rows,
                            d->n_dropped > 0 ? " (after rows with missing values were dropped)" : "");
    if (s->folds > 0 && a->rows % (size_t)s->folds != 0)
        return data_mistake(l, 0, 0, "has %zu splits, which are no multiple of %d folds", a->rows, s->folds);
    return NN_ok;
}

nn_status data_splits_read(loader *l, dataset *d)
{
    array a = {0};
    nn_error err;
    char *path = data_path(l->spec->split.file, l->grid_path, l->data_root);
    if (path == NULL)
        return data_no_memory(l, "a path");
    const char *before = l->path;
    l->path = path;
    bool is_results = false;
    nn_status status = read_array(path, &a, &is_results, &err);
    if (status != NN_ok)
        status = data_spec_mistake(l, l->spec->split.at, "split: %s: %s", path, err.message);
    else if (is_results)
        status = choose_splits(l, path, &a);
    if (status == NN_ok)
        status = check_size(l, &a, d);
    if (status == NN_ok)
        status = take_parts(l, &a, d);
    if (status == NN_ok)
        status = check_parts(l, d);
    l->path = before;
    array_free(&a);
    free(path);
    return status;
}

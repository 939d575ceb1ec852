/* Reads how many rows the parts of each run have, and finds the error that an accuracy follows from. */
#include "results/reader/recount.h"
#include "results/names.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool reader_is_older(h5_file *f)
{
    char path[128];
    bool older = false;
    for (int i = NN_N_METRIC; i-- > 0 && !older;) {
        snprintf(path, sizeof path, PATH_RUNS "/%s", nn_metrics.rows[i].name);
        older = !h5_has(f, path);
    }
    return older;
}

/* ---- rows of parts ---- */

static void count_parts(const int8_t *parts, size_t n, size_t counts[NN_N_PART])
{
    for (size_t i = 0; i < n; i++)
        if (parts[i] >= 0 && parts[i] < NN_N_PART)
            counts[parts[i]]++;
}

/* Reads split by split, since all of them may be large. */
static bool count_splits(h5_file *f, size_t n_rows, part_counts *c)
{
    int8_t *parts = malloc(n_rows + 1);
    bool ok = parts != NULL;
    for (size_t i = 0; i < c->n_splits && ok; i++) {
        ok = h5_read_rows(f, PATH_DATA_SPLIT, i, 1, H5_I8, n_rows, parts);
        if (ok)
            count_parts(parts, n_rows, c->n[i]);
    }
    free(parts);
    return ok;
}

nn_status reader_counts_read(h5_file *f, size_t n_runs, part_counts *out, nn_error *err)
{
    h5_place split, splits;
    *out = (part_counts){0};
    if (!h5_look(f, PATH_DATA_SPLIT, &split) || split.n_dims != 2 || !h5_look(f, PATH_DATA_SPLITS, &splits) ||
        splits.n_dims != 1 || splits.n != n_runs)
        return NN_ok;
    part_counts c = {.n_runs = n_runs, .n_splits = split.dims[0]};
    c.split = malloc((n_runs + 1) * sizeof *c.split);
    c.n = calloc(c.n_splits + 1, sizeof *c.n);
    nn_status status =
        c.split == NULL || c.n == NULL ? nn_fail(err, NN_memory, "not enough memory for the splits") : NN_ok;
    if (status == NN_ok &&
        (!h5_read(f, PATH_DATA_SPLITS, H5_I32, n_runs, c.split) || !count_splits(f, split.dims[1], &c)))
        status = nn_fail(err, NN_file, "cannot read " PATH_DATA_SPLIT "; the file is damaged, or memory is short");
    if (status == NN_ok)
        *out = c;
    else
        reader_counts_free(&c);
    return status;
}

void reader_counts_free(part_counts *c)
{
    free(c->split);
    free(c->n);
    *c = (part_counts){0};
}

size_t reader_counts_of(const part_counts *c, size_t run, nn_part part)
{
    const bool known = run < c->n_runs && c->split[run] >= 0 && (size_t)c->split[run] < c->n_splits;
    return known ? c->n[c->split[run]][part] : 0;
}

/* ---- what an accuracy follows from ---- */

int reader_error_curve(nn_part part)
{
    int curve = 0;
    while (nn_curve_rows[curve].what != NN_ERROR_CURVE || nn_curve_rows[curve].part != part)
        curve++;
    return curve;
}

/* The row of the list that a path below a group names, or -1. */
static int row_of(const nn_choices *list, const char *group, const char *path)
{
    const size_t length = strlen(group);
    return strncmp(path, group, length) == 0 ? nn_choice_find(list, path + length) : -1;
}

bool reader_error_path(const char *path, char *out, size_t size, nn_part *part)
{
    const int metric = row_of(&nn_metrics, PATH_RUNS "/", path), curve = row_of(&nn_curves, PATH_CURVES "/", path);
    if (metric >= 0 && nn_metric_rows[metric].error != 0) {
        *part = nn_metric_rows[metric].part;
        snprintf(out, size, PATH_RUNS "/%s", nn_metrics.rows[nn_metric_rows[metric].error].name);
        return true;
    }
    if (curve >= 0 && nn_curve_rows[curve].what == NN_ACCURACY_CURVE) {
        *part = nn_curve_rows[curve].part;
        snprintf(out, size, PATH_CURVES "/%s", nn_curves.rows[reader_error_curve(*part)].name);
        return true;
    }
    return false;
}

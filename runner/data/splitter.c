/* Which row is in which part.
 *
 * Every row gets an owner (a part); the rows of a part are then read off in file order. Rows are dealt in the
 * order of a permutation of (seed, repeat); with `stratify` each class is dealt by itself, else all rows
 * count as one class. Rows behind the pool have a part of their own. */
#include "data/splitter.h"
#include "nn_random.h"
#include "data/scale.h"
#include "data/table.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- How large the parts are, and why they may not be. ---- */

static bool default_is_all(const dataset *d)
{
    return d->spec->builtin != NULL && strcmp(d->spec->builtin, "xor") == 0;
}

static bool split_takes_all(const dataset *d)
{
    split_kind kind = d->spec->split.kind;
    return d->n_pool > 0 && (kind == SPLIT_ALL || (kind == SPLIT_DEFAULT && default_is_all(d)));
}

/* Sizes that were asked for, with the default's filled in. */
static void asked_sizes(const dataset *d, part_size size[NN_N_PART])
{
    static const double usual[NN_N_PART] = {0.6, 0.2, 0.2};
    memcpy(size, d->spec->split.size, NN_N_PART * sizeof *size);
    for (int p = 0; p < NN_N_PART && d->spec->split.kind == SPLIT_DEFAULT; p++)
        size[p] = (part_size){SIZE_FRACTION, usual[p], d->spec->split.at};
}

/* Fractions become whole rows by largest remainder, so that fractions that add up to 1 use every row. */
static void round_fractions(const part_size size[NN_N_PART], size_t n_rows, size_t n[NN_N_PART])
{
    double sum = 0.0, rest[NN_N_PART] = {0.0};
    size_t given = 0;
    for (int p = 0; p < NN_N_PART; p++) {
        if (size[p].kind != SIZE_FRACTION)
            continue;
        double exact = size[p].value * (double)n_rows;
        n[p] = (size_t)floor(exact + 1e-9);
        rest[p] = exact - (double)n[p];
        sum += size[p].value;
        given += n[p];
    }
    size_t total = (size_t)floor(sum * (double)n_rows + 1e-6);
    while (given < total) {
        int best = NN_TRAIN;
        for (int p = 1; p < NN_N_PART; p++)
            best = rest[p] > rest[best] + 1e-9 ? p : best;
        n[best]++;
        rest[best] = -1.0;
        given++;
    }
}

static void size_parts(const part_size size[NN_N_PART], size_t n_rows, size_t n[NN_N_PART])
{
    size_t sum = 0;
    memset(n, 0, NN_N_PART * sizeof *n);
    round_fractions(size, n_rows, n);
    for (int p = 0; p < NN_N_PART; p++) {
        n[p] = size[p].kind == SIZE_COUNT ? (size_t)size[p].value : n[p];
        sum += n[p];
    }
    for (int p = 0; p < NN_N_PART; p++) {
        if (size[p].kind == SIZE_REST && sum < n_rows) {
            n[p] = n_rows - sum;
            sum = n_rows;
        }
    }
}

/* How many rows of the pool each part gets. */
static void split_pool_sizes(const dataset *d, uint32_t fold, size_t n[NN_N_PART])
{
    const split_spec *s = &d->spec->split;
    size_t rows = d->n_pool;
    part_size size[NN_N_PART];
    memset(n, 0, NN_N_PART * sizeof *n);
    if (split_takes_all(d)) {
        n[NN_TRAIN] = rows;
    } else if (s->kind == SPLIT_FOLDS && rows > 0) {
        size_t folds = (size_t)s->folds;
        n[NN_VALIDATION] = rows / folds + (fold < rows % folds);
        n[NN_TRAIN] = rows - n[NN_VALIDATION];
    } else if (rows > 0) {
        asked_sizes(d, size);
        size_parts(size, rows, n);
    }
}

/* Does the split depend on the repeat? */
static bool split_is_random(const dataset *d)
{
    const split_spec *s = &d->spec->split;
    size_t n[NN_N_PART];
    if (split_takes_all(d) || d->n_pool == 0 || s->file_order)
        return false;
    split_pool_sizes(d, 0, n);
    return n[NN_TRAIN] < d->n_pool;
}

void dataset_part_sizes(const dataset *d, uint32_t fold, size_t n[NN_N_PART])
{
    split_pool_sizes(d, fold, n);
    for (int p = 0; p < NN_N_PART; p++)
        n[p] += d->n_fixed[p];
}

static size_t n_folds(const dataset *d)
{
    return d->spec->split.kind == SPLIT_FOLDS ? (size_t)d->spec->split.folds : 1;
}

size_t dataset_n_splits(const dataset *d, uint32_t repeats)
{
    return n_folds(d) * (split_is_random(d) ? repeats : 1);
}

size_t dataset_split_index(const dataset *d, uint32_t repeat, uint32_t fold)
{
    return n_folds(d) * (split_is_random(d) ? repeat : 0) + (n_folds(d) > 1 ? fold : 0);
}

/* A size that cannot be, whatever the others are. */
static nn_status check_size(loader *l, const part_size *size, int part)
{
    if (size->kind == SIZE_FRACTION && !(size->value > 0.0 && size->value <= 1.0)) {
        return data_spec_mistake(l, size->at, "%s: the fraction %.12g is not in (0, 1]", nn_part_names[part],
                                 size->value);
    }
    if (size->kind == SIZE_COUNT && !(size->value >= 1.0 && size->value <= 4e9 && size->value == rint(size->value)))
        return data_spec_mistake(l, size->at, "%s: %.12g is no number of rows", nn_part_names[part], size->value);
    return NN_ok;
}

static nn_status check_sums(loader *l, const part_size size[NN_N_PART], size_t n_rows, place at)
{
    double fractions = 0.0, counts = 0.0;
    place largest = at;
    for (int p = 0; p < NN_N_PART; p++) {
        fractions += size[p].kind == SIZE_FRACTION ? size[p].value : 0.0;
        counts += size[p].kind == SIZE_COUNT ? size[p].value : 0.0;
        largest = size[p].kind == SIZE_COUNT && size[p].value > (double)n_rows ? size[p].at : largest;
    }
    if (fractions > 1.0 + 1e-9)
        return data_spec_mistake(l, at, "the fractions of the split add up to %.12g; make it 1 or less", fractions);
    double asked = counts + floor(fractions * (double)n_rows + 1e-6);
    if (asked > (double)n_rows) {
        return data_spec_mistake(
            l, largest, "the split asks for %.0f rows, there are %zu; ask for fewer, or say `rest`", asked, n_rows);
    }
    return NN_ok;
}

static nn_status check_sizes(loader *l, const dataset *d)
{
    part_size size[NN_N_PART];
    size_t n[NN_N_PART];
    int n_rest = 0;
    place at = d->spec->split.kind == SPLIT_DEFAULT ? d->spec->at : d->spec->split.at;
    asked_sizes(d, size);
    nn_status status = NN_ok;
    for (int p = 0; p < NN_N_PART; p++) {
        nn_status one = check_size(l, &size[p], p);
        status = one != NN_ok ? one : status;
        n_rest += size[p].kind == SIZE_REST;
    }
    if (n_rest > 1)
        return data_spec_mistake(l, at, "only one part of the split can take the rest");
    status = status == NN_ok ? check_sums(l, size, d->n_pool, at) : status;
    if (status != NN_ok)
        return status;
    size_parts(size, d->n_pool, n);
    for (int p = 0; p < NN_N_PART; p++) {
        if (n[p] == 0 && (p == NN_TRAIN || size[p].kind != SIZE_NONE)) {
            place where = size[p].kind != SIZE_NONE && size[p].at.line > 0 ? size[p].at : at;
            status = data_spec_mistake(l, where, "the %s part has no row: the split leaves it none of the %zu rows",
                                       nn_part_names[p], d->n_pool);
        }
    }
    return status;
}

/* A class without a training row is most often file order over sorted classes. */
static nn_status warn_of_absent_classes(loader *l, const dataset *d)
{
    splitter *s = NULL;
    nn_error err;
    if (d->data.classes == NULL || split_is_random(d) || split_takes_all(d) || d->spec->split.kind == SPLIT_FOLDS)
        return NN_ok;
    bool *seen = calloc(d->data.n_classes, sizeof *seen);
    if (seen == NULL || data_splitter_new(d, &s, &err) != NN_ok) {
        free(seen);
        return data_no_memory(l, "the split");
    }
    const nn_split *split = data_splitter_get(s, 0, 0, 0);
    for (size_t i = 0; i < split->n[NN_TRAIN]; i++)
        seen[d->data.classes[split->rows[NN_TRAIN][i]]] = true;
    for (size_t c = 0; c < d->data.n_classes; c++) {
        if (!seen[c]) {
            diagnostics_add(l->diags, SEVERITY_WARNING, NN_data, d->spec->split.at,
                            "no training row has class '%.60s'; are the rows sorted by class?", d->class_names[c]);
            break;
        }
    }
    data_splitter_free(s);
    free(seen);
    return NN_ok;
}

/* Every row has a part of its own. */
static nn_status check_parts(loader *l, const dataset *d)
{
    const split_spec *s = &d->spec->split;
    if (d->n_fixed[NN_TRAIN] > 0)
        return NN_ok;
    return s->kind == SPLIT_COLUMN ? data_spec_mistake(l, s->at, "column '%s' has no row that says train", s->column)
                                   : data_spec_mistake(l, d->spec->at, "no training row is left");
}

nn_status data_split_check(loader *l, const dataset *d)
{
    const split_spec *s = &d->spec->split;
    nn_status status = NN_ok;
    if (d->data.n_rows > UINT32_MAX)
        return data_spec_mistake(l, d->spec->at, "%zu rows are more than %u", d->data.n_rows, UINT32_MAX);
    if (d->spec->scale == SCALE_DIVISOR && !(d->spec->divisor > 0.0 && isfinite(d->spec->divisor)))
        return data_spec_mistake(l, d->spec->at, "scale: a divisor is a number above 0");
    if (s->stratify && d->data.classes == NULL)
        return data_spec_mistake(l, s->at, "stratify needs classes, and this task is regression; leave it out");
    if (s->kind == SPLIT_FOLDS && (s->folds < 2 || (size_t)s->folds > d->n_pool)) {
        return data_spec_mistake(l, s->at, "%d folds of %zu rows; there can be 2 folds to one for each row", s->folds,
                                 d->n_pool);
    }
    if (d->n_pool == 0)
        status = check_parts(l, d);
    else if (s->kind == SPLIT_SIZES || (s->kind == SPLIT_DEFAULT && !default_is_all(d)))
        status = check_sizes(l, d);
    return status == NN_ok ? warn_of_absent_classes(l, d) : status;
}

struct splitter {
    const dataset *data;
    bool fitted;
    uint64_t seed;
    size_t index; /* of the split that is in the buffers */
    nn_split split;
    uint32_t *order; /* [n_rows] */
    uint32_t *rows;  /* [n_rows] of train, then validation, then test */
    int8_t *owner;   /* [n_rows] nn_part, or IN_POOL: in no part */
    size_t n_strata;
    size_t *left;  /* [n_strata] rows of each class that have no part yet */
    size_t *quota; /* [NN_N_PART][n_strata] */
    double *rest;  /* [n_strata] */
    size_t *start; /* [n_strata] folds: rows of the classes before this one */
    double *reals; /* what scaling points into */
    scaling scaling;
};

static size_t stratum(const splitter *s, size_t row)
{
    return s->n_strata > 1 ? (size_t)s->data->data.classes[row] : 0;
}

static void count_strata(splitter *s)
{
    memset(s->left, 0, s->n_strata * sizeof *s->left);
    for (size_t i = 0; i < s->data->n_pool; i++)
        s->left[stratum(s, i)]++;
}

/* quota[c] of `n` rows in proportion to left[c], by largest remainder (the smaller class first where they are
 * equal); takes them off left. Never more than left[c]: n is at most their sum. */
static void share_out(splitter *s, size_t n, size_t *quota)
{
    size_t total = 0, given = 0;
    for (size_t c = 0; c < s->n_strata; c++)
        total += s->left[c];
    for (size_t c = 0; c < s->n_strata; c++) {
        /* Below 2^64: rows fit in 32 bits. */
        uint64_t product = (uint64_t)n * s->left[c];
        quota[c] = total > 0 ? (size_t)(product / total) : 0;
        s->rest[c] = total > 0 ? (double)(product % total) : 0.0;
        given += quota[c];
    }
    while (given < n) {
        size_t best = 0;
        for (size_t c = 1; c < s->n_strata; c++)
            best = s->rest[c] > s->rest[best] ? c : best;
        s->rest[best] = -1.0;
        quota[best]++;
        given++;
    }
    for (size_t c = 0; c < s->n_strata; c++)
        s->left[c] -= quota[c];
}

static void deal_sizes(splitter *s, const size_t n[NN_N_PART])
{
    count_strata(s);
    for (int p = 0; p < NN_N_PART; p++)
        share_out(s, n[p], s->quota + (size_t)p * s->n_strata);
    for (size_t i = 0; i < s->data->n_pool; i++) {
        uint32_t row = s->order[i];
        size_t c = stratum(s, row);
        s->owner[row] = IN_POOL;
        for (int p = 0; p < NN_N_PART; p++) {
            size_t *quota = &s->quota[(size_t)p * s->n_strata + c];
            if (*quota > 0) {
                (*quota)--;
                s->owner[row] = (int8_t)p;
                break;
            }
        }
    }
}

/* Place i of n in k folds: blocks whose sizes differ by at most one, the larger first. */
static size_t block_of(size_t i, size_t n, size_t k)
{
    size_t small = n / k, n_large = n % k, in_large = n_large * (small + 1);
    return i < in_large ? i / (small + 1) : n_large + (i - in_large) / small;
}

/* Stratified folds deal the rows out like cards, class after class: sizes and classes differ by at most one.
 */
static void deal_folds(splitter *s, uint32_t fold)
{
    size_t n = s->data->n_pool, k = (size_t)s->data->spec->split.folds;
    count_strata(s);
    size_t before = 0;
    for (size_t c = 0; c < s->n_strata; c++) {
        s->start[c] = before;
        before += s->left[c];
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t row = s->order[i];
        size_t at = s->n_strata > 1 ? s->start[stratum(s, row)]++ % k : block_of(i, n, k);
        s->owner[row] = at == fold ? NN_VALIDATION : NN_TRAIN;
    }
}

static void deal(splitter *s, uint64_t seed, uint32_t repeat, uint32_t fold)
{
    const dataset *d = s->data;
    size_t n[NN_N_PART];
    if (d->part_column != NULL)
        memcpy(s->owner, d->part_column, d->data.n_rows);
    if (d->n_pool == 0)
        return;
    if (split_is_random(d))
        nn_permutation(nn_stream_key(seed, repeat, NN_FOR_SPLIT), 0, d->n_pool, s->order);
    else
        for (size_t i = 0; i < d->n_pool; i++)
            s->order[i] = (uint32_t)i;
    split_pool_sizes(d, fold, n);
    if (d->spec->split.kind == SPLIT_FOLDS)
        deal_folds(s, fold);
    else
        deal_sizes(s, n);
}

static void gather_rows(splitter *s)
{
    uint32_t *to = s->rows;
    for (int p = 0; p < NN_N_PART; p++) {
        s->split.rows[p] = to;
        for (size_t i = 0; i < s->data->data.n_rows; i++)
            if (s->owner[i] == p)
                *to++ = (uint32_t)i;
        s->split.n[p] = (size_t)(to - s->split.rows[p]);
    }
}

static bool has_missing_inputs(const dataset *d)
{
    return d->n_missing > 0 && d->spec->missing != MISSING_DROP && d->data.input_type != NN_UINT8;
}

/* Gives scaling its arrays out of one block. */
static bool new_scaling(splitter *s)
{
    const dataset *d = s->data;
    size_t n = d->data.n_inputs, n_rows = d->data.n_rows;
    s->reals = malloc((7 * n + n_rows) * sizeof *s->reals);
    if (s->reals == NULL)
        return false;
    bool scaled = d->spec->scale != SCALE_NONE;
    s->scaling = (scaling){.shift = scaled ? s->reals : NULL,
                           .factor = scaled ? s->reals + n : NULL,
                           .fill = has_missing_inputs(d) ? s->reals + 2 * n : NULL,
                           .low = s->reals + 3 * n,
                           .high = s->reals + 4 * n,
                           .count = s->reals + 5 * n,
                           .row = s->reals + 6 * n,
                           .column = s->reals + 7 * n};
    s->split.shift = s->scaling.shift;
    s->split.factor = s->scaling.factor;
    s->split.fill = s->scaling.fill;
    return true;
}

nn_status data_splitter_new(const dataset *d, splitter **out, nn_error *err)
{
    splitter *s = calloc(1, sizeof *s);
    if (s == NULL)
        return nn_fail(err, NN_memory, "not enough memory for a split");
    size_t n = d->data.n_rows;
    s->data = d;
    s->n_strata = d->spec->split.stratify ? d->data.n_classes : 1;
    s->order = malloc(n * sizeof *s->order);
    s->rows = malloc(n * sizeof *s->rows);
    s->owner = calloc(n, sizeof *s->owner);
    s->left = calloc(s->n_strata, sizeof *s->left);
    s->quota = calloc(s->n_strata * NN_N_PART, sizeof *s->quota);
    s->rest = calloc(s->n_strata, sizeof *s->rest);
    s->start = calloc(s->n_strata, sizeof *s->start);
    if (!s->order || !s->rows || !s->owner || !s->left || !s->quota || !s->rest || !s->start || !new_scaling(s)) {
        data_splitter_free(s);
        return nn_fail(err, NN_memory, "not enough memory for a split of %zu rows", n);
    }
    *out = s;
    return NN_ok;
}

void data_splitter_free(splitter *s)
{
    if (s == NULL)
        return;
    free(s->order);
    free(s->rows);
    free(s->owner);
    free(s->left);
    free(s->quota);
    free(s->rest);
    free(s->start);
    free(s->reals);
    free(s);
}

const nn_split *data_splitter_get(splitter *s, uint64_t seed, uint32_t repeat, uint32_t fold)
{
    size_t index = dataset_split_index(s->data, repeat, fold);
    if (s->fitted && s->seed == seed && s->index == index)
        return &s->split;
    deal(s, seed, repeat, fold);
    gather_rows(s);
    data_scaling_fit(s->data, s->split.rows[NN_TRAIN], s->split.n[NN_TRAIN], &s->scaling);
    s->fitted = true;
    s->seed = seed;
    s->index = index;
    return &s->split;
}

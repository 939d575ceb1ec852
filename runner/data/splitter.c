/* Which row is in which part.
 *
 * Every row gets an owner (a part); the rows of a part are then read off in file order. Rows are dealt in the
 * order of a permutation of (seed, repeat); with `stratify` each class is dealt by itself, else all rows
 * count as one class. Rows behind the pool have a part of their own. */
#include "data/data_internal.h"

#include <stdlib.h>
#include <string.h>

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
    for (size_t i = 0; i < s->data->n_pool; i++) {
        s->left[stratum(s, i)]++;
    }
}

/* quota[c] of `n` rows in proportion to left[c], by largest remainder (the smaller class first where they are
 * equal); takes them off left. Never more than left[c]: n is at most their sum. */
static void share_out(splitter *s, size_t n, size_t *quota)
{
    size_t total = 0, given = 0;
    for (size_t c = 0; c < s->n_strata; c++) {
        total += s->left[c];
    }
    for (size_t c = 0; c < s->n_strata; c++) {
        /* Below 2^64: rows fit in 32 bits. */
        uint64_t product = (uint64_t)n * s->left[c];
        quota[c] = total > 0 ? (size_t)(product / total) : 0;
        s->rest[c] = total > 0 ? (double)(product % total) : 0.0;
        given += quota[c];
    }
    while (given < n) {
        size_t best = 0;
        for (size_t c = 1; c < s->n_strata; c++) {
            best = s->rest[c] > s->rest[best] ? c : best;
        }
        s->rest[best] = -1.0;
        quota[best]++;
        given++;
    }
    for (size_t c = 0; c < s->n_strata; c++) {
        s->left[c] -= quota[c];
    }
}

static void deal_sizes(splitter *s, const size_t n[NN_N_PART])
{
    count_strata(s);
    for (int p = 0; p < NN_N_PART; p++) {
        share_out(s, n[p], s->quota + (size_t)p * s->n_strata);
    }
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
    if (d->part_column != NULL) {
        memcpy(s->owner, d->part_column, d->data.n_rows);
    }
    if (d->n_pool == 0) {
        return;
    }
    if (split_is_random(d)) {
        nn_permutation(nn_stream_key(seed, repeat, NN_FOR_SPLIT), 0, d->n_pool, s->order);
    } else {
        for (size_t i = 0; i < d->n_pool; i++) {
            s->order[i] = (uint32_t)i;
        }
    }
    split_pool_sizes(d, fold, n);
    if (d->spec->split.kind == SPLIT_FOLDS) {
        deal_folds(s, fold);
    } else {
        deal_sizes(s, n);
    }
}

static void gather_rows(splitter *s)
{
    uint32_t *to = s->rows;
    for (int p = 0; p < NN_N_PART; p++) {
        s->split.rows[p] = to;
        for (size_t i = 0; i < s->data->data.n_rows; i++) {
            if (s->owner[i] == p) {
                *to++ = (uint32_t)i;
            }
        }
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
    if (s->reals == NULL) {
        return false;
    }
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

nn_status splitter_new(const dataset *d, splitter **out, nn_error *err)
{
    splitter *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return nn_fail(err, NN_memory, "not enough memory for a split");
    }
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
    if (!s->order || !s->rows || !s->owner || !s->left || !s->quota || !s->rest || !s->start ||
        !new_scaling(s)) {
        splitter_free(s);
        return nn_fail(err, NN_memory, "not enough memory for a split of %zu rows", n);
    }
    *out = s;
    return NN_ok;
}

void splitter_free(splitter *s)
{
    if (s == NULL) {
        return;
    }
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

const nn_split *splitter_get(splitter *s, uint64_t seed, uint32_t repeat, uint32_t fold)
{
    size_t index = dataset_split_index(s->data, repeat, fold);
    if (s->fitted && s->seed == seed && s->index == index) {
        return &s->split;
    }
    deal(s, seed, repeat, fold);
    gather_rows(s);
    scaling_fit(s->data, s->split.rows[NN_TRAIN], s->split.n[NN_TRAIN], &s->scaling);
    s->fitted = true;
    s->seed = seed;
    s->index = index;
    return &s->split;
}

/* Which row is in which part, and the scaling and imputation that are fitted on the training rows.
 *
 * The split gives every row of the pool an owner, which is a part. Rows are dealt in the order of a permutation of
 * (seed, repeat), or in file order; with `stratify` each class is dealt by itself, else all rows count as one class.
 * Rows that are not in the pool keep the part that the files give them. The rows of a part are then listed in file
 * order. */
#include "data/splitter.h"
#include "data/splits.h"
#include "data/store.h"
#include "data/target.h"
#include "nn_random.h"
#include <stdlib.h>
#include <string.h>

/* So many rows are dealt in search of classes without a training row: it takes a fifth of a second. */
enum { MOST_DEALT = 20000000 };

/* ---- how large the parts are ---- */

/* Without a `split` all rows of xor, and of any other truth table, are for training. */
static bool default_is_all(const dataset *d)
{
    return d->spec->builtin != NULL && data_builtin_is_table(d->spec->builtin);
}

/* Are all rows of the pool for training? */
static bool split_takes_all(const dataset *d)
{
    split_kind kind = d->spec->split.kind;
    return d->n_pool > 0 && (kind == SPLIT_ALL || (kind == SPLIT_DEFAULT && default_is_all(d)));
}

/* The sizes that the grid asks for, or the default ones. */
static void asked_sizes(const dataset *d, part_size size[NN_N_PART])
{
    static const double usual[NN_N_PART] = {0.6, 0.2, 0.2};
    memcpy(size, d->spec->split.size, NN_N_PART * sizeof *size);
    for (int p = 0; p < NN_N_PART && d->spec->split.kind == SPLIT_DEFAULT; p++)
        size[p] = (part_size){SIZE_FRACTION, usual[p], d->spec->split.at};
}

/* Turns fractions into numbers of rows by largest remainder, so that fractions that add up to 1 use every row. */
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

/* Turns sizes of all kinds into numbers of rows. */
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

data_variant data_variant_of(const data_spec *spec)
{
    return (data_variant){
        .scale = spec->scale, .divisor = spec->divisor, .target_scale = spec->target_scale, .missing = spec->missing};
}

/* The variant itself, or the one that the spec says. */
static data_variant variant_of(const dataset *d, const data_variant *v)
{
    return v != NULL ? *v : data_variant_of(d->spec);
}

/* How many rows of the pool each part gets. */
static void split_pool_sizes(const dataset *d, uint32_t fold, size_t n[NN_N_PART])
{
    const split_spec *s = &d->spec->split;
    size_t rows = d->n_pool;
    part_size size[NN_N_PART];
    memset(n, 0, NN_N_PART * sizeof *n);
    if (d->given != NULL) {
        memcpy(n, d->most_given, sizeof d->most_given);
    } else if (split_takes_all(d)) {
        n[NN_TRAIN] = rows;
    } else if (s->kind == SPLIT_FOLDS && rows > 0) {
        size_t folds = (size_t)s->folds;
        size_parts(s->size, rows, n); /* a test part at most */
        rows -= n[NN_TEST] < rows ? n[NN_TEST] : rows;
        n[NN_VALIDATION] = rows / folds + (fold < rows % folds);
        n[NN_TRAIN] = rows - n[NN_VALIDATION];
    } else if (rows > 0) {
        asked_sizes(d, size);
        size_parts(size, rows, n);
    }
}

void dataset_part_sizes(const dataset *d, const data_variant *v, uint32_t fold, size_t n[NN_N_PART])
{
    split_pool_sizes(d, fold, n);
    for (int p = 0; p < NN_N_PART; p++)
        n[p] += d->n_fixed[p];
    if (v != NULL && v->train_rows > 0 && v->train_rows < n[NN_TRAIN])
        n[NN_TRAIN] = v->train_rows;
}

/* Does the split depend on the repeat? */
static bool split_is_random(const dataset *d, const data_variant *v)
{
    if (v != NULL && v->train_rows > 0 && !d->spec->split.file_order)
        return true;
    const split_spec *s = &d->spec->split;
    size_t n[NN_N_PART];
    if (split_takes_all(d) || d->n_pool == 0 || s->file_order || d->given != NULL)
        return false;
    split_pool_sizes(d, 0, n);
    return n[NN_TRAIN] < d->n_pool;
}

static size_t n_folds(const dataset *d)
{
    const split_spec *s = &d->spec->split;
    return (s->kind == SPLIT_FOLDS || s->kind == SPLIT_FILE) && s->folds > 0 ? (size_t)s->folds : 1;
}

/* Do the repeats have splits of their own: other rows, or other labels of the training part? */
static bool differs_by_repeat(const dataset *d, const data_variant *v)
{
    return split_is_random(d, v) || d->spec->noisy;
}

/* The index of a run's split among all that would be needed if each repeat had splits of its own. */
static size_t own_index(const dataset *d, uint32_t repeat, uint32_t fold)
{
    return n_folds(d) * repeat + (n_folds(d) > 1 ? fold : 0);
}

const int8_t *dataset_given_split(const dataset *d, uint32_t repeat, uint32_t fold)
{
    return d->given == NULL ? NULL : d->given + own_index(d, repeat, fold) % d->n_given * d->data.n_rows;
}

size_t dataset_n_splits(const dataset *d, const data_variant *v, uint32_t repeats)
{
    const size_t own = n_folds(d) * repeats;
    if (d->given != NULL && !differs_by_repeat(d, v))
        return own < d->n_given ? own : d->n_given;
    return differs_by_repeat(d, v) ? own : n_folds(d);
}

size_t dataset_split_index(const dataset *d, const data_variant *v, uint32_t repeat, uint32_t fold)
{
    if (d->given != NULL && !differs_by_repeat(d, v))
        return own_index(d, repeat, fold) % d->n_given;
    return own_index(d, differs_by_repeat(d, v) ? repeat : 0, fold);
}

/* ---- scaling and imputation ---- */

bool dataset_scales(const dataset *d, const data_variant *v)
{
    return variant_of(d, v).scale != SCALE_NONE;
}

bool dataset_scales_targets(const dataset *d, const data_variant *v)
{
    return variant_of(d, v).target_scale != SCALE_NONE && d->data.targets != NULL;
}

bool dataset_fills(const dataset *d, const data_variant *v)
{
    const data_missing missing = variant_of(d, v).missing;
    return d->n_missing > 0 && (missing == MISSING_MEAN || missing == MISSING_MEDIAN) && d->data.input_type != NN_UINT8;
}

/* What is fitted, each [n_inputs], and scratch. */
typedef struct scaling {
    double *shift, *factor, *fill;
    double *target_shift, *target_scale; /* [n_targets] */
    double *low, *high, *count;          /* scratch [n_inputs] */
    double *row, *column;                /* scratch [n_inputs], [n_rows] */
} scaling;

/* Computes mean, low, high and count of each input over the rows. Missing values do not count; a mean of nothing is
 * 0. Sums run in the order of the rows, so that they have the same bits everywhere. */
static void fit_means(const dataset *d, const uint32_t *rows, size_t n_rows, scaling *s, double *mean)
{
    size_t n = d->data.n_inputs;
    for (size_t j = 0; j < n; j++) {
        mean[j] = s->count[j] = 0.0;
        s->low[j] = NN_INF;
        s->high[j] = -NN_INF;
    }
    for (size_t i = 0; i < n_rows; i++) {
        dataset_row(&d->data, rows[i], s->row);
        for (size_t j = 0; j < n; j++) {
            double x = s->row[j];
            if (!isnan(x)) {
                mean[j] += x;
                s->count[j] += 1.0;
                s->low[j] = x < s->low[j] ? x : s->low[j];
                s->high[j] = x > s->high[j] ? x : s->high[j];
            }
        }
    }
    for (size_t j = 0; j < n; j++)
        mean[j] = s->count[j] > 0.0 ? mean[j] / s->count[j] : 0.0;
}

/* factor[j] = 1 / population standard deviation; 1 where an input is constant. */
static void fit_deviations(const dataset *d, const uint32_t *rows, size_t n_rows, scaling *s)
{
    size_t n = d->data.n_inputs;
    for (size_t j = 0; j < n; j++)
        s->factor[j] = 0.0;
    for (size_t i = 0; i < n_rows; i++) {
        dataset_row(&d->data, rows[i], s->row);
        for (size_t j = 0; j < n; j++) {
            double difference = s->row[j] - s->shift[j];
            s->factor[j] += isnan(difference) ? 0.0 : difference * difference;
        }
    }
    for (size_t j = 0; j < n; j++) {
        /* An input is constant where low is high: the mean of equal numbers can be off by a bit. */
        double deviation = s->low[j] < s->high[j] ? sqrt(s->factor[j] / s->count[j]) : 1.0;
        s->factor[j] = deviation > 0.0 ? 1.0 / deviation : 1.0;
    }
}

static void fit_scale(const dataset *d, const data_variant *v, const uint32_t *rows, size_t n_rows, scaling *s)
{
    data_scale scale = v->scale;
    for (size_t j = 0; j < d->data.n_inputs && scale == SCALE_DIVISOR; j++) {
        s->shift[j] = 0.0;
        s->factor[j] = 1.0 / v->divisor;
    }
    if (scale == SCALE_DIVISOR)
        return;
    fit_means(d, rows, n_rows, s, s->shift);
    if (scale == SCALE_STANDARDIZE) {
        fit_deviations(d, rows, n_rows, s);
        return;
    }
    for (size_t j = 0; j < d->data.n_inputs; j++) {
        bool varies = s->low[j] < s->high[j];
        s->factor[j] = varies ? 1.0 / (s->high[j] - s->low[j]) : 1.0;
        s->shift[j] = s->count[j] > 0.0 ? s->low[j] : 0.0;
    }
}

static int compare_reals(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double input(const nn_data *data, size_t row, size_t j)
{
    size_t at = row * data->n_inputs + j;
    if (data->input_type == NN_UINT8)
        return ((const uint8_t *)data->inputs)[at];
    return data->input_type == NN_FLOAT32 ? (double)((const float *)data->inputs)[at]
                                          : ((const double *)data->inputs)[at];
}

static double median(const dataset *d, const uint32_t *rows, size_t n_rows, size_t j, double *column)
{
    size_t n = 0;
    for (size_t i = 0; i < n_rows; i++) {
        double x = input(&d->data, rows[i], j);
        if (!isnan(x))
            column[n++] = x;
    }
    if (n == 0)
        return 0.0;
    qsort(column, n, sizeof *column, compare_reals);
    return n % 2 == 1 ? column[n / 2] : 0.5 * column[n / 2 - 1] + 0.5 * column[n / 2];
}

/* Fits shift, factor and fill on these rows alone. */
static void fit_scaling(const dataset *d, const data_variant *v, const uint32_t *rows, size_t n_rows, scaling *s)
{
    if (dataset_scales(d, v))
        fit_scale(d, v, rows, n_rows, s);
    if (dataset_scales_targets(d, v))
        data_target_fit(d, v->target_scale, rows, n_rows, s->target_shift, s->target_scale);
    if (!dataset_fills(d, v))
        return;
    if (v->missing == MISSING_MEAN) {
        fit_means(d, rows, n_rows, s, s->fill);
        return;
    }
    for (size_t j = 0; j < d->data.n_inputs; j++)
        s->fill[j] = median(d, rows, n_rows, j, s->column);
}

/* ---- the splitter ---- */

struct splitter {
    const dataset *data;
    bool fitted;
    data_variant variant; /* of the split that the buffers hold, as are seed and index */
    uint64_t seed;
    size_t index;
    nn_split split;
    uint32_t *order; /* [n_rows] */
    uint32_t *rows;  /* [n_rows] rows of train, then validation, then test */
    int8_t *owner;   /* [n_rows] nn_part, or IN_POOL for a row in no part */
    size_t n_strata;
    size_t *left;  /* [n_strata] rows of each class that have no owner yet */
    size_t *quota; /* [NN_N_PART][n_strata] */
    double *rest;  /* [n_strata] */
    size_t *start; /* [n_strata] for folds: rows of the classes before this one */
    double *reals; /* the one block that scaling points into */
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

/* Shares n rows among the classes in proportion to left[c], into quota[c], by largest remainder (the first class
 * where remainders are equal), and takes them from left. n must not be more than the sum of left; quota[c] is never
 * more than left[c]. */
static void share_out(splitter *s, size_t n, size_t *quota)
{
    size_t total = 0, given = 0;
    for (size_t c = 0; c < s->n_strata; c++)
        total += s->left[c];
    for (size_t c = 0; c < s->n_strata; c++) {
        /* The product is below 2^64, since numbers of rows fit in 32 bits. */
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

/* The block of item i when n items are cut into k blocks whose sizes differ by at most one, the larger blocks
 * first. */
static size_t block_of(size_t i, size_t n, size_t k)
{
    size_t small = n / k, n_large = n % k, in_large = n_large * (small + 1);
    return i < in_large ? i / (small + 1) : n_large + (i - in_large) / small;
}

/* Gives the last rows of each class to the test part, which is the same in all folds. Leaves in `left` how many rows of
 * each class are for the folds. */
static void deal_test(splitter *s, size_t n_test)
{
    count_strata(s);
    share_out(s, n_test, s->quota);
    memcpy(s->quota, s->left, s->n_strata * sizeof *s->left);
    for (size_t i = 0; i < s->data->n_pool; i++) {
        const uint32_t row = s->order[i];
        size_t *quota = &s->quota[stratum(s, row)];
        s->owner[row] = *quota > 0 ? IN_POOL : NN_TEST;
        *quota -= *quota > 0;
    }
}

/* Stratified folds deal rows out like cards, class after class, so that both fold sizes and class counts differ by at
 * most one. */
static void deal_folds(splitter *s, uint32_t fold, size_t n_test)
{
    size_t n = s->data->n_pool - n_test, k = (size_t)s->data->spec->split.folds, dealt = 0;
    deal_test(s, n_test);
    size_t before = 0;
    for (size_t c = 0; c < s->n_strata; c++) {
        s->start[c] = before;
        before += s->left[c];
    }
    for (size_t i = 0; i < s->data->n_pool; i++) {
        uint32_t row = s->order[i];
        if (s->owner[row] == NN_TEST)
            continue;
        size_t at = s->n_strata > 1 ? s->start[stratum(s, row)]++ % k : block_of(dealt, n, k);
        s->owner[row] = at == fold ? NN_VALIDATION : NN_TRAIN;
        dealt++;
    }
}

/* Shares n rows among the classes by their training rows, into quota[c], so that each quota grows with n (Webster's
 * method): the next row goes to the class with the lowest (quota + 1/2) / rows. */
static void share_growing(splitter *s, size_t n, size_t *quota)
{
    memset(quota, 0, s->n_strata * sizeof *quota);
    for (size_t i = 0; i < n; i++) {
        size_t best = 0;
        double lowest = NN_INF;
        for (size_t c = 0; c < s->n_strata; c++) {
            const double claim = ((double)quota[c] + 0.5) / (double)s->left[c];
            if (quota[c] < s->left[c] && claim < lowest) {
                best = c;
                lowest = claim;
            }
        }
        quota[best]++;
    }
}

/* Leaves the first n rows in the training part, in the order in which rows are dealt. */
static void keep_first(splitter *s, size_t n, size_t n_ordered)
{
    size_t n_train = 0;
    memset(s->left, 0, s->n_strata * sizeof *s->left);
    for (size_t i = 0; i < n_ordered; i++)
        if (s->owner[s->order[i]] == NN_TRAIN) {
            s->left[stratum(s, s->order[i])]++;
            n_train++;
        }
    share_growing(s, n < n_train ? n : n_train, s->quota);
    for (size_t i = 0; i < n_ordered; i++) {
        const uint32_t row = s->order[i];
        size_t *quota = &s->quota[stratum(s, row)];
        if (s->owner[row] == NN_TRAIN && *quota == 0)
            s->owner[row] = IN_POOL;
        else if (s->owner[row] == NN_TRAIN)
            (*quota)--;
    }
}

/* Takes the rows with missing inputs out of their parts. */
static void drop_rows(splitter *s)
{
    const nn_data *data = &s->data->data;
    for (size_t i = 0; i < data->n_rows && s->data->n_missing > 0; i++) {
        bool missing = false;
        dataset_row(data, i, s->scaling.row);
        for (size_t j = 0; j < data->n_inputs; j++)
            missing |= isnan(s->scaling.row[j]);
        s->owner[i] = missing ? IN_POOL : s->owner[i];
    }
}

/* Gives every row its owner. Where the files give all rows their part, rows are ordered for keep_first alone. */
static void deal(splitter *s, const data_variant *v, uint64_t seed, uint32_t repeat, uint32_t fold)
{
    const dataset *d = s->data;
    const size_t n_ordered = d->n_pool > 0 ? d->n_pool : d->data.n_rows;
    size_t n[NN_N_PART];
    if (d->part_column != NULL)
        memcpy(s->owner, d->part_column, d->data.n_rows);
    if (split_is_random(d, v))
        nn_permutation(nn_stream_key(seed, repeat, NN_FOR_SPLIT), 0, n_ordered, s->order);
    else
        for (size_t i = 0; i < n_ordered; i++)
            s->order[i] = (uint32_t)i;
    split_pool_sizes(d, fold, n);
    if (d->given != NULL)
        memcpy(s->owner, dataset_given_split(d, repeat, fold), d->data.n_rows);
    else if (d->n_pool > 0 && d->spec->split.kind == SPLIT_FOLDS)
        deal_folds(s, fold, n[NN_TEST]);
    else if (d->n_pool > 0)
        deal_sizes(s, n);
    if (v->train_rows > 0)
        keep_first(s, v->train_rows, n_ordered);
    if (v->drops)
        drop_rows(s);
}

/* Lists the rows of each part in file order. */
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

/* Allocates one block and points the arrays of scaling into it. */
static bool new_scaling(splitter *s)
{
    const dataset *d = s->data;
    size_t n = d->data.n_inputs, n_rows = d->data.n_rows;
    s->reals = malloc((7 * n + n_rows + 2 * d->data.n_targets) * sizeof *s->reals);
    if (s->reals == NULL)
        return false;
    double *targets = s->reals + 7 * n + n_rows;
    s->scaling = (scaling){.shift = s->reals,
                           .factor = s->reals + n,
                           .fill = s->reals + 2 * n,
                           .target_shift = targets,
                           .target_scale = targets + d->data.n_targets,
                           .low = s->reals + 3 * n,
                           .high = s->reals + 4 * n,
                           .count = s->reals + 5 * n,
                           .row = s->reals + 6 * n,
                           .column = s->reals + 7 * n};
    return true;
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

/* Does the splitter hold the split of this variant? */
static bool is_held(const splitter *s, const data_variant *v, uint64_t seed, size_t index)
{
    const data_variant *held = &s->variant;
    return s->fitted && s->seed == seed && s->index == index && held->scale == v->scale &&
           held->divisor == v->divisor && held->missing == v->missing && held->drops == v->drops &&
           held->train_rows == v->train_rows && held->target_scale == v->target_scale;
}

const nn_split *data_splitter_get(splitter *s, const data_variant *v, uint64_t seed, uint32_t repeat, uint32_t fold)
{
    const dataset *d = s->data;
    const data_variant variant = variant_of(d, v);
    const size_t index = dataset_split_index(d, &variant, repeat, fold);
    const bool scales = dataset_scales(d, &variant), fills = dataset_fills(d, &variant),
               targets = dataset_scales_targets(d, &variant);
    if (is_held(s, &variant, seed, index))
        return &s->split;
    deal(s, &variant, seed, repeat, fold);
    gather_rows(s);
    fit_scaling(d, &variant, s->split.rows[NN_TRAIN], s->split.n[NN_TRAIN], &s->scaling);
    s->split.shift = scales ? s->scaling.shift : NULL;
    s->split.factor = scales ? s->scaling.factor : NULL;
    s->split.fill = fills ? s->scaling.fill : NULL;
    s->split.target_shift = targets ? s->scaling.target_shift : NULL;
    s->split.target_scale = targets ? s->scaling.target_scale : NULL;
    s->fitted = true;
    s->variant = variant;
    s->seed = seed;
    s->index = index;
    return &s->split;
}

/* ---- what no training row shows ---- */

bool dataset_is_category(const dataset *d, size_t input)
{
    const bool one_hot = d->spec->one_hot.n > 0 || d->spec->one_hot_text;
    return one_hot && d->input_names != NULL && strchr(d->input_names[input], '=') != NULL;
}

typedef struct absence {
    const splitter *s;
    bool *seen;      /* [n_classes] */
    uint32_t *alike; /* [n_inputs] inputs that had one value in the training rows so far */
    double *value;   /* [n_inputs] which; NaN: all were missing */
    size_t *absent;
} absence;

static void find_classes(const absence *a)
{
    const nn_data *data = &a->s->data->data;
    memset(a->seen, 0, data->n_classes * sizeof *a->seen);
    for (size_t i = 0; i < data->n_rows && data->classes != NULL; i++)
        a->seen[data->classes[i]] = a->seen[data->classes[i]] || a->s->owner[i] == NN_TRAIN;
    for (size_t c = 0; c < data->n_classes; c++)
        a->absent[c] += !a->seen[c];
}

/* Finds the inputs that have one value in all training rows; returns how many these are. */
static size_t find_alike(const absence *a)
{
    const nn_data *data = &a->s->data->data;
    size_t n = data->n_inputs;
    for (size_t j = 0; j < n; j++) {
        a->alike[j] = (uint32_t)j;
        a->value[j] = NN_NAN;
    }
    for (size_t i = 0; i < data->n_rows && n > 0; i++) {
        if (a->s->owner[i] != NN_TRAIN)
            continue;
        size_t left = 0;
        for (size_t k = 0; k < n; k++) {
            const size_t j = a->alike[k];
            const double x = input(data, i, j);
            if (isnan(a->value[j]))
                a->value[j] = x;
            if (isnan(x) || x == a->value[j])
                a->alike[left++] = (uint32_t)j;
        }
        n = left;
    }
    return n;
}

/* An input of numbers is told where at least a tenth of all rows differs: a rare pixel is no fault of the split. */
static void find_inputs(const absence *a)
{
    const dataset *d = a->s->data;
    const size_t n = find_alike(a), n_rows = d->data.n_rows;
    for (size_t k = 0; k < n; k++) {
        const size_t j = a->alike[k];
        size_t others = 0;
        for (size_t i = 0; i < n_rows; i++) {
            const double x = input(&d->data, i, j);
            others += !isnan(x) && x != a->value[j];
        }
        const bool told = dataset_is_category(d, j) ? a->value[j] != 1.0 : 10 * others >= n_rows;
        a->absent[d->data.n_classes + j] += told && others > 0;
    }
}

nn_status dataset_absent(const dataset *d, const data_variant *v, uint64_t seed, uint32_t repeats, size_t *n_splits,
                         size_t *absent, nn_error *err)
{
    const size_t folds = n_folds(d), all = dataset_n_splits(d, v, repeats), n_classes = d->data.n_classes,
                 n_inputs = d->data.n_inputs, most = 1 + MOST_DEALT / ((d->data.n_rows + 1) * (n_inputs / 16 + 1));
    const data_variant variant = variant_of(d, v);
    splitter *s = NULL;
    absence a = {.seen = calloc(n_classes + 1, sizeof *a.seen),
                 .alike = calloc(n_inputs + 1, sizeof *a.alike),
                 .value = calloc(n_inputs + 1, sizeof *a.value),
                 .absent = absent};
    nn_status status = a.seen != NULL && a.alike != NULL && a.value != NULL
                           ? data_splitter_new(d, &s, err)
                           : nn_fail(err, NN_memory, "not enough memory for a look at the splits");
    a.s = s;
    *n_splits = all < most ? all : most;
    memset(absent, 0, (n_classes + n_inputs) * sizeof *absent);
    for (size_t i = 0; i < *n_splits && status == NN_ok; i++) {
        deal(s, &variant, seed, (uint32_t)(i / folds), (uint32_t)(i % folds));
        find_classes(&a);
        find_inputs(&a);
    }
    data_splitter_free(s);
    free(a.seen);
    free(a.alike);
    free(a.value);
    return status;
}

/* ---- what is wrong with a split ---- */

/* Checks one size by itself. */
static nn_status check_size(loader *l, const part_size *size, int part)
{
    if (size->kind == SIZE_FRACTION && !(size->value > 0.0 && size->value <= 1.0)) {
        return data_spec_mistake(l, size->at, "%s: the fraction %.12g is not in (0, 1]", nn_part_names[part],
                                 size->value);
    }
    if (size->kind == SIZE_COUNT && !(size->value >= 1.0 && size->value <= 4e9 && size->value == rint(size->value)))
        return data_spec_mistake(l, size->at, "%s: %.12g is not a number of rows", nn_part_names[part], size->value);
    return NN_ok;
}

/* Checks that the parts do not ask for more rows than there are. */
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
            l, largest, "the split asks for %.0f rows, but there are %zu; ask for fewer, or for `rest`", asked, n_rows);
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
            status = data_spec_mistake(l, where, "the %s part has no row: this split gives it none of the %zu rows",
                                       nn_part_names[p], d->n_pool);
        }
    }
    return status;
}

/* Checks a split whose rows all have a part of their own. */
static nn_status check_parts(loader *l, const dataset *d)
{
    const split_spec *s = &d->spec->split;
    if (d->n_fixed[NN_TRAIN] > 0)
        return NN_ok;
    return s->kind == SPLIT_COLUMN
               ? data_spec_mistake(l, s->at, "column '%s' has no row with the value train", s->column)
               : data_spec_mistake(l, d->spec->at, "the data have no training row");
}

/* Beside the folds there may be a test part. */
static nn_status check_folds(loader *l, const dataset *d)
{
    const split_spec *s = &d->spec->split;
    const part_size *test = &s->size[NN_TEST];
    size_t n[NN_N_PART];
    nn_status status = check_size(l, test, NN_TEST);
    if (status == NN_ok)
        status = check_sums(l, s->size, d->n_pool, s->at);
    if (status != NN_ok)
        return status;
    size_parts(s->size, d->n_pool, n);
    if (test->kind != SIZE_NONE && n[NN_TEST] == 0)
        return data_spec_mistake(l, test->at, "the test part has no row: this split gives it none of the %zu rows",
                                 d->n_pool);
    if (s->folds < 2 || (size_t)s->folds > d->n_pool - n[NN_TEST])
        return data_spec_mistake(
            l, s->at, "%d folds of %zu rows; the number of folds is at least 2 and at most the number of rows",
            s->folds, d->n_pool - n[NN_TEST]);
    return NN_ok;
}

nn_status data_split_check(loader *l, dataset *d)
{
    const split_spec *s = &d->spec->split;
    nn_status status = NN_ok;
    if (d->data.n_rows > UINT32_MAX)
        return data_spec_mistake(l, d->spec->at, "%zu rows are more than %u", d->data.n_rows, UINT32_MAX);
    if (d->spec->scale == SCALE_DIVISOR && !(d->spec->divisor > 0.0 && isfinite(d->spec->divisor)))
        return data_spec_mistake(l, d->spec->at, "scale: the divisor must be a number above 0");
    if (s->stratify && d->data.classes == NULL)
        return data_spec_mistake(l, s->at, "stratify needs classes, but the task is regression; leave stratify out");
    if (s->kind == SPLIT_FILE)
        return data_splits_read(l, d);
    if (s->kind == SPLIT_FOLDS && check_folds(l, d) != NN_ok)
        return NN_data;
    if (d->n_pool == 0)
        status = check_parts(l, d);
    else if (s->kind == SPLIT_SIZES || (s->kind == SPLIT_DEFAULT && !default_is_all(d)))
        status = check_sizes(l, d);
    return status;
}

/* Splits the variance between cells among settings and pairs of settings. */
#include "results/importance.h"
#include "nn_random.h"
#include "results/gram.h"
#include "results/statistics.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAN_VALUE ((double)NAN)
#define NO_CELL   SIZE_MAX
/* Of the random orders and resamples; any number would do. */
#define ORDER_KEY    0x696d706f7274u
#define RESAMPLE_KEY 0x626f6f747374u

enum {
    ALL_ORDERS = 10,  /* up to so many terms all orders are averaged */
    SOME_ORDERS = 32, /* else so many */
    MOST_STEPS = 500, /* of the conjugate gradients */
    FEWEST_RESAMPLES = 20
};
static const double most_work = 2e9; /* of the bootstrap, in multiply-adds: some seconds */

/* The cells that count, and room for the fits. */
typedef struct study {
    size_t n, n_axes, n_terms; /* cells, ... */
    importance_term *terms;    /* [n_terms] */
    double *mean;              /* [n] of each cell */
    double noise;              /* variance of such a mean by repeats alone */
    uint32_t *column;          /* [n_terms][n] the level, or the pair of levels, that a cell has */
    size_t *n_columns;         /* [n_terms] how many there are */
    size_t *first;             /* [n_terms + 1] where the coefficients of a term begin */
    double *weight;            /* [n] how often a cell counts */
    double *y, *rest, *step;   /* [n] centred means, residuals, changes of the fit */
    double *total;             /* [all columns] weights of the cells of each column */
    double *slope, *direction; /* [all columns] */
    double *gain;              /* [n_terms] variance that each explains */
    double *freedom;           /* [n_terms] degrees of freedom */
    gram_source columns;       /* of `gram` */
    gram *gram;                /* NULL: of too many columns, so that conjugate gradients are faster */
} study;

/* ---- terms and columns ---- */

static size_t n_terms_of(size_t n_axes, bool pairs)
{
    return pairs ? n_axes + n_axes * (n_axes - (n_axes > 0)) / 2 : n_axes;
}

static void name_terms(importance_term *terms, size_t n_axes, bool pairs)
{
    size_t n = 0;
    for (size_t a = 0; a < n_axes; a++)
        terms[n++] = (importance_term){a, a, NAN_VALUE, NAN_VALUE, NAN_VALUE};
    for (size_t a = 0; a < n_axes && pairs; a++)
        for (size_t b = a + 1; b < n_axes; b++)
            terms[n++] = (importance_term){a, b, NAN_VALUE, NAN_VALUE, NAN_VALUE};
}

/* Orders numbers, NaN last. */
static int by_number(const void *a, const void *b)
{
    const double p = *(const double *)a, q = *(const double *)b;
    if (isnan(p) || isnan(q))
        return (isnan(p) != 0) - (isnan(q) != 0);
    return (p > q) - (p < q);
}

/* Numbers the distinct values among the cells that count; returns how many there are. sorted: [n] scratch. */
static size_t number_levels(const double *setting, const size_t *cells, size_t n, double *sorted, uint32_t *level)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        sorted[i] = setting[cells[i]];
    qsort(sorted, n, sizeof *sorted, by_number);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || by_number(&sorted[kept - 1], &sorted[i]) != 0)
            sorted[kept++] = sorted[i];
    for (size_t i = 0; i < n; i++) {
        const double *at = bsearch(&setting[cells[i]], sorted, kept, sizeof *sorted, by_number);
        level[i] = (uint32_t)(at - sorted);
    }
    return kept;
}

typedef struct place_of {
    uint64_t pair;
    size_t cell;
} place_of;

static int by_pair(const void *a, const void *b)
{
    const place_of *p = a, *q = b;
    return (p->pair > q->pair) - (p->pair < q->pair);
}

/* Numbers the pairs of levels that occur; returns how many there are. places: [n] scratch. */
static size_t number_pairs(const uint32_t *a, const uint32_t *b, size_t n, place_of *places, uint32_t *column)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++)
        places[i] = (place_of){(uint64_t)a[i] << 32 | b[i], i};
    qsort(places, n, sizeof *places, by_pair);
    for (size_t i = 0; i < n; i++) {
        found += i == 0 || places[i].pair != places[i - 1].pair;
        column[places[i].cell] = (uint32_t)(found - 1);
    }
    return found;
}

/* ---- the cells that count ---- */

/* Counts the runs of each cell, and those with a finite value. */
static void count_runs(const importance_runs *runs, size_t *all, size_t *valued)
{
    for (size_t i = 0; i < runs->n_runs; i++) {
        all[(size_t)runs->cell[i]]++;
        valued[(size_t)runs->cell[i]] += isfinite(runs->value[i]) != 0;
    }
}

/* Lists the cells whose runs all have a value, and that have as many as the cell with the most. */
static size_t list_cells(const importance_runs *runs, const size_t *all, const size_t *valued, size_t *cells,
                         size_t *n_repeats)
{
    size_t n = 0;
    *n_repeats = 0;
    for (size_t c = 0; c < runs->n_cells; c++)
        *n_repeats = all[c] == valued[c] && all[c] > *n_repeats ? all[c] : *n_repeats;
    for (size_t c = 0; c < runs->n_cells; c++)
        if (all[c] > 0 && all[c] == valued[c] && all[c] == *n_repeats)
            cells[n++] = c;
    return n;
}

/* Fills table[n][n_repeats] with the values of the cells' runs. at: [n_cells] scratch. */
static void fill_table(const importance_runs *runs, const size_t *cells, size_t n, size_t n_repeats, size_t *at,
                       double *table)
{
    for (size_t c = 0; c < runs->n_cells; c++)
        at[c] = NO_CELL;
    for (size_t i = 0; i < n; i++)
        at[cells[i]] = i * n_repeats;
    for (size_t i = 0; i < runs->n_runs; i++)
        if (at[(size_t)runs->cell[i]] != NO_CELL)
            table[at[(size_t)runs->cell[i]]++] = runs->value[i];
}

static double mean_of(const double *values, size_t n, size_t stride)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i * stride];
    return sum / (double)n;
}

/* The variance of a cell's mean that repeats alone give: from what is left of each value beyond the mean of its cell
 * and that of its repeat, since a repeat has the same split and starts in all cells and does not set them apart. */
static double noise_of(const double *table, const double *mean, size_t n, size_t n_repeats)
{
    double squares = 0;
    const double grand = n > 0 ? mean_of(mean, n, 1) : 0;
    if (n < 2 || n_repeats < 2)
        return 0;
    for (size_t k = 0; k < n_repeats; k++) {
        const double of_repeat = mean_of(table + k, n, n_repeats);
        for (size_t i = 0; i < n; i++) {
            const double left = table[i * n_repeats + k] - mean[i] - of_repeat + grand;
            squares += left * left;
        }
    }
    return squares / ((double)(n - 1) * (double)(n_repeats - 1)) / (double)n_repeats;
}

/* ---- exact shares of a product ---- */

static bool is_product(const study *s)
{
    double product = 1;
    for (size_t a = 0; a < s->n_axes; a++)
        product *= (double)s->n_columns[a];
    return product == (double)s->n;
}

/* Writes the mean of the cells of each column of a term. */
static void means_of_columns(const study *s, size_t term, double *means)
{
    const uint32_t *column = s->column + term * s->n;
    double *count = s->direction;
    for (size_t k = 0; k < s->n_columns[term]; k++)
        means[k] = count[k] = 0;
    for (size_t i = 0; i < s->n; i++) {
        means[column[i]] += s->y[i];
        count[column[i]]++;
    }
    for (size_t k = 0; k < s->n_columns[term]; k++)
        means[k] /= count[k];
}

/* The mean over cells of the squared effect of a term: that of its column, without those of its settings. */
static double squared_effect(const study *s, size_t term)
{
    const importance_term *t = &s->terms[term];
    const double *own = s->slope + s->first[term], *a = s->slope + s->first[t->a], *b = s->slope + s->first[t->b];
    double sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        double effect = own[s->column[term * s->n + i]];
        if (t->a != t->b)
            effect -= a[s->column[t->a * s->n + i]] + b[s->column[t->b * s->n + i]];
        sum += effect * effect;
    }
    return sum / (double)s->n;
}

static void explain_product(const study *s)
{
    for (size_t t = 0; t < s->n_terms; t++)
        means_of_columns(s, t, s->slope + s->first[t]);
    for (size_t t = 0; t < s->n_terms; t++)
        s->gain[t] = squared_effect(s, t);
}

/* ---- least squares ---- */

/* out = X direction for the terms of a set. */
static void apply(const study *s, const bool *in, const double *direction, double *out)
{
    memset(out, 0, s->n * sizeof *out);
    for (size_t t = 0; t < s->n_terms; t++)
        for (size_t i = 0; in[t] && i < s->n; i++)
            out[i] += direction[s->first[t] + s->column[t * s->n + i]];
}

/* slope = X' W rest. */
static void apply_back(const study *s, const bool *in)
{
    memset(s->slope, 0, s->first[s->n_terms] * sizeof *s->slope);
    for (size_t t = 0; t < s->n_terms; t++)
        for (size_t i = 0; in[t] && i < s->n; i++)
            s->slope[s->first[t] + s->column[t * s->n + i]] += s->weight[i] * s->rest[i];
}

/* Scales the slope by the weights of the columns, adds it to `keep` times the direction, and returns their product. */
static double turn(const study *s, double keep)
{
    double sum = 0;
    for (size_t k = 0; k < s->first[s->n_terms]; k++) {
        const double scaled = s->total[k] > 0 ? s->slope[k] / s->total[k] : 0;
        sum += scaled * s->slope[k];
        s->direction[k] = scaled + keep * s->direction[k];
    }
    return sum;
}

static double weighted_product(const study *s, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < s->n; i++)
        sum += s->weight[i] * a[i] * b[i];
    return sum;
}

static double scaled_square(const study *s)
{
    double sum = 0;
    for (size_t k = 0; k < s->first[s->n_terms]; k++)
        sum += s->total[k] > 0 ? s->slope[k] * s->slope[k] / s->total[k] : 0;
    return sum;
}

/* The variance that a set of terms explains, by conjugate gradients (Hestenes and Stiefel), which need no matrix and
 * take what is not of full rank. */
static double explained(const study *s, const bool *in)
{
    memcpy(s->rest, s->y, s->n * sizeof *s->rest);
    memset(s->direction, 0, s->first[s->n_terms] * sizeof *s->direction);
    apply_back(s, in);
    const double begin = turn(s, 0);
    double now = begin;
    for (int k = 0; k < MOST_STEPS && now > 1e-22 * begin; k++) {
        apply(s, in, s->direction, s->step);
        const double length = weighted_product(s, s->step, s->step);
        if (!(length > 0))
            break;
        for (size_t i = 0; i < s->n; i++)
            s->rest[i] -= now / length * s->step[i];
        apply_back(s, in);
        const double next = scaled_square(s);
        turn(s, next / now);
        now = next;
    }
    for (size_t i = 0; i < s->n; i++)
        s->step[i] = s->y[i] - s->rest[i];
    return weighted_product(s, s->step, s->step) / (double)s->n;
}

/* ---- orders ---- */

/* May the term enter: is it a setting, or a pair whose settings are in? */
static bool may_enter(const study *s, const bool *in, size_t term)
{
    return !in[term] && (s->terms[term].a == s->terms[term].b || (in[s->terms[term].a] && in[s->terms[term].b]));
}

static void set_of(size_t mask, size_t n, bool *in)
{
    for (size_t t = 0; t < n; t++)
        in[t] = (mask >> t & 1) != 0;
}

/* Fills value[set] with the variance that each set explains which holds `set`, and of the other terms those after the last
 * of it. Every set that an order leads to is reached once, since pairs come after settings. */
static void explain_sets(const study *s, size_t set, size_t depth, double *value)
{
    bool in[ALL_ORDERS];
    for (size_t t = 0; t < s->n_terms; t++) {
        const size_t more = set | (size_t)1 << t;
        set_of(set, s->n_terms, in);
        if (set >> t != 0 || !may_enter(s, in, t))
            continue;
        in[t] = true;
        value[more] = s->gram == NULL ? explained(s, in)
                                      : value[set] + results_gram_enter(s->gram, depth, depth + 1, t) / (double)s->n;
        explain_sets(s, more, depth + 1, value);
    }
}

/* Averages over all orders: `from` and `to` count the ways from no term to a set and from it to all terms. */
static void explain_by_all_orders(const study *s)
{
    enum { MOST = 1 << ALL_ORDERS };
    double from[MOST] = {1}, to[MOST] = {0}, value[MOST] = {0};
    const size_t n = s->n_terms, all = ((size_t)1 << n) - 1;
    bool in[ALL_ORDERS];
    explain_sets(s, 0, 0, value);
    for (size_t set = 0; set <= all; set++) {
        set_of(set, n, in);
        for (size_t t = 0; t < n && from[set] > 0; t++)
            from[set | (size_t)1 << t] += may_enter(s, in, t) ? from[set] : 0;
    }
    to[all] = 1;
    for (size_t set = all + 1; set-- > 0;) {
        set_of(set, n, in);
        for (size_t t = 0; t < n && from[set] > 0; t++)
            if (may_enter(s, in, t)) {
                const size_t more = set | (size_t)1 << t;
                to[set] += to[more];
                s->gain[t] += from[set] / from[all] * to[more] * (value[more] - value[set]);
            }
    }
}

/* The matrix of all terms is kept; the others take turns. */
static size_t level_of(size_t n_entered)
{
    return n_entered == 0 ? 0 : 1 + n_entered % 2;
}

/* Adds the gains of one order: always the first term of a permutation that may enter. */
static void explain_by_order(const study *s, const uint32_t *order, bool *in, double share)
{
    double before = 0;
    memset(in, 0, s->n_terms * sizeof *in);
    for (size_t k = 0; k < s->n_terms; k++) {
        size_t next = 0;
        while (!may_enter(s, in, order[next]))
            next++;
        in[order[next]] = true;
        const double more = s->gram == NULL
                                ? explained(s, in) - before
                                : results_gram_enter(s->gram, level_of(k), level_of(k + 1), order[next]) / (double)s->n;
        s->gain[order[next]] += share * more;
        before += more;
    }
}

static nn_status explain_by_some_orders(const study *s, nn_error *err)
{
    uint32_t *order = malloc(s->n_terms * sizeof *order);
    bool *in = malloc(s->n_terms * sizeof *in);
    const bool enough = order != NULL && in != NULL;
    for (uint32_t k = 0; k < SOME_ORDERS && enough; k++) {
        nn_permutation(ORDER_KEY, k, s->n_terms, order);
        explain_by_order(s, order, in, 1.0 / SOME_ORDERS);
    }
    free(order);
    free(in);
    return enough ? NN_ok : nn_fail(err, NN_memory, "not enough memory for %zu settings", s->n_axes);
}

/* ---- degrees of freedom ---- */

static double used_columns(const study *s, size_t term)
{
    double n = 0;
    for (size_t k = s->first[term]; k < s->first[term + 1]; k++)
        n += s->total[k] > 0;
    return n;
}

static uint32_t root_of(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

/* How many parts the levels of two settings fall into, where levels hang together that a cell has both of. */
static double components(const study *s, size_t a, size_t b, uint32_t *parent)
{
    const uint32_t n_a = (uint32_t)s->n_columns[a];
    double n = used_columns(s, a) + used_columns(s, b);
    for (uint32_t i = 0; i < n_a + s->n_columns[b]; i++)
        parent[i] = i;
    for (size_t i = 0; i < s->n; i++) {
        if (!(s->weight[i] > 0))
            continue;
        const uint32_t p = root_of(parent, s->column[a * s->n + i]), q = root_of(parent, n_a + s->column[b * s->n + i]);
        n -= p != q;
        parent[p] = q;
    }
    return n;
}

/* Of a setting one fewer than its levels; of a pair what its columns have beyond its settings. Where terms share some,
 * as those of settings that change together, all are made smaller alike. */
static void count_freedom(const study *s, uint32_t *parent)
{
    double sum = 0, cells = 0;
    for (size_t i = 0; i < s->n; i++)
        cells += s->weight[i] > 0;
    for (size_t t = 0; t < s->n_terms; t++) {
        const importance_term *of = &s->terms[t];
        s->freedom[t] = used_columns(s, t) - 1;
        if (of->a != of->b)
            s->freedom[t] -= used_columns(s, of->a) + used_columns(s, of->b) - components(s, of->a, of->b, parent) - 1;
        sum += s->freedom[t];
    }
    for (size_t t = 0; t < s->n_terms && sum > cells - 1; t++)
        s->freedom[t] *= (cells - 1) / sum;
}

/* ---- shares ---- */

static void centre(const study *s)
{
    double sum = 0;
    for (size_t i = 0; i < s->n; i++)
        sum += s->weight[i] * s->mean[i] / (double)s->n;
    for (size_t i = 0; i < s->n; i++)
        s->y[i] = s->mean[i] - sum;
}

static void weigh_columns(const study *s)
{
    memset(s->total, 0, s->first[s->n_terms] * sizeof *s->total);
    for (size_t t = 0; t < s->n_terms; t++)
        for (size_t i = 0; i < s->n; i++)
            s->total[s->first[t] + s->column[t * s->n + i]] += s->weight[i];
}

static nn_status explain(const study *s, bool exact, nn_error *err)
{
    memset(s->gain, 0, s->n_terms * sizeof *s->gain);
    if (s->gram != NULL)
        results_gram_fill(s->gram, s->weight, s->y);
    if (exact)
        explain_product(s);
    else if (s->n_terms <= ALL_ORDERS)
        explain_by_all_orders(s);
    else
        return explain_by_some_orders(s, err);
    return NN_ok;
}

/* Takes the part of the repeats off what a term explains; what is left of rounding is nothing. */
static double without_repeats(double variance, double freedom, double noise, double total)
{
    const double share = variance - freedom * noise;
    return share > 1e-12 * total ? share : 0;
}

/* Computes the shares of all terms and, last, of what they leave; returns what the repeats gave. */
static double shares_of(const study *s, double *shares)
{
    const double total = weighted_product(s, s->y, s->y) / (double)s->n, noise = s->noise / (double)s->n;
    const double rounding = 1e-26 * weighted_product(s, s->mean, s->mean) / (double)s->n;
    double left = total, freedom = (double)s->n - 1, sum = 0;
    for (size_t t = 0; t < s->n_terms; t++) {
        left -= s->gain[t];
        freedom -= s->freedom[t];
        shares[t] = without_repeats(s->gain[t], s->freedom[t], noise, total);
        sum += shares[t];
    }
    shares[s->n_terms] = freedom > 0.5 ? without_repeats(left, freedom, noise, total) : 0;
    sum += shares[s->n_terms];
    for (size_t t = 0; t <= s->n_terms; t++)
        shares[t] = sum > rounding ? shares[t] / sum : NAN_VALUE;
    return total > rounding ? fmin(1, ((double)s->n - 1) * noise / total) : NAN_VALUE;
}

/* shares: [n_terms + 1]. parent: scratch for all levels of two settings. */
static nn_status compute_shares(const study *s, bool exact, uint32_t *parent, double *shares, double *repeats,
                                nn_error *err)
{
    centre(s);
    weigh_columns(s);
    count_freedom(s, parent);
    const nn_status status = explain(s, exact, err);
    *repeats = shares_of(s, shares);
    return status;
}

/* ---- the bootstrap over cells ---- */

/* Fewer resamples where they would take long. */
static size_t affordable(const study *s, size_t most)
{
    static const double fits_of_all[] = {1, 1, 5, 18, 113};
    const double steps = 2 * 20 * (double)s->n_terms * (double)s->n;
    const double fits =
        s->n_terms <= ALL_ORDERS ? fits_of_all[s->n_axes < 4 ? s->n_axes : 4] : SOME_ORDERS * (double)s->n_terms;
    const double n = most_work / (steps * fits);
    return n >= (double)most ? most : n > FEWEST_RESAMPLES ? (size_t)n : FEWEST_RESAMPLES;
}

/* Draws n cells with replacement: draw i is word i % 4 of the counter (resample, 0, 0, i / 4). */
static void draw_cells(const study *s, size_t resample)
{
    uint32_t words[4] = {0};
    memset(s->weight, 0, s->n * sizeof *s->weight);
    for (size_t i = 0; i < s->n; i++) {
        if (i % 4 == 0)
            nn_philox(RESAMPLE_KEY, (uint32_t)resample, 0, 0, (uint32_t)(i / 4), words);
        s->weight[(size_t)((uint64_t)words[i % 4] * s->n >> 32)]++;
    }
}

/* Sets the 95% interval of a term to the quantiles of its shares in the resamples that have any. values: [n] scratch. */
static void set_interval(importance_term *term, const double *shares, size_t n, size_t stride, double *values)
{
    size_t used = 0;
    for (size_t k = 0; k < n; k++)
        if (!isnan(shares[k * stride]))
            values[used++] = shares[k * stride];
    if (used == 0)
        return;
    qsort(values, used, sizeof *values, by_number);
    term->low = results_quantile(values, used, 0.025);
    term->high = results_quantile(values, used, 0.975);
}

static nn_status resample(const study *s, size_t n, uint32_t *parent, nn_error *err)
{
    const size_t stride = s->n_terms + 1;
    double *shares = malloc((n * stride + n + 1) * sizeof *shares), unused;
    nn_status status = shares != NULL ? NN_ok : nn_fail(err, NN_memory, "not enough memory for %zu resamples", n);
    for (size_t k = 0; k < n && status == NN_ok; k++) {
        draw_cells(s, k);
        status = compute_shares(s, false, parent, shares + k * stride, &unused, err);
    }
    for (size_t t = 0; t < s->n_terms && status == NN_ok; t++)
        set_interval(&s->terms[t], shares + t, n, stride, shares + n * stride);
    free(shares);
    return status;
}

/* ---- all ---- */

static void study_free(study *s)
{
    results_gram_free(s->gram);
    void *const all[] = {s->mean, s->column, s->n_columns, s->first,     s->weight, s->y,      s->rest,
                         s->step, s->total,  s->slope,     s->direction, s->gain,   s->freedom};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

/* Numbers the columns of all terms. scratch: [n] of the size of a place_of. */
static void number_columns(study *s, const importance_runs *runs, const size_t *cells, place_of *scratch)
{
    for (size_t t = 0; t < s->n_terms; t++) {
        const importance_term *of = &s->terms[t];
        uint32_t *column = s->column + t * s->n;
        s->n_columns[t] = of->a == of->b
                              ? number_levels(runs->setting[of->a], cells, s->n, (double *)scratch, column)
                              : number_pairs(s->column + of->a * s->n, s->column + of->b * s->n, s->n, scratch, column);
        s->first[t + 1] = s->first[t] + s->n_columns[t];
    }
}

static nn_status study_columns(study *s, const importance_runs *runs, const size_t *cells, nn_error *err)
{
    const size_t n = s->n + 1, terms = s->n_terms + 1;
    place_of *scratch = malloc(n * sizeof *scratch);
    s->column = malloc(terms * n * sizeof *s->column);
    s->n_columns = calloc(terms, sizeof *s->n_columns);
    s->first = calloc(terms, sizeof *s->first);
    const bool enough = scratch != NULL && s->column != NULL && s->n_columns != NULL && s->first != NULL;
    if (enough)
        number_columns(s, runs, cells, scratch);
    free(scratch);
    return enough ? NN_ok : nn_fail(err, NN_memory, "not enough memory for %zu cells", s->n);
}

static nn_status study_buffers(study *s, nn_error *err)
{
    const size_t n = s->n + 1, columns = s->first[s->n_terms] + 1, terms = s->n_terms + 1;
    const struct {
        double **to;
        size_t n;
    } all[] = {{&s->weight, n},
               {&s->y, n},
               {&s->rest, n},
               {&s->step, n},
               {&s->total, columns},
               {&s->slope, columns},
               {&s->direction, columns},
               {&s->gain, terms},
               {&s->freedom, terms}};
    bool enough = true;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        enough &= (*all[i].to = calloc(all[i].n, sizeof(double))) != NULL;
    for (size_t i = 0; i < s->n && enough; i++)
        s->weight[i] = 1;
    return enough ? NN_ok : nn_fail(err, NN_memory, "not enough memory for %zu cells", s->n);
}

/* Is it faster to sweep a matrix of so many columns, once for each order, than to take the steps of the gradients for each
 * term of it? */
static bool is_small(const study *s, size_t n_columns)
{
    enum { STEPS = 40, MOST_COLUMNS = 1000 };
    const double p = (double)n_columns, terms = (double)s->n_terms;
    return n_columns <= MOST_COLUMNS && p * p * p / 3 <= STEPS * terms * terms * (double)s->n;
}

/* Lays the matrix of all columns out, where they are few. */
static nn_status study_gram(study *s, nn_error *err)
{
    uint8_t *kept = malloc(s->first[s->n_terms] + 1);
    s->columns = (gram_source){s->n, s->n_terms, s->terms, s->column, s->first};
    bool enough = kept != NULL;
    if (enough && is_small(s, results_gram_columns(&s->columns, kept))) {
        s->gram = results_gram_new(&s->columns, s->n_terms <= ALL_ORDERS ? s->n_terms + 1 : 3);
        enough = s->gram != NULL;
    }
    free(kept);
    return enough ? NN_ok : nn_fail(err, NN_memory, "not enough memory for %zu cells", s->n);
}

/* Fills the means of the cells that count, and the noise. */
static nn_status study_means(study *s, const importance_runs *runs, const size_t *cells, size_t n_repeats, size_t *at,
                             nn_error *err)
{
    double *table = malloc((s->n * n_repeats + 1) * sizeof *table);
    s->mean = malloc((s->n + 1) * sizeof *s->mean);
    const bool enough = table != NULL && s->mean != NULL;
    if (enough) {
        fill_table(runs, cells, s->n, n_repeats, at, table);
        for (size_t i = 0; i < s->n; i++)
            s->mean[i] = mean_of(table + i * n_repeats, n_repeats, 1);
        s->noise = noise_of(table, s->mean, s->n, n_repeats);
    }
    free(table);
    return enough ? NN_ok : nn_fail(err, NN_memory, "not enough memory for %zu runs", runs->n_runs);
}

/* Do the settings, without pairs, have as many free values as the cells have differences? */
static bool explains_anything(const study *s)
{
    size_t free_values = 0;
    for (size_t t = 0; t < s->n_terms; t++)
        if (s->terms[t].a == s->terms[t].b)
            free_values += s->n_columns[t] - 1;
    return free_values + 1 >= s->n;
}

static nn_status study_shares(study *s, size_t most_resamples, importance *out, nn_error *err)
{
    double *shares = malloc((s->n_terms + 1) * sizeof *shares);
    uint32_t *parent = malloc((2 * s->n + 1) * sizeof *parent);
    nn_status status = shares != NULL && parent != NULL ? NN_ok : nn_fail(err, NN_memory, "not enough memory");
    out->exact = is_product(s);
    if (status == NN_ok && !out->exact)
        status = study_gram(s, err);
    if (status == NN_ok)
        status = compute_shares(s, out->exact, parent, shares, &out->repeats, err);
    out->too_few = !out->exact && explains_anything(s);
    for (size_t t = 0; t < s->n_terms && status == NN_ok; t++)
        s->terms[t].share = out->too_few ? NAN_VALUE : shares[t];
    if (status == NN_ok)
        out->higher = out->too_few ? NAN_VALUE : shares[s->n_terms];
    out->n_resamples =
        out->exact || out->too_few || s->n < 2 || most_resamples == 0 ? 0 : affordable(s, most_resamples);
    if (status == NN_ok && out->n_resamples > 0)
        status = resample(s, out->n_resamples, parent, err);
    free(shares);
    free(parent);
    return status;
}

/* counts: [3][n_cells] scratch. */
static nn_status study_runs(const importance_runs *runs, size_t *counts, size_t most_resamples, importance *out,
                            nn_error *err)
{
    const size_t n = runs->n_cells;
    size_t n_repeats, *cells = counts + 2 * n, n_all = 0;
    study s = {.n_axes = runs->n_axes, .n_terms = out->n_terms, .terms = out->terms};
    count_runs(runs, counts, counts + n);
    for (size_t c = 0; c < n; c++)
        n_all += counts[c] > 0;
    s.n = out->n_cells = list_cells(runs, counts, counts + n, cells, &n_repeats);
    out->n_left_out = n_all - s.n;
    if (s.n == 0)
        return NN_ok;
    nn_status status = study_means(&s, runs, cells, n_repeats, counts, err);
    if (status == NN_ok)
        status = study_columns(&s, runs, cells, err);
    if (status == NN_ok)
        status = study_buffers(&s, err);
    if (status == NN_ok)
        status = study_shares(&s, most_resamples, out, err);
    study_free(&s);
    return status;
}

nn_status results_importance(const importance_runs *runs, size_t most_resamples, importance *out, nn_error *err)
{
    size_t *counts = calloc(3 * runs->n_cells + 1, sizeof *counts);
    *out = (importance){.higher = NAN_VALUE, .repeats = NAN_VALUE, .pairs = runs->n_axes <= IMPORTANCE_MOST_OF_PAIRS};
    out->n_terms = n_terms_of(runs->n_axes, out->pairs);
    out->terms = malloc((out->n_terms + 1) * sizeof *out->terms);
    nn_status status = NN_ok;
    if (counts == NULL || out->terms == NULL) {
        status = nn_fail(err, NN_memory, "not enough memory for %zu cells", runs->n_cells);
    } else {
        name_terms(out->terms, runs->n_axes, out->pairs);
        status = study_runs(runs, counts, most_resamples, out, err);
    }
    free(counts);
    if (status != NN_ok)
        results_importance_free(out);
    return status;
}

void results_importance_free(importance *i)
{
    free(i->terms);
    i->terms = NULL;
}

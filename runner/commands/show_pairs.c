/* Pairs the runs of two cells by repeat and fold. What a split has in common with others is read from /data/split, so
 * that the test fits whatever made the splits: random parts, folds, files. */
#include "commands/show_pairs.h"
#include "results/names.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

const char *const command_test_names[N_CELL_TEST] = {"corrected", "plain", "welch"};

/* The rows of a split. */
typedef struct split_rows {
    uint64_t all, part[NN_N_PART]; /* digests: of every row's part, and of the rows of each part */
    double n[NN_N_PART], n_rows;
} split_rows;

struct show_pairs {
    results_reader *r;
    show_metric metric;
    nn_part held; /* the part by whose rows the metric judges */
    bool by_repeat;
    size_t n_runs, n_splits;
    double *status, *cell, *repeat, *fold, *values, *split; /* [n_runs] */
    size_t *order;                                          /* [n_runs] by cell, repeat and fold */
    split_rows *splits;                                     /* [n_splits] */
};

/* The values that are compared as one: a run of each cell, or the mean over the runs of a repeat or of a split. */
typedef struct unit {
    uint64_t key, rows; /* units of the same key are averaged; the digest of the rows */
    double a, b;
    size_t n;
} unit;

void command_pairs_close(show_pairs *p)
{
    if (p == NULL)
        return;
    double *const all[] = {p->status, p->cell, p->repeat, p->fold, p->values, p->split};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    free(p->order);
    free(p->splits);
    free(p);
}

/* ---- splits ---- */

/* Adds a number to a digest. */
static uint64_t mix(uint64_t digest, uint64_t number)
{
    return XXH3_64bits_withSeed(&number, sizeof number, digest);
}

static void digest_rows(const double *parts, size_t n, split_rows *out)
{
    *out = (split_rows){.n_rows = (double)n};
    for (size_t i = 0; i < n; i++) {
        if (!(parts[i] >= 0 && parts[i] < NN_N_PART))
            continue;
        const int k = (int)parts[i];
        out->n[k]++;
        out->part[k] = mix(out->part[k], i + 1);
    }
    for (int k = 0; k < NN_N_PART; k++)
        out->all = mix(out->all, out->part[k]);
}

static nn_status read_split(show_pairs *p, size_t at, nn_error *err)
{
    double *parts = NULL;
    size_t n = 0;
    const nn_status status = reader_row(p->r, PATH_DATA_SPLIT, at, &parts, &n, err);
    if (status == NN_ok)
        digest_rows(parts, n, &p->splits[at]);
    free(parts);
    return status;
}

/* Reads /data/splits, the index of the split that each run uses, and those splits. */
static nn_status read_splits(show_pairs *p, nn_error *err)
{
    size_t n = 0;
    reader_shape shape;
    nn_status status = reader_column(p->r, PATH_DATA_SPLITS, &p->split, &n, err);
    if (status != NN_ok)
        return status;
    if (n < p->n_runs || !reader_look(p->r, PATH_DATA_SPLIT, &shape))
        return nn_fail(err, NN_file, PATH_DATA_SPLITS " has %zu values: the file is damaged", n);
    p->n_splits = shape.n_rows;
    p->splits = calloc(p->n_splits + 1, sizeof *p->splits);
    if (p->splits == NULL)
        return nn_fail(err, NN_memory, "not enough memory for %zu splits", p->n_splits);
    for (size_t i = 0; i < p->n_splits && status == NN_ok; i++)
        status = read_split(p, i, err);
    return status;
}

/* The split of a run; NULL where the file does not know it. */
static const split_rows *split_of(const show_pairs *p, size_t run)
{
    return p->split[run] >= 0 && p->split[run] < (double)p->n_splits ? &p->splits[(size_t)p->split[run]] : NULL;
}

static bool same_rows(const show_pairs *p, size_t run_a, size_t run_b)
{
    const split_rows *a = split_of(p, run_a), *b = split_of(p, run_b);
    return a != NULL && b != NULL && a->part[NN_TRAIN] == b->part[NN_TRAIN] && a->part[p->held] == b->part[p->held];
}

/* Returns the part whose rows are held out: that of the metric's name, else validation, else test. */
static nn_part held_out(const char *metric, const split_rows *split)
{
    if (strstr(metric, "_test_") != NULL)
        return NN_TEST;
    return split != NULL && split->n[NN_VALIDATION] > 0 ? NN_VALIDATION : NN_TEST;
}

/* ---- columns ---- */

static int by_cell_repeat_fold(const void *a, const void *b, void *context)
{
    const show_pairs *p = context;
    const size_t i = *(const size_t *)a, j = *(const size_t *)b;
    const double *const keys[] = {p->cell, p->repeat, p->fold};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        if (keys[k][i] != keys[k][j])
            return keys[k][i] < keys[k][j] ? -1 : 1;
    return (i > j) - (i < j);
}

static nn_status sort_runs(show_pairs *p, nn_error *err)
{
    p->order = malloc((p->n_runs + 1) * sizeof *p->order);
    if (p->order == NULL)
        return nn_fail(err, NN_memory, "not enough memory for %zu runs", p->n_runs);
    for (size_t i = 0; i < p->n_runs; i++)
        p->order[i] = i;
    qsort_r(p->order, p->n_runs, sizeof *p->order, by_cell_repeat_fold, p);
    return NN_ok;
}

static nn_status read_columns(show_pairs *p, nn_error *err)
{
    p->n_runs = reader_n_runs(p->r);
    const struct {
        const char *name;
        double **to;
    } columns[] = {{"status", &p->status}, /* read first: a row that is finished now is whole */
                   {"cell", &p->cell},
                   {"repeat", &p->repeat},
                   {"fold", &p->fold},
                   {p->metric.name, &p->values}};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        if ((*columns[i].to = command_show_values(p->r, columns[i].name, err)) == NULL)
            return err->status;
    const nn_status status = read_splits(p, err);
    return status == NN_ok ? sort_runs(p, err) : status;
}

nn_status command_pairs_open(results_reader *r, const show_metric *metric, show_pairs **out, nn_error *err)
{
    show_pairs *p = calloc(1, sizeof *p);
    if (p == NULL)
        return nn_fail(err, NN_memory, "not enough memory");
    p->r = r;
    p->metric = *metric;
    const nn_status status = read_columns(p, err);
    if (status != NN_ok) {
        command_pairs_close(p);
        return status;
    }
    p->held = held_out(metric->name, p->n_runs > 0 ? split_of(p, 0) : NULL);
    for (size_t i = 0; i < p->n_runs; i++)
        p->by_repeat |= p->held == NN_TEST && p->fold[i] > 0;
    *out = p;
    return NN_ok;
}

/* ---- pairs ---- */

/* The place in `order` of the first run whose cell is not below `cell`. */
static size_t first_of(const show_pairs *p, size_t cell)
{
    size_t low = 0, high = p->n_runs;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (p->cell[p->order[middle]] < (double)cell)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t command_pairs_first_run(const show_pairs *p, size_t cell)
{
    const size_t at = first_of(p, cell);
    return at < p->n_runs && p->cell[p->order[at]] == (double)cell ? p->order[at] : SIZE_MAX;
}

static bool counts(const show_pairs *p, size_t run)
{
    return (p->metric.is_share ? results_in_share : results_in_mean)(p->status[run]) && isfinite(p->values[run]);
}

static unit unit_of(const show_pairs *p, size_t run_a, size_t run_b)
{
    const split_rows *split = split_of(p, run_a);
    const uint64_t rows = split != NULL ? split->all : 0;
    return (unit){p->by_repeat ? (uint64_t)p->repeat[run_a] : rows, rows, p->values[run_a], p->values[run_b], 1};
}

/* Orders runs by repeat and fold. */
static int by_place(const show_pairs *p, size_t i, size_t j)
{
    if (p->repeat[i] != p->repeat[j])
        return p->repeat[i] < p->repeat[j] ? -1 : 1;
    return (p->fold[i] > p->fold[j]) - (p->fold[i] < p->fold[j]);
}

/* The units of two cells: `n` of them. */
typedef struct unit_list {
    unit *units;
    size_t n, first; /* a run of the first unit */
    bool shared;     /* the runs of each pair share their rows */
} unit_list;

static void add_unit(const show_pairs *p, size_t run_a, size_t run_b, unit_list *list, cell_answer *answer)
{
    if (!counts(p, run_a) || !counts(p, run_b)) {
        answer->n_lost++;
        return;
    }
    list->first = list->n == 0 ? run_a : list->first;
    list->shared &= same_rows(p, run_a, run_b);
    list->units[list->n++] = unit_of(p, run_a, run_b);
}

/* Pairs the runs of cells a and b; of a cell with itself it makes a list of its runs. */
static void pair_runs(const show_pairs *p, size_t a, size_t b, unit_list *list, cell_answer *answer)
{
    const size_t end_a = first_of(p, a + 1), end_b = first_of(p, b + 1);
    list->n = 0;
    list->shared = true;
    for (size_t i = first_of(p, a), j = first_of(p, b); i < end_a && j < end_b;) {
        const int order = by_place(p, p->order[i], p->order[j]);
        if (order == 0)
            add_unit(p, p->order[i], p->order[j], list, answer);
        i += order <= 0;
        j += order >= 0;
    }
}

static int by_key(const void *a, const void *b)
{
    const unit *p = a, *q = b;
    return (p->key > q->key) - (p->key < q->key);
}

static bool all_same_rows(const unit *units, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (units[i].rows != units[0].rows)
            return false;
    return true;
}

/* Averages units of the same key; returns how many are left. */
static size_t average(unit *units, size_t n)
{
    size_t left = 0;
    qsort(units, n, sizeof *units, by_key);
    for (size_t i = 0; i < n; i++)
        if (left > 0 && units[left - 1].key == units[i].key) {
            units[left - 1].a += units[i].a;
            units[left - 1].b += units[i].b;
            units[left - 1].n++;
        } else {
            units[left++] = units[i];
        }
    for (size_t i = 0; i < left; i++) {
        units[i].a /= (double)units[i].n;
        units[i].b /= (double)units[i].n;
    }
    return left;
}

/* Averages what must not count twice: the folds of a repeat, or the repeats of a split where there are several. */
static void settle(const show_pairs *p, unit_list *list, cell_answer *answer)
{
    const size_t n = list->n;
    if (n == 0 || (all_same_rows(list->units, n) && !p->by_repeat))
        return;
    list->n = average(list->units, n);
    answer->by_repeat = p->by_repeat && list->n < n;
    answer->by_split = !p->by_repeat && list->n < n;
}

static void take(const unit_list *list, double *a, double *b)
{
    for (size_t i = 0; i < list->n; i++) {
        a[i] = list->units[i].a;
        b[i] = list->units[i].b;
    }
}

/* Test rows that are the same in every split stand outside of what the splits draw from. */
static double rows_drawn_from(const show_pairs *p, const split_rows *split)
{
    for (size_t i = 1; i < p->n_splits; i++)
        if (p->splits[i].part[NN_TEST] != p->splits[0].part[NN_TEST])
            return split->n_rows;
    return split->n_rows - split->n[NN_TEST];
}

static void correct(const show_pairs *p, const split_rows *split, cell_answer *answer)
{
    answer->n_train = split->n[NN_TRAIN];
    answer->n_held = split->n[p->held];
    answer->n_rows = rows_drawn_from(p, split);
    answer->rho = results_overlap_rho(answer->n_train, answer->n_held, answer->n_rows);
}

static void test_pairs(const show_pairs *p, unit_list *list, double *a, double *b, cell_answer *answer)
{
    answer->n_pairs = list->n;
    settle(p, list, answer);
    take(list, a, b);
    answer->used = all_same_rows(list->units, list->n) ? TEST_PLAIN : TEST_CORRECTED;
    if (answer->used == TEST_CORRECTED)
        correct(p, split_of(p, list->first), answer);
    answer->plain = results_compare_pairs(a, b, list->n, 0);
    answer->test = results_compare_pairs(a, b, list->n, results_overlap(answer->rho));
}

/* `a` and `b` have room for the runs of either cell. */
static void test_apart(const show_pairs *p, const size_t cells[2], unit_list *list, double *a, double *b,
                       cell_answer *answer)
{
    answer->n_lost = 0;
    pair_runs(p, cells[0], cells[0], list, answer);
    settle(p, list, answer);
    take(list, a, a);
    const size_t n_a = list->n;
    pair_runs(p, cells[1], cells[1], list, answer);
    settle(p, list, answer);
    take(list, b, b);
    answer->used = TEST_WELCH;
    answer->test = answer->plain = results_compare_apart(a, n_a, b, list->n);
}

static void test_cells(const show_pairs *p, const size_t cells[2], unit *units, double *values, cell_answer *out)
{
    unit_list list = {.units = units};
    double *a = values, *b = values + p->n_runs;
    pair_runs(p, cells[0], cells[1], &list, out);
    if (list.shared)
        test_pairs(p, &list, a, b, out);
    else
        test_apart(p, cells, &list, a, b, out);
}

nn_status command_pairs_test(const show_pairs *p, const size_t cells[2], cell_answer *out, nn_error *err)
{
    unit *units = malloc((p->n_runs + 1) * sizeof *units);
    double *values = malloc((2 * p->n_runs + 1) * sizeof *values);
    const bool enough = units != NULL && values != NULL;
    *out = (cell_answer){0};
    if (enough)
        test_cells(p, cells, units, values, out);
    free(units);
    free(values);
    return enough ? NN_ok : nn_fail(err, NN_memory, "not enough memory for %zu runs", p->n_runs);
}

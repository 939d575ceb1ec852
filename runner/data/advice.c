/* Warns of what users run into with data that load without a mistake. The table at the end has every check: what it is
 * called in `accept`, which silences it, and the function that looks. A wrong warning is worse than none, so that each
 * asks for more than one sign. */
#include "data/advice.h"
#include "data/distinct.h"
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Columns are looked at whole where the table has at most so many values; of larger ones only the first rows are. */
enum { MOST_VALUES = 5000000, FEW_ROWS = 20, MANY_VALUES = 10, LIST_BYTES = 300 };

/* What is known of a numeric input. */
typedef struct column {
    double low[3], high[3]; /* the three lowest values, and the three highest */
    double sum;
    size_t n, n_low, n_high; /* values; of these at the low and at the high end */
    size_t n_distinct;       /* at most MANY_VALUES + 1 */
    bool whole, numeric;
} column;

typedef struct look {
    loader *l;
    const data_table *t;
    column *columns;       /* [n_inputs] */
    size_t n_rows;         /* looked at */
    data_distinct targets; /* of a single target */
    data_values *inputs;   /* or NULL */
    bool one_target;
} look;

/* ---- saying it ---- */

static void warn(const look *k, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void warn(const look *k, const char *format, ...)
{
    char text[900];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    diagnostics_add(k->l->diags, SEVERITY_WARNING, NN_data, k->l->spec->at, "%s", text);
}

/* The name of a column in quotes, or its index. */
static char *name_of(const data_table *t, size_t j, char *text, size_t size)
{
    char shown[EXCERPT_SIZE];
    if (t->names != NULL)
        snprintf(text, size, "'%s'", data_excerpt(t->names[j], shown));
    else
        snprintf(text, size, "%d", data_table_column(t, j) - 1);
    return text;
}

/* Adds an item to a list in text, after ", " unless it is the first, or "..." where there is no room. */
static void add_item(char list[LIST_BYTES], const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add_item(char list[LIST_BYTES], const char *format, ...)
{
    char item[120];
    const size_t used = strlen(list);
    va_list args;
    va_start(args, format);
    vsnprintf(item, sizeof item, format, args);
    va_end(args);
    if (used + strlen(item) + sizeof ", ..." < LIST_BYTES)
        snprintf(list + used, LIST_BYTES - used, "%s%s", used > 0 ? ", " : "", item);
    else if (used > 3 && strcmp(list + used - 3, "...") != 0)
        snprintf(list + used, LIST_BYTES - used, ", ...");
}

static void mark_ignore(const look *k, size_t j)
{
    if (k->inputs != NULL)
        k->inputs[j].ignore = true;
}

/* ---- looking at the columns ---- */

static bool is_hot(const data_table *t, size_t j)
{
    for (size_t which = 0; which < t->n_hot; which++)
        if (t->hot[which] == j)
            return true;
    return false;
}

/* Notes the smallest and the next two larger values; those at the other end are those of the negatives. */
static void note_end(double x, double end[3], size_t *n)
{
    if (x == end[0])
        ++*n;
    if (x < end[0]) {
        end[2] = end[1];
        end[1] = end[0];
        end[0] = x;
        *n = 1;
    } else if (x > end[0] && x < end[1]) {
        end[2] = end[1];
        end[1] = x;
    } else if (x > end[1] && x < end[2]) {
        end[2] = x;
    }
}

static void note_value(column *c, double x, double seen[MANY_VALUES])
{
    size_t k = 0;
    while (k < c->n_distinct && k < MANY_VALUES && seen[k] != x)
        k++;
    if (k == c->n_distinct && k < MANY_VALUES)
        seen[k] = x;
    c->n_distinct += k == c->n_distinct && k <= MANY_VALUES;
    note_end(x, c->low, &c->n_low);
    note_end(-x, c->high, &c->n_high);
    c->n++;
    c->sum += x;
    c->whole = c->whole && x == rint(x);
}

static void look_at_column(const look *k, size_t j)
{
    double seen[MANY_VALUES];
    column *c = &k->columns[j];
    *c = (column){.low = {NN_INF, NN_INF, NN_INF}, .high = {NN_INF, NN_INF, NN_INF}, .whole = true};
    for (size_t i = 0; i < k->n_rows; i++) {
        const double x = data_table_input(k->t, i, j);
        if (!isnan(x))
            note_value(c, x, seen);
    }
    for (int i = 0; i < 3; i++)
        c->high[i] = -c->high[i];
    c->numeric = !is_hot(k->t, j) && c->n > 0;
}

static bool is_whole_table(const look *k)
{
    return k->n_rows == k->t->n_rows;
}

/* ---- inputs that are not scaled ---- */

static void check_scale(const look *k)
{
    enum { LARGE = 30 };
    char name[80];
    size_t worst = 0;
    double largest = 0;
    for (size_t j = 0; j < k->t->n_inputs; j++) {
        const column *c = &k->columns[j];
        const double size = fmax(fabs(c->low[0]), fabs(c->high[0]));
        if (c->numeric && size > largest) {
            largest = size;
            worst = j;
        }
    }
    if (largest > LARGE && k->l->spec->scale == SCALE_NONE && !k->l->spec->scale_given)
        warn(k,
             "inputs are not scaled, and column %s goes from %g to %g: networks learn such inputs badly; set scale: "
             "standardize (or minmax; none if that is meant)",
             name_of(k->t, worst, name, sizeof name), k->columns[worst].low[0], k->columns[worst].high[0]);
}

static void check_target_scale(const look *k)
{
    const double far = 30, near = 0.01;
    const size_t n = k->t->n_rows * k->t->n_targets;
    double low = NN_INF, high = -NN_INF;
    for (size_t i = 0; i < n && k->l->regression; i++) {
        low = fmin(low, k->t->targets[i]);
        high = fmax(high, k->t->targets[i]);
    }
    const double largest = fmax(fabs(low), fabs(high));
    if (low < high && (largest > far || largest < near) && k->l->spec->target_scale == SCALE_NONE &&
        !k->l->spec->target_scale_given)
        warn(k,
             "the targets go from %g to %g, far from 1, where learning rates that suit other data diverge or stand "
             "still; set scale_target: standardize (or none if that is meant)",
             low, high);
}

/* ---- columns that are the target ---- */

static double target(const look *k, size_t row)
{
    return k->t->targets[row];
}

/* Is target = factor * input + shift in every row, exactly but for rounding? */
static bool is_target(const look *k, size_t j)
{
    const column *c = &k->columns[j];
    size_t first = 0, other = 0;
    for (size_t i = 0; i < k->n_rows; i++)
        if (isnan(data_table_input(k->t, i, j)) || isnan(target(k, i)))
            return false;
    while (other < k->n_rows && data_table_input(k->t, other, j) == data_table_input(k->t, first, j))
        other++;
    if (other == k->n_rows || c->n_distinct <= 3)
        return false;
    const double x0 = data_table_input(k->t, first, j), y0 = target(k, first),
                 factor = (target(k, other) - y0) / (data_table_input(k->t, other, j) - x0);
    bool same = factor != 0;
    for (size_t i = 0; i < k->n_rows && same; i++) {
        const double expected = y0 + factor * (data_table_input(k->t, i, j) - x0);
        same = fabs(target(k, i) - expected) <= 1e-6 * (fabs(target(k, i)) + fabs(y0));
    }
    return same;
}

/* The category or number of an input as a key that can be compared. */
static bool same_cell(const data_table *t, size_t which, size_t j, size_t row, size_t other)
{
    const char *a = which < t->n_hot ? data_table_word(t, row, which) : NULL,
               *b = which < t->n_hot ? data_table_word(t, other, which) : NULL;
    return a != NULL && b != NULL ? strcmp(a, b) == 0 : data_table_input(t, row, j) == data_table_input(t, other, j);
}

/* False: its label is missing, or there are too many. */
static bool class_of(const look *k, size_t row, size_t *class)
{
    const bool missing = k->t->labels != NULL ? k->t->labels[row] == NULL : isnan(target(k, row));
    return !missing &&
           data_distinct_find(&k->targets, target(k, row), k->t->labels != NULL ? k->t->labels[row] : NULL, class);
}

/* Has the input one value for each class, the same in all of its rows? */
static bool tells_class(const look *k, size_t j)
{
    enum { MOST = 50 };
    const data_table *t = k->t;
    size_t row_of[MOST], class, which = 0, known = 0; /* row_of: a row of each class */
    bool seen[MOST] = {false};
    while (which < t->n_hot && t->hot[which] != j)
        which++;
    for (size_t i = 0; i < k->n_rows; i++) {
        if (isnan(data_table_input(t, i, j)) || !class_of(k, i, &class))
            return false;
        if (seen[class] && !same_cell(t, which, j, i, row_of[class]))
            return false;
        known += !seen[class];
        row_of[class] = seen[class] ? row_of[class] : i;
        seen[class] = true;
    }
    for (size_t a = 0; a < known; a++)
        for (size_t b = 0; b < a; b++)
            if (same_cell(t, which, j, row_of[a], row_of[b]))
                return false;
    return known > 1;
}

static void check_target_columns(const look *k)
{
    char list[LIST_BYTES] = "", name[80];
    const bool classes = !k->l->regression && k->targets.n >= 2 && k->targets.n <= 50;
    if (!is_whole_table(k) || k->t->n_inputs < 2 || k->n_rows < FEW_ROWS || !k->one_target)
        return;
    for (size_t j = 0; j < k->t->n_inputs; j++)
        if (k->l->regression ? k->columns[j].numeric && is_target(k, j) : classes && tells_class(k, j)) {
            add_item(list, "%s", name_of(k->t, j, name, sizeof name));
            mark_ignore(k, j);
        }
    if (list[0] != '\0')
        warn(k, "column %s tells the target exactly: there is nothing to learn; set ignore: [%s]", list, list);
}

/* Do the columns of a set add up to the target in a row? */
static bool adds_up_in(const look *k, const size_t *set, size_t n, size_t row)
{
    double sum = 0;
    for (size_t m = 0; m < n; m++)
        sum += data_table_input(k->t, row, set[m]);
    return fabs(sum - target(k, row)) <= 1e-6 * fabs(target(k, row));
}

/* Do they in every row? That of the largest target is looked at first: rows of zeros would not tell sets apart. */
static bool adds_up(const look *k, const size_t *set, size_t n, size_t largest)
{
    if (!adds_up_in(k, set, n, largest))
        return false;
    for (size_t i = 0; i < k->n_rows; i++)
        if (!adds_up_in(k, set, n, i))
            return false;
    return true;
}

static size_t row_of_largest_target(const look *k)
{
    size_t row = 0;
    for (size_t i = 1; i < k->n_rows; i++)
        row = fabs(target(k, i)) > fabs(target(k, row)) ? i : row;
    return row;
}

/* Goes on to the next set of n columns in order; false behind the last one. */
static bool next_set(size_t *set, size_t n, size_t n_columns)
{
    size_t at = n;
    while (at > 0 && set[at - 1] == n_columns - n + at - 1)
        at--;
    if (at == 0)
        return false;
    set[at - 1]++;
    for (size_t m = at; m < n; m++)
        set[m] = set[m - 1] + 1;
    return true;
}

static void tell_sum(const look *k, const size_t *set, size_t n)
{
    char list[LIST_BYTES] = "", name[80];
    for (size_t m = 0; m < n; m++) {
        add_item(list, "%s", name_of(k->t, set[m], name, sizeof name));
        mark_ignore(k, set[m]);
    }
    warn(k, "columns %s add up to the target in every row: there is nothing else to learn; set ignore: [%s]", list,
         list);
}

/* Looks for two to four columns that add up to the target. */
static void check_sums(const look *k)
{
    enum { MOST_COLUMNS = 64, MOST_TERMS = 4 };
    const size_t columns = k->t->n_inputs;
    if (!is_whole_table(k) || !k->l->regression || !k->one_target || k->n_rows < FEW_ROWS || columns < 3 ||
        columns > MOST_COLUMNS)
        return;
    const size_t largest = row_of_largest_target(k);
    for (size_t n = 2; n <= MOST_TERMS && n < columns; n++) {
        size_t set[MOST_TERMS] = {0, 1, 2, 3};
        do {
            if (adds_up(k, set, n, largest)) {
                tell_sum(k, set, n);
                return;
            }
        } while (next_set(set, n, columns));
    }
}

/* ---- values that stand for missing ---- */

/* How far the value at the low end lies from all others: in units of the distance from there to their mean. */
static double isolation(const column *c)
{
    const double n = (double)(c->n - c->n_low), mean = (c->sum - c->low[0] * (double)c->n_low) / n;
    return (c->low[1] - c->low[0]) / (mean - c->low[1]);
}

/* Zeros may stand for missing where all other values are well above. That alone holds for amounts too, of which many
 * rows have none; few such zeros are suspicious, and many beside a column with few. Steps of one size, as counts have, lead
 * to 0 as well. */
static bool has_odd_zeros(const column *c, bool few)
{
    const double share = (double)c->n_low / (double)c->n;
    return c->numeric && c->low[0] == 0 && c->n_low >= 3 && c->n_distinct > MANY_VALUES &&
           c->low[1] > 2.5 * (c->low[2] - c->low[1]) &&
           (few ? share <= 0.1 && isolation(c) > 0.25 : share <= 0.6 && isolation(c) > 0.09);
}

/* The code for missing at an end of the column: -999, 9999, ..., far from all other values; NaN: none. */
static double code_at_end(const column *c)
{
    static const double codes[] = {-1, -9, -99, -999, -9999, -99999, 99, 999, 9999, 99999};
    for (size_t i = 0; i < sizeof codes / sizeof *codes && c->numeric && c->n_distinct > 3; i++) {
        if (c->low[0] == codes[i] && codes[i] < 0 && c->n_low >= 2 && c->low[1] >= 0 &&
            c->low[1] - c->low[0] > c->high[0] - c->low[1])
            return codes[i];
        if (c->high[0] == codes[i] && codes[i] > 0 && c->n_high >= 2 &&
            c->high[0] - c->high[1] > 2 * (c->high[1] - c->low[0]))
            return codes[i];
    }
    return NN_NAN;
}

static void check_missing_codes(const look *k)
{
    char list[LIST_BYTES] = "", keys[LIST_BYTES] = "", name[80];
    bool few = false;
    for (size_t j = 0; j < k->t->n_inputs; j++)
        few = few || has_odd_zeros(&k->columns[j], true);
    if (!is_whole_table(k) || k->l->spec->missing_given || k->n_rows < FEW_ROWS)
        return;
    for (size_t j = 0; j < k->t->n_inputs; j++) {
        const column *c = &k->columns[j];
        const double code = few && has_odd_zeros(c, false) ? 0 : code_at_end(c);
        if (isnan(code))
            continue;
        name_of(k->t, j, name, sizeof name);
        add_item(list, "column %s has %g in %zu rows", name, code, code > 0 ? c->n_high : c->n_low);
        add_item(keys, "%s: %g", name, code);
        if (k->inputs != NULL)
            k->inputs[j].missing_code = code;
    }
    if (list[0] != '\0')
        warn(k,
             "%s, far from all its other values; if that stands for a missing value, set missing_values: {%s} and "
             "missing: mean",
             list, keys);
}

/* ---- dates and identifiers ---- */

/* Is it a date: three numbers with the same separator, such as 2011-01-31 or 1/31/11, and maybe a time behind? */
static bool is_date(const char *word)
{
    const size_t a = strspn(word, "0123456789");
    const char by = word[a];
    const size_t b = a > 0 && by != '\0' && strchr("-/.", by) != NULL ? strspn(word + a + 1, "0123456789") : 0;
    const size_t c = b > 0 && word[a + 1 + b] == by ? strspn(word + a + b + 2, "0123456789") : 0;
    const char end = c > 0 ? word[a + b + c + 2] : 'x';
    return a <= 4 && b <= 2 && c > 0 && c <= 4 && (end == '\0' || end == ' ' || end == 'T');
}

static bool are_dates(const data_distinct *v)
{
    for (size_t i = 0; i < v->n; i++)
        if (!is_date(v->word[i]))
            return false;
    return v->n > 0;
}

static bool is_asked_for(const data_spec *spec, const char *name)
{
    for (size_t i = 0; i < spec->one_hot.n; i++)
        if (name != NULL && strcmp(spec->one_hot.words[i], name) == 0)
            return true;
    return false;
}

static void check_words_of(const look *k, size_t j)
{
    data_distinct v;
    char name[80];
    if (data_distinct_of_input(k->t, j, &v, k->l) != NN_ok)
        return;
    name_of(k->t, j, name, sizeof name);
    const bool dates = !v.numbers && are_dates(&v),
               names = !v.numbers && v.n > 20 && (v.n > k->t->n_rows / 3 || v.too_many);
    if (dates)
        warn(k,
             "column %s holds dates, each of which would be a category of its own; set ignore: [%s], or give year, "
             "month "
             "and day columns of their own",
             name, name);
    else if (names)
        warn(k,
             "column %s has %s%zu different texts in %zu rows: identifiers or names, not categories; set ignore: [%s]",
             name, v.too_many ? "over " : "", v.n, k->t->n_rows, name);
    if (dates || names)
        mark_ignore(k, j);
    data_distinct_free(&v);
}

static void check_categories(const look *k)
{
    for (size_t which = 0; which < k->t->n_hot; which++) {
        const size_t j = k->t->hot[which];
        if (k->t->words != NULL && !is_asked_for(k->l->spec, k->t->names != NULL ? k->t->names[j] : NULL))
            check_words_of(k, j);
    }
}

/* Does the name say that the column identifies its rows? */
static bool names_identifier(const char *name)
{
    static const char *const words[] = {"id",  "index", "identifier", "key",  "uuid",   "number", "no",
                                        "row", "rowid", "sample_id",  "code", "record", "case",   "unnamed: 0"};
    const size_t n = strlen(name);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(name, words[i]) == 0)
            return true;
    return n > 3 && (strcasecmp(name + n - 3, "_id") == 0 || strcasecmp(name + n - 3, " id") == 0);
}

/* Are all values of the column different? Its rows are sorted for that. */
static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool all_differ(const look *k, size_t j)
{
    double *x = malloc((k->n_rows + 1) * sizeof *x);
    bool differ = x != NULL;
    for (size_t i = 0; i < k->n_rows && differ; i++)
        x[i] = data_table_input(k->t, i, j);
    if (differ)
        qsort(x, k->n_rows, sizeof *x, by_value);
    for (size_t i = 1; i < k->n_rows && differ; i++)
        differ = x[i] != x[i - 1];
    free(x);
    return differ;
}

/* Whole numbers of which each occurs once: without a gap they number the rows, else the name has to say so. */
static bool numbers_rows(const look *k, size_t j)
{
    const column *c = &k->columns[j];
    const bool named = k->t->names != NULL && names_identifier(k->t->names[j]);
    if (!c->numeric || !c->whole || c->n != k->n_rows || !(c->low[0] >= 0))
        return false;
    return (named || c->high[0] - c->low[0] + 1 == (double)k->n_rows) && all_differ(k, j);
}

static void check_row_numbers(const look *k)
{
    char name[80];
    if (!is_whole_table(k) || k->t->n_inputs < 2 || k->n_rows < FEW_ROWS)
        return;
    for (size_t j = 0; j < k->t->n_inputs; j++)
        if (numbers_rows(k, j)) {
            warn(k,
                 "column %s has another whole number in every row (%g to %g), as row numbers and identifiers do; set "
                 "ignore: [%s]",
                 name_of(k->t, j, name, sizeof name), k->columns[j].low[0], k->columns[j].high[0], name);
            mark_ignore(k, j);
        }
}

/* ---- classes ---- */

typedef struct class_counts {
    size_t fewest, sum, n_single, first_single;
} class_counts;

static class_counts count_classes(const data_distinct *v)
{
    class_counts s = {.fewest = SIZE_MAX};
    for (size_t c = 0; c < v->n; c++) {
        s.fewest = v->count[c] < s.fewest ? v->count[c] : s.fewest;
        s.sum += v->count[c];
        s.first_single = v->count[c] == 1 && s.n_single == 0 ? c : s.first_single;
        s.n_single += v->count[c] == 1;
    }
    return s;
}

static bool are_whole(const data_distinct *v)
{
    for (size_t c = 0; c < v->n; c++)
        if (v->number[c] != rint(v->number[c]))
            return false;
    return true;
}

/* Are the labels whole numbers of which many have few rows: ages and counts rather than digits? */
static bool are_amounts(const data_distinct *v, const class_counts *s)
{
    enum { MANY_CLASSES = 15 };
    return v->numbers && are_whole(v) && v->n >= MANY_CLASSES &&
           (10 * s->fewest * v->n < s->sum || 2 * s->n_single > v->n);
}

static void tell_single_rows(const look *k, const class_counts *s)
{
    const data_distinct *v = &k->targets;
    char shown[EXCERPT_SIZE];
    if (v->numbers)
        snprintf(shown, sizeof shown, "%.12g", v->number[s->first_single]);
    else
        data_excerpt(v->word[s->first_single], shown);
    if (s->n_single == 1)
        warn(k, "class '%s' has 1 row and can be in one part alone: it is never trained or never tested", shown);
    else
        warn(k,
             "class '%s' and %zu more have 1 row each, which can be in one part alone: they are never trained or never "
             "tested",
             shown, s->n_single - 1);
}

static void check_rare_classes(const look *k)
{
    const data_distinct *v = &k->targets;
    const class_counts s = count_classes(v);
    const bool classes = !k->l->regression && (!v->numbers || are_whole(v)) && k->one_target && v->n >= 2 &&
                         !v->too_many && k->t->n_rows >= FEW_ROWS / 2;
    if (classes && s.n_single > 0 && !are_amounts(v, &s) && k->l->spec->split.kind != SPLIT_ALL)
        tell_single_rows(k, &s);
}

static void check_amounts(const look *k)
{
    const data_distinct *v = &k->targets;
    const class_counts s = count_classes(v);
    if (!k->l->regression && k->one_target && are_amounts(v, &s))
        warn(k,
             "the %s%zu classes are whole numbers from %g to %g, some with few rows; if they are amounts to be "
             "predicted, set task: regression",
             v->too_many ? "over " : "", v->n, v->number[0], v->number[v->n - 1]);
}

/* ---- all of it ---- */

const char *const data_advice_names[DATA_N_ADVICE] = {"unscaled",      "target_scale", "target_column",
                                                      "missing_codes", "identifiers",  "rare_classes",
                                                      "amounts",       "units",        "precision"};
typedef void check(const look *k);
static const struct {
    int name;
    check *check;
} checks[] = {
    {DATA_UNSCALED, check_scale},
    {DATA_TARGET_SCALE, check_target_scale},
    {DATA_TARGET_COLUMN, check_target_columns},
    {DATA_TARGET_COLUMN, check_sums},
    {DATA_MISSING_CODES, check_missing_codes},
    {DATA_IDENTIFIERS, check_categories},
    {DATA_IDENTIFIERS, check_row_numbers},
    {DATA_RARE_CLASSES, check_rare_classes},
    {DATA_AMOUNTS, check_amounts},
};

void data_advise(loader *l, const data_table *t, data_values *inputs)
{
    look k = {.l = l, .t = t, .inputs = inputs, .one_target = t->n_targets == 1};
    const size_t most = MOST_VALUES / (t->n_inputs + 1) + 1;
    k.n_rows = t->n_rows < most ? t->n_rows : most;
    k.columns = calloc(t->n_inputs + 1, sizeof *k.columns);
    if (k.columns == NULL || l->spec->builtin != NULL || l->model != NULL || l->n_mistakes > 0 ||
        (k.one_target && data_distinct_of_targets(t, &k.targets, l) != NN_ok)) {
        free(k.columns);
        return;
    }
    for (size_t j = 0; j < t->n_inputs; j++)
        look_at_column(&k, j);
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (!l->spec->accept[checks[i].name])
            checks[i].check(&k);
    if (k.one_target)
        data_distinct_free(&k.targets);
    free(k.columns);
}

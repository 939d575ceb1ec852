/* Finds values that are finite in the file and infinite, zero or all the same in the runs, which would diverge or learn
 * nothing of them. Each kind is said once, with its first place. */
#include "data/precision.h"
#include <stdio.h>
#include <stdlib.h>

/* Squares of larger differences, and of smaller ones, are none of float64. */
static const double most_spread = 1e150, least_spread = 1e-150;

/* The values of inputs or targets, and the range of each column. */
typedef struct matrix {
    const data_table *t;
    const double *values; /* [t->n_rows][n] */
    size_t n;
    bool targets;
    double factor;              /* the runs multiply by it before they round to float32; 0: they do not round */
    double *low, *high, *least; /* [n]; least: the smallest that is not 0, without its sign */
} matrix;

/* A loop over columns runs in vectors. */
static void add_row(const double *restrict x, size_t n, double *restrict low, double *restrict high,
                    double *restrict least)
{
    for (size_t j = 0; j < n; j++) {
        const double size = x[j] != 0 ? fabs(x[j]) : NN_INF;
        low[j] = x[j] < low[j] ? x[j] : low[j];
        high[j] = x[j] > high[j] ? x[j] : high[j];
        least[j] = size < least[j] ? size : least[j];
    }
}

static bool find_ranges(matrix *m)
{
    m->low = malloc((3 * m->n + 1) * sizeof *m->low);
    if (m->low == NULL)
        return false;
    m->high = m->low + m->n;
    m->least = m->high + m->n;
    for (size_t j = 0; j < m->n; j++) {
        m->low[j] = m->least[j] = NN_INF;
        m->high[j] = -NN_INF;
    }
    for (size_t i = 0; i < m->t->n_rows; i++)
        add_row(m->values + i * m->n, m->n, m->low, m->high, m->least);
    return true;
}

static float narrow(const matrix *m, double x)
{
    return (float)(x * m->factor);
}

/* ---- values that float32 cannot hold ---- */

typedef bool is_odd(const matrix *m, double x);

static bool is_beyond(const matrix *m, double x)
{
    return isinf(narrow(m, x));
}

static bool is_lost(const matrix *m, double x)
{
    return narrow(m, x) == 0 && x != 0;
}

/* How many values of a column are odd, and the row of the first. */
static size_t count(const matrix *m, size_t j, is_odd *odd, size_t *first)
{
    size_t n = 0;
    for (size_t i = m->t->n_rows; i-- > 0;)
        if (odd(m, m->values[i * m->n + j])) {
            *first = i;
            n++;
        }
    return n;
}

/* ---- saying it ---- */

/* Writes "column 'age'; ", or nothing where columns have no names. */
static const char *name_of(const matrix *m, size_t j, char text[EXCERPT_SIZE + 16])
{
    const data_table *t = m->t;
    char shown[EXCERPT_SIZE];
    const char *name = !m->targets               ? (t->names != NULL ? t->names[j] : NULL)
                       : t->target_names != NULL ? t->target_names[j]
                                                 : t->target_name;
    text[0] = '\0';
    if (name != NULL)
        snprintf(text, EXCERPT_SIZE + 16, "column '%s'; ", data_excerpt(name, shown));
    return text;
}

static const char *setting_of(const matrix *m)
{
    return m->targets ? "scale_target" : "scale";
}

static place place_of(loader *l, const matrix *m, size_t row, size_t j)
{
    return (place){data_table_go(m->t, row, m->targets, l),
                   m->targets ? data_table_target_column(m->t, j) : data_table_column(m->t, j)};
}

static void warn(loader *l, place at, const char *text)
{
    diagnostics_add_file(l->diags, SEVERITY_WARNING, NN_data, l->path, at, "%s", text);
}

/* An error where runs would be trained on it. */
static void refuse(loader *l, place at, const char *text)
{
    if (l->describing || l->model != NULL)
        warn(l, at, text);
    else
        data_mistake(l, at.line, at.column, "%s", text);
}

static void say_odd(loader *l, const matrix *m, size_t j, is_odd *odd, const char *words)
{
    char name[EXCERPT_SIZE + 16], text[400];
    size_t row = 0;
    const size_t n = count(m, j, odd, &row);
    snprintf(text, sizeof text, "%g %s (%s%zu value%s); set precision: float64, or %s: standardize",
             m->values[row * m->n + j], words, name_of(m, j, name), n, n == 1 ? "" : "s", setting_of(m));
    if (odd == is_beyond)
        refuse(l, place_of(l, m, row, j), text);
    else
        warn(l, place_of(l, m, row, j), text);
}

static void say_same(loader *l, const matrix *m, size_t j)
{
    char name[EXCERPT_SIZE + 16], text[400];
    snprintf(text, sizeof text,
             "all values (%sfrom %.12g to %.12g) are one number in float32; set %s: standardize, "
             "or precision: float64",
             name_of(m, j, name), m->low[j], m->high[j], setting_of(m));
    warn(l, place_of(l, m, 0, j), text);
}

static void say_spread(loader *l, const matrix *m, size_t j)
{
    char name[EXCERPT_SIZE + 16], text[400];
    snprintf(text, sizeof text,
             "%sgoes from %g to %g, whose squared differences are beyond float64, so that it cannot be scaled; give "
             "it in another unit, or take logarithms",
             name_of(m, j, name), m->low[j], m->high[j]);
    refuse(l, place_of(l, m, 0, j), text);
}

/* ---- columns ---- */

/* What was said already: of hundreds of columns the first one is enough. */
typedef struct said {
    bool beyond, lost, same, spread;
} said;

static bool is_hot(const matrix *m, size_t j)
{
    for (size_t which = 0; which < m->t->n_hot && !m->targets; which++)
        if (m->t->hot[which] == j)
            return true;
    return false;
}

static void check_narrow(loader *l, const matrix *m, size_t j, said *s)
{
    const bool beyond = is_beyond(m, m->low[j]) || is_beyond(m, m->high[j]), lost = is_lost(m, m->least[j]),
               same = m->low[j] < m->high[j] && narrow(m, m->low[j]) == narrow(m, m->high[j]),
               quiet = l->spec->accept[DATA_PRECISION];
    if (beyond && !s->beyond)
        say_odd(l, m, j, is_beyond, "is beyond float32 (3.4e38)");
    else if (lost && !s->lost && !quiet)
        say_odd(l, m, j, is_lost, "becomes 0 in float32");
    else if (same && !beyond && !lost && !s->same && !quiet)
        say_same(l, m, j);
    s->beyond |= beyond;
    s->lost |= lost;
    s->same |= same;
}

static void check_fitted(loader *l, const matrix *m, size_t j, said *s)
{
    const double spread = m->high[j] - m->low[j];
    const bool far = spread > 0 && !(spread <= most_spread && spread >= least_spread);
    if (far && !s->spread)
        say_spread(l, m, j);
    s->spread |= far;
}

static void check_matrix(loader *l, matrix *m, bool fitted)
{
    said s = {0};
    if ((m->factor > 0 || fitted) && !find_ranges(m))
        data_no_memory(l, "the ranges of the columns");
    for (size_t j = 0; j < m->n && m->low != NULL; j++) {
        if (is_hot(m, j) || m->low[j] > m->high[j])
            continue;
        if (m->factor > 0)
            check_narrow(l, m, j, &s);
        if (fitted)
            check_fitted(l, m, j, &s);
    }
    free(m->low);
}

void data_check_precision(loader *l, const data_table *t)
{
    const data_use *use = &l->spec->use;
    const bool raw = l->spec->target_scale == SCALE_NONE;
    matrix inputs = {.t = t, .values = t->inputs, .n = t->n_inputs, .factor = use->divisor > 0 ? 1 / use->divisor : 0};
    matrix targets = {.t = t, .values = t->targets, .n = t->n_targets, .targets = true, .factor = raw && use->float32};
    if (t->bytes == NULL)
        check_matrix(l, &inputs, use->fitted);
    if (l->regression)
        check_matrix(l, &targets, !raw);
}

/* Matrices are symmetric; of row r the columns 0 to r are kept, one row after the other. The last row is that of y. */
#include "results/gram.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ENTERED SIZE_MAX
static const uint32_t NOT_KEPT = UINT32_MAX;

/* A column of which less than this share is left, of its own weight, follows from others: the rest is rounding. */
static const double nothing = 1e-9;

/* What is left after some terms. */
typedef struct level {
    size_t n;      /* rows, without that of y */
    size_t *begin; /* [n_terms] the first column of each term, or ENTERED */
    double *a;     /* [row_at(n + 1)] */
} level;

struct gram {
    const gram_source *s;
    uint32_t *place; /* [all columns] of a column in level 0, or NOT_KEPT */
    size_t *width;   /* [n_terms] kept columns */
    double *count;   /* [kept columns] the weight of the cells of each */
    double *panel;   /* [widest term][kept columns + 1] rows of the term that enters */
    uint32_t *list;  /* [n_terms] kept columns of a cell */
    size_t n, widest, n_levels;
    level *levels;
};

static size_t row_at(size_t r)
{
    return r * (r + 1) / 2;
}

/* ---- columns ---- */

size_t results_gram_columns(const gram_source *s, uint8_t *kept)
{
    size_t n = 0;
    memset(kept, 0, s->first[s->n_terms]);
    for (size_t t = 0; t < s->n_terms; t++) {
        const uint32_t *own = s->column + t * s->n, *a = s->column + s->terms[t].a * s->n,
                       *b = s->column + s->terms[t].b * s->n;
        for (size_t i = 0; i < s->n; i++) {
            uint8_t *k = &kept[s->first[t] + own[i]];
            n += *k == 0 && a[i] != 0 && b[i] != 0;
            *k |= a[i] != 0 && b[i] != 0;
        }
    }
    return n;
}

static void place_columns(gram *g, const uint8_t *kept)
{
    uint32_t n = 0;
    for (size_t t = 0; t < g->s->n_terms; t++) {
        const size_t before = n;
        for (size_t k = g->s->first[t]; k < g->s->first[t + 1]; k++)
            g->place[k] = kept[k] ? n++ : NOT_KEPT;
        g->width[t] = n - before;
        g->widest = g->width[t] > g->widest ? g->width[t] : g->widest;
    }
}

/* ---- room ---- */

static bool make_levels(gram *g)
{
    const size_t terms = g->s->n_terms + 1, matrix = row_at(g->n + 1);
    bool made = true;
    for (size_t i = 0; i < g->n_levels; i++) {
        g->levels[i].begin = malloc(terms * sizeof(size_t));
        g->levels[i].a = malloc(matrix * sizeof(double));
        made &= g->levels[i].begin != NULL && g->levels[i].a != NULL;
    }
    g->count = malloc((g->n + 1) * sizeof *g->count);
    g->panel = malloc((g->widest * (g->n + 1) + 1) * sizeof *g->panel);
    return made && g->count != NULL && g->panel != NULL;
}

static bool make_columns(gram *g)
{
    const size_t all = g->s->first[g->s->n_terms] + 1, terms = g->s->n_terms + 1;
    uint8_t *kept = malloc(all);
    g->place = malloc(all * sizeof *g->place);
    g->width = calloc(terms, sizeof *g->width);
    g->list = malloc(terms * sizeof *g->list);
    g->levels = calloc(g->n_levels, sizeof *g->levels);
    const bool made = kept != NULL && g->place != NULL && g->width != NULL && g->list != NULL && g->levels != NULL;
    if (made) {
        g->n = results_gram_columns(g->s, kept);
        place_columns(g, kept);
    }
    free(kept);
    return made;
}

gram *results_gram_new(const gram_source *s, size_t n_levels)
{
    gram *g = calloc(1, sizeof *g);
    if (g == NULL)
        return NULL;
    g->s = s;
    g->n_levels = n_levels;
    if (make_columns(g) && make_levels(g))
        return g;
    results_gram_free(g);
    return NULL;
}

void results_gram_free(gram *g)
{
    if (g == NULL)
        return;
    for (size_t i = 0; g->levels != NULL && i < g->n_levels; i++) {
        free(g->levels[i].begin);
        free(g->levels[i].a);
    }
    void *const all[] = {g->place, g->width, g->count, g->panel, g->list, g->levels};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    free(g);
}

/* ---- counting ---- */

/* Adds a cell of this weight to the products of its columns. */
static void add_cell(gram *g, size_t cell, double weight, double y)
{
    const gram_source *s = g->s;
    double *a = g->levels[0].a, *with_y = a + row_at(g->n);
    size_t n = 0;
    for (size_t t = 0; t < s->n_terms; t++) {
        const uint32_t place = g->place[s->first[t] + s->column[t * s->n + cell]];
        if (place != NOT_KEPT)
            g->list[n++] = place;
    }
    for (size_t i = 0; i < n; i++) {
        double *row = a + row_at(g->list[i]);
        for (size_t j = 0; j <= i; j++)
            row[g->list[j]] += weight;
        with_y[g->list[i]] += weight * y;
    }
    with_y[g->n] += weight * y * y;
}

/* Takes the mean off all columns, which every fit has. */
static void centre(gram *g, double weight)
{
    double *a = g->levels[0].a;
    for (size_t r = 0; r < g->n; r++)
        g->count[r] = a[row_at(r) + r];
    for (size_t r = 0; r < g->n; r++)
        for (size_t c = 0; c <= r; c++)
            a[row_at(r) + c] -= g->count[r] * g->count[c] / weight;
}

void results_gram_fill(gram *g, const double *weight, const double *y)
{
    level *l = &g->levels[0];
    double sum = 0;
    size_t at = 0;
    for (size_t t = 0; t < g->s->n_terms; at += g->width[t++])
        l->begin[t] = at;
    l->n = g->n;
    memset(l->a, 0, row_at(g->n + 1) * sizeof *l->a);
    for (size_t i = 0; i < g->s->n; i++)
        if (weight[i] > 0) {
            add_cell(g, i, weight[i], y[i]);
            sum += weight[i];
        }
    centre(g, sum);
}

/* ---- entering ---- */

/* Copies the rows of a term, whole. */
static void take_rows(const gram *g, const level *l, size_t begin, size_t width)
{
    for (size_t i = 0; i < width; i++) {
        double *to = g->panel + i * (l->n + 1);
        for (size_t c = 0; c <= l->n; c++) {
            const size_t own = begin + i, r = c > own ? c : own;
            to[c] = l->a[row_at(r) + (c > own ? own : c)];
        }
    }
}

static void subtract(double *restrict row, double factor, const double *restrict other, size_t n)
{
    for (size_t c = 0; c < n; c++)
        row[c] -= factor * other[c];
}

/* Makes the rows of a term orthogonal, of length 1, to each other; one of which nothing is left becomes 0. Returns the sum
 * of squares of y along them. */
static double orthogonalise(const gram *g, const level *l, size_t term)
{
    const size_t row = l->n + 1, width = g->width[term];
    const double *count = g->count + g->levels[0].begin[term];
    double explained = 0;
    for (size_t i = 0; i < width; i++) {
        double *p = g->panel + i * row;
        const double left = p[l->begin[term] + i], scale = left > nothing * count[i] ? 1 / sqrt(left) : 0;
        for (size_t c = 0; c < row; c++)
            p[c] *= scale;
        for (size_t k = i + 1; k < width && scale > 0; k++)
            subtract(g->panel + k * row, p[l->begin[term] + k], p, row);
        explained += p[l->n] * p[l->n];
    }
    return explained;
}

/* Moves what is left of each row of the panel together: the term's own columns are done. */
static void close_gap(const gram *g, const level *l, size_t begin, size_t width)
{
    const size_t row = l->n + 1;
    for (size_t i = 0; i < width; i++) {
        double *p = g->panel + i * row;
        memmove(p + begin, p + begin + width, (row - begin - width) * sizeof *p);
    }
}

/* Writes the rows that are left, without what the term explains. */
static void sweep(const gram *g, const level *from, level *to, size_t begin, size_t width)
{
    for (size_t r = 0; r <= to->n; r++) {
        const double *old = from->a + row_at(r < begin ? r : r + width);
        double *row = to->a + row_at(r);
        const size_t before = r < begin ? r + 1 : begin;
        memcpy(row, old, before * sizeof *row);
        memcpy(row + before, old + begin + width, (r + 1 - before) * sizeof *row);
        for (size_t i = 0; i < width; i++) {
            const double *p = g->panel + i * (from->n + 1);
            if (p[r] != 0)
                subtract(row, p[r], p, r + 1);
        }
    }
}

double results_gram_enter(gram *g, size_t from, size_t to, size_t term)
{
    const level *l = &g->levels[from];
    level *next = &g->levels[to];
    const size_t begin = l->begin[term], width = g->width[term];
    next->n = l->n - width;
    for (size_t t = 0; t < g->s->n_terms; t++)
        next->begin[t] = t == term ? ENTERED : l->begin[t] - (t > term && l->begin[t] != ENTERED ? width : 0);
    take_rows(g, l, begin, width);
    const double explained = orthogonalise(g, l, term);
    close_gap(g, l, begin, width);
    sweep(g, l, next, begin, width);
    return explained;
}

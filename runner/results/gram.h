/* gram.h - least squares where terms enter one after the other: the variance that each explains beyond those before it.
 *
 * A term is a setting or a pair of settings, and its columns say which level, or pair of levels, a cell has. Their products
 * (the Gram matrix) are counted once; a term that enters is swept out of what is left (Cholesky, by blocks). Each setting
 * leaves out one level and each pair what its settings say, which spans the same. Columns that follow from others add
 * nothing, and are seen by what is left of them. Pure. */
#ifndef NNGRID_RESULTS_GRAM_H
#define NNGRID_RESULTS_GRAM_H

#include "results/importance.h"

typedef struct gram_source {
    size_t n, n_terms;
    const importance_term *terms; /* [n_terms] settings first */
    const uint32_t *column;       /* [n_terms][n] the level, or the pair of levels, that a cell has */
    const size_t *first;          /* [n_terms + 1] where the columns of a term begin */
} gram_source;

typedef struct gram gram;

/* The columns that are kept; `kept` [first[n_terms]] is set to 1 for each, else 0. */
size_t results_gram_columns(const gram_source *s, uint8_t *kept);

/* Room for n_levels matrices, 0 to n_levels - 1, and for counting. What `s` points to has to live as long. NULL: memory is
 * short. results_gram_free frees it. */
gram *results_gram_new(const gram_source *s, size_t n_levels);
void results_gram_free(gram *g);

/* Counts the products of all columns, with weights [n], and with y [n], whose weighted mean is 0, into level 0. */
void results_gram_fill(gram *g, const double *weight, const double *y);

/* Lets a term enter that has not at level `from`, and puts what is left into another level `to`. Returns the weighted sum of
 * squares that it explains beyond the terms before it. */
double results_gram_enter(gram *g, size_t from, size_t to, size_t term);

#endif

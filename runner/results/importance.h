/* importance.h - how much of the variance between cells comes from each setting, and from settings together. Pure. */
#ifndef NNGRID_RESULTS_IMPORTANCE_H
#define NNGRID_RESULTS_IMPORTANCE_H

#include "nn.h"

/* The runs of a grid by a metric. The runs of a cell stand in the same order in every cell: by repeat, then fold. */
typedef struct importance_runs {
    size_t n_runs, n_cells, n_axes;
    const double *cell;           /* [n_runs] */
    const double *value;          /* [n_runs] NaN: the run is not done, or has no value */
    const double *const *setting; /* [n_axes][n_cells] the values of each swept setting; codes for choices */
} importance_runs;

/* A setting, where a == b, or a pair of settings, a < b. */
typedef struct importance_term {
    size_t a, b;
    double share;     /* of the variance between cells; NaN where there is none */
    double low, high; /* 95% interval of a bootstrap over cells; NaN without one */
} importance_term;

typedef struct importance {
    size_t n_terms;         /* settings first, in order, then pairs: (0, 1), (0, 2), ..., (1, 2), ... */
    importance_term *terms; /* [n_terms] */
    double higher;          /* the share of three and more settings together, and what else pairs do not say */
    double repeats; /* what the chance of repeats adds to the variance between cell means, as a share of it; it was
                       taken off */
    bool exact;     /* the cells are a product; else by least squares */
    bool too_few;   /* cells: the settings alone have as many values as could explain any numbers; all shares are NaN */
    bool pairs;     /* false: too many settings for pairs, which then are in `higher` */
    size_t n_cells, n_left_out; /* with a value of every run, and others */
    size_t n_resamples;         /* of the bootstrap */
} importance;

enum { IMPORTANCE_RESAMPLES = 200, IMPORTANCE_MOST_OF_PAIRS = 12 };

/* Cells whose runs all have a finite value count. Where these are a full product of the values of the settings, shares
 * are those of the functional ANOVA over the cells' means (G. Hooker, "Generalized functional ANOVA diagnostics", JCGS
 * 16 (2007) 709): the variance of the mean over all other settings, of each setting, and of each pair beyond its two
 * settings. Else main effects and pairs are fitted by least squares, one term after the other, and the variance that a
 * term explains is averaged over the orders in which a pair comes after its two settings (Shapley), all of them for up to
 * four settings, else some. The part that repeats alone give is taken off each term by its degrees of freedom; negative
 * shares are 0, and all shares add up to 1. `most_resamples`: of the bootstrap, fewer where it would take long; 0: no
 * intervals. NN_memory; results_importance_free frees *out. */
nn_status results_importance(const importance_runs *runs, size_t most_resamples, importance *out, nn_error *err);
void results_importance_free(importance *i);

#endif

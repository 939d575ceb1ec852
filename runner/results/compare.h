/* compare.h - compares two cells, and many with the best. All functions are pure. */
#ifndef NNGRID_RESULTS_COMPARE_H
#define NNGRID_RESULTS_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

/* A comparison of the values of cell a with those of cell b. */
typedef struct cell_comparison {
    size_t n, n_b;         /* finite values: pairs, or those of a and of b */
    double mean_a, mean_b; /* over these */
    double difference;     /* of the means, a - b */
    double sd;             /* sample deviation of the differences; NaN without pairs */
    double error;          /* standard error of the difference */
    double t, degrees, p;  /* p two-sided; NaN for n < 2 and where all values are alike */
    double low, high;      /* 95% interval of the difference; NaN for n < 2 */
} cell_comparison;

/* Paired t-test of a[n] and b[n]: t = mean d / sqrt((1/n + extra) var d) with n - 1 degrees of freedom. With extra 0 it
 * is the plain one; with results_overlap it is the corrected resampled t-test of C. Nadeau and Y. Bengio, "Inference
 * for the generalization error", Machine Learning 52 (2003) 239. Pairs that lack a finite value do not count. */
cell_comparison results_compare_pairs(const double *a, const double *b, size_t n, double extra);

/* Welch's t-test of independent values a[n_a] and b[n_b] of unequal variances (B. L. Welch, Biometrika 34 (1947) 28). */
cell_comparison results_compare_apart(const double *a, size_t n_a, const double *b, size_t n_b);

/* The correlation rho of the differences of two repeats whose splits are drawn from the same n_rows rows: the smaller
 * one of n_train / n_rows, the share of training rows that two repeats have in common, and n_held / (n_train + n_held),
 * the estimate of Nadeau and Bengio, which is far too large where few rows are trained on and many held out. */
double results_overlap_rho(double n_train, double n_held, double n_rows);
/* rho / (1 - rho): what the overlap adds to the 1/n of the variance of a mean over n repeats. */
double results_overlap(double rho);

/* The step-down test of S. Holm (Scandinavian Journal of Statistics 6 (1979) 65): which of the hypotheses with chances
 * p[n] are rejected, so that the chance of rejecting any true one is at most `level`. A NaN is no test: it is not
 * rejected and does not count. */
void results_holm(const double *p, size_t n, double level, bool *rejected);

#endif

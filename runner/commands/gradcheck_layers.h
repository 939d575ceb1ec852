/* gradcheck.h - compares backprop with central differences on a few rows, at weights where the comparison is
 * fair.
 *
 * A central difference across a kink (relu, an absolute value) is wrong without backprop being wrong. So
 * weights are drawn again until no pre-activation lies within ten steps of 0, and no weight does. */
#ifndef NNGRID_GRADCHECK_H
#define NNGRID_GRADCHECK_H

#include "nn.h"

enum { GRADCHECK_ROWS = 12, GRADCHECK_MINI = 5 };

/* The notes' bound on norm(a - b) / norm(a + b) of each parameter block. */
#define GRADCHECK_BOUND 1e-8

/* A few rows, taken out of a data set or made up. */
typedef struct gradcheck_set gradcheck_set;

/* Made data: 5 inputs; 3 classes, or 2 targets. */
nn_status gradcheck_make(bool classes, gradcheck_set **out, nn_error *err);
/* The first training rows of a data set, with its scaling; the split must outlive the set. */
nn_status gradcheck_take(const nn_data *data, const nn_split *split, gradcheck_set **out, nn_error *err);
void gradcheck_free(gradcheck_set *s);

/* What comparisons found: largest relative differences. A NaN is the largest of all. */
typedef struct gradcheck_found {
    size_t n; /* comparisons, each of all engines */
    double worst, of_engine[NN_N_ENGINE];
} gradcheck_found;

/* Adds what was found to what was found before. */
void gradcheck_join(gradcheck_found *all, const gradcheck_found *more);

/* Compares a network with these settings over the first n_rows rows of the set (at most GRADCHECK_ROWS; fewer than
 * all: a mini-batch), and adds what it finds. float64, dropout off; starting weights are the check's own. */
nn_status gradcheck_run(const gradcheck_set *s, const nn_hyper *settings, size_t n_rows,
                        gradcheck_found *found, nn_error *err);

#endif

/* scale.h - scaling and imputation, fitted on the rows it is given and on nothing else. Missing values do not count.
 * Sums run in the order of the rows, so that they are the same everywhere. */
#ifndef NNGRID_DATA_SCALE_H
#define NNGRID_DATA_SCALE_H

#include "data/dataset.h"

/* Value of one raw input, and a whole row of them. */
void dataset_row(const nn_data *data, size_t row, double *out);

/* Fits shift, factor and fill (each [n_inputs], NULL where not wanted) on the given rows alone. `row` is
 * scratch of [n_inputs], `column` of [n_rows]. */
typedef struct scaling {
    double *shift, *factor, *fill;
    double *low, *high, *count; /* scratch [n_inputs] */
    double *row, *column;
} scaling;
void data_scaling_fit(const dataset *d, const uint32_t *rows, size_t n_rows, scaling *s);

#endif

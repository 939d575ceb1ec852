/* target.h - the scaling of the targets of a regression, fitted on training rows. */
#ifndef NNGRID_DATA_TARGET_H
#define NNGRID_DATA_TARGET_H

#include "data/dataset.h"

/* Fits shift and scale [n_targets] on n_rows >= 1 rows: a network learns (raw - shift) / scale. A target that is
 * constant on these rows has scale 1, so that it becomes 0. */
void data_target_fit(const dataset *d, data_scale kind, const uint32_t *rows, size_t n_rows, double *shift,
                     double *scale);

#endif

/* noise.h - which labels each split replaces under label noise of classes: /data/noise_rank and /data/noise_class. */
#ifndef NNGRID_RESULTS_NOISE_H
#define NNGRID_RESULTS_NOISE_H

#include "grid/grid.h"

/* Of each row of the data: its rank among the training rows (a run with label_noise s replaces the labels of the first
 * floor(s n + 1/2)), and the class that then replaces its own; -1 for other rows, and where nothing is known. */
enum { NOISE_RANK, NOISE_CLASS, N_NOISE };

typedef struct noise_rows {
    int32_t *values[N_NOISE]; /* [rows of the data] in one block; NULL: there is none */
} noise_rows;

/* Allocates the arrays and fills them with -1. False: not enough memory. */
bool results_noise_new(const dataset *d, noise_rows *out);
void results_noise_free(noise_rows *noise);
/* Fills them for the split of a repeat. False: not enough memory. */
bool results_noise_of(const dataset *d, const nn_split *split, uint64_t seed, uint32_t repeat, noise_rows *out);

#endif

/* score.h - from logits to outputs, losses, deltas and counts; norms of the weights. */
#ifndef NN_KERNELS_SCORE_H
#define NN_KERNELS_SCORE_H

#include "kernels/layer.h"

/* From logits: y, and the losses. `slope` [k][n], if not NULL, gets dy/dz where the loss needs it. */
void X(nn_output)(const nn_outputs *o, const nn_hyper *h, REAL *slope);
/* delta = dcost/dz of the samples, with the dy/dz that nn_output left. */
void X(nn_output_delta)(const nn_outputs *o, const nn_hyper *h, const REAL *slope, REAL scale);

/* What is summed and counted over the rows of a part. */
typedef struct nn_tally {
    double loss, squared; /* sums over rows of the loss, and of squared errors over rows and outputs */
    double max_abs_error;
    size_t n_wrong;
} nn_tally;

/* Counts what is wrong in the first n_rows rows of the outputs, for each of `lanes` lanes, and fills `squared`. */
void X(nn_count)(const nn_outputs *o, size_t n_rows, size_t lanes, nn_tally *tally);
/* Adds them to the answers of the lanes, where these are wanted. */
void X(nn_answer)(const nn_work *w, const nn_outputs *o, size_t n_rows, size_t lanes);
/* Adds the losses and squared errors of a chunk of n_rows rows, [n_rows][lanes], to the tallies; they are lost. */
void X(nn_add_rows)(const nn_outputs *o, size_t n_rows, size_t lanes, nn_tally *tally);
/* The score of a part of n rows. */
nn_score X(nn_score_of)(const nn_work *w, const nn_tally *tally, size_t n);
/* Sums of squares and of absolute values of all weights, biases left out. */
void X(nn_norms)(const nn_network *net, const void *params, double *squares, double *absolutes);
double X(nn_distance)(const nn_network *net, const void *a, const void *b);
/* Sum of squares of n numbers, in the fixed order. */
double X(nn_squares)(size_t n, const REAL *v);

#endif

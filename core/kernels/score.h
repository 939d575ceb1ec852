/* score.h - turns logits into outputs, losses, deltas and scores; sums up the norms of weights.
 *
 * A part is scored chunk by chunk: nn_output, nn_count and nn_answer, then nn_add_rows; nn_score_of ends it. */
#ifndef NN_KERNELS_SCORE_H
#define NN_KERNELS_SCORE_H

#include "kernels/layer.h"

/* Fills y and the losses from the logits. Slope [k][n], if not NULL, gets dy/dz if nn_output_delta needs it. */
void X(nn_output)(const nn_outputs *o, const nn_hyper *h, REAL *slope);
/* Fills delta = dcost/dz of the samples, with the slope that nn_output left. */
void X(nn_output_delta)(const nn_outputs *o, const nn_hyper *h, const REAL *slope, REAL scale);

/* Sums and counts over the rows of a part. */
typedef struct nn_tally {
    double loss, squared; /* the sum of losses over rows, and of squared errors over rows and outputs */
    double max_abs_error;
    size_t n_wrong;
} nn_tally;

/* Counts errors in the first n_rows rows of the outputs, for each of `lanes` lanes, and fills o->squared. */
void X(nn_count)(const nn_outputs *o, size_t n_rows, size_t lanes, nn_tally *tally);
/* Adds the same rows to w->answers, if these are wanted. */
void X(nn_answer)(const nn_work *w, const nn_outputs *o, size_t n_rows, size_t lanes);
/* Adds the losses and squared errors [n_rows][lanes] of a chunk, which it overwrites, to the tallies. */
void X(nn_add_rows)(const nn_outputs *o, size_t n_rows, size_t lanes, nn_tally *tally);
/* The score of a part of n rows. */
nn_score X(nn_score_of)(const nn_work *w, const nn_tally *tally, size_t n);
/* Sums of squares and of absolute values of all weights, and of squared differences; without biases. */
void X(nn_norms)(const nn_network *net, const void *params, double *squares, double *absolutes);
double X(nn_distance)(const nn_network *net, const void *a, const void *b);
/* The sum of squares of n numbers, in the fixed order of sum.h. */
double X(nn_squares)(size_t n, const REAL *v);

#endif

/* overfit.h - what the curve of a run's validation loss says of overfitting and of double descent. */
#ifndef NN_TRAIN_OVERFIT_H
#define NN_TRAIN_OVERFIT_H

#include "nn.h"

/* All of it is NaN where the curve has fewer than 8 strips (overfit.c) or no numbers. */
typedef struct nn_overfit {
    double epoch;               /* from which validation loss rises for good; NaN: it does not */
    double final;               /* loss at the last epoch above the lowest strip, in percent of it */
    double integral;            /* of that excess as a share, over epochs, from `epoch` on; 0 where that is NaN */
    double two;                 /* 1: the loss descends twice; 0: it does not. The others are NaN then. */
    double depth;               /* 1 - second minimum / first one */
    double first, peak, second; /* epochs of the minima, and of the highest strip between them */
} nn_overfit;

/* What the reached points of the curve validation_loss say. */
nn_overfit nn_overfit_of(const nn_outcome *o);

#endif

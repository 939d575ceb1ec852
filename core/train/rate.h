/* rate.h - learning rates of epochs, by the schedules of schedule.def. Products and sums alone, since pow() and cos()
 * vary by C library. */
#ifndef NN_TRAIN_RATE_H
#define NN_TRAIN_RATE_H

#include "nn_tables.h"

/* What a run remembers of its schedule. */
typedef struct nn_rate {
    double factor;  /* of the learning rate, by products: step, exponential, plateau */
    double lowest;  /* plateau: loss so far */
    uint32_t since; /* plateau: epoch of the lowest loss, or of the last decay after it */
} nn_rate;

void nn_rate_begin(nn_rate *r);
/* The learning rate of `epoch`, from 1 on; each is asked for once, in order. */
double nn_rate_of(nn_rate *r, const nn_hyper *h, uint32_t epoch);
/* Shows the loss at a recorded epoch, that before training included. */
void nn_rate_see(nn_rate *r, const nn_hyper *h, uint32_t epoch, double loss);

#endif

/* rate.h - computes the learning rate of each epoch by the schedules of schedule.def. It uses products and sums alone,
 * since pow() and cos() differ between C libraries. */
#ifndef NN_TRAIN_RATE_H
#define NN_TRAIN_RATE_H

#include "nn_tables.h"

/* What a run remembers of its schedule. Checkpoints hold it. */
typedef struct nn_rate {
    double factor;  /* of the learning rate: step, exponential and plateau multiply it */
    double lowest;  /* the lowest loss so far, for plateau */
    uint32_t since; /* the epoch of the lowest loss, or of the last decay after it, for plateau */
} nn_rate;

void nn_rate_begin(nn_rate *r);
/* The learning rate of an epoch, from 1 on. Each epoch is asked for once, in order. */
double nn_rate_of(nn_rate *r, const nn_hyper *h, uint32_t epoch);
/* Tells the schedule the loss at a recorded epoch, 0 included. */
void nn_rate_see(nn_rate *r, const nn_hyper *h, uint32_t epoch, double loss);

#endif

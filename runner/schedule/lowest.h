/* lowest.h - costs that are known to be low without training: those of the best constant outputs, and of least squares.
 * Both are of all training rows, without penalties and dropout, in the unit of nn_gradient. */
#ifndef NNGRID_SCHEDULE_LOWEST_H
#define NNGRID_SCHEDULE_LOWEST_H

#include "schedule/eigen.h"

/* The lowest cost that outputs can have which are the same for all rows, found by libLBFGS. NaN: memory was short. */
double schedule_lowest_constant(const nn_job *job);

/* The lowest cost that the network can have if it is linear (linear units throughout, squared error, no penalty): that of
 * least squares, with outputs of no higher rank than its narrowest layer (P. Baldi and K. Hornik, Neural Networks 2
 * (1989) 53). NaN: the network is not linear, or memory was short. */
double schedule_lowest_linear(const nn_job *job, eigen_lapack *lapack);

/* Bytes that schedule_lowest_linear takes while it runs, without those of schedule_eigen; 0: the network is not linear. */
size_t schedule_lowest_bytes(const nn_job *job);

#endif

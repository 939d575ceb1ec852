/* lbfgs.h - the optimizer lbfgs, by libLBFGS. */
#ifndef NNGRID_SCHEDULE_LBFGS_H
#define NNGRID_SCHEDULE_LBFGS_H

#include "nn_descent.h"

/* J. Nocedal's L-BFGS (D. Liu, J. Nocedal, Mathematical Programming 45, 1989) with the line search of More and
 * Thuente. An epoch is an iteration: a direction and the search along it. The run ends by itself where the norm of
 * the gradient is below 1e-10 times that of the weights (or 1), or where no step along the gradient lowers the
 * cost. */
nn_descend_function schedule_lbfgs;

#endif

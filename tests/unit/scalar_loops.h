/* The scalar functions as the loops that core runs them in, compiled like core's typed files: once for each precision and
 * instruction set. */
#ifndef SCALAR_LOOPS_H
#define SCALAR_LOOPS_H

#include "units_t.h"

/* SCALAR(function): all of scalar_t.h and units_t.h */
#define SCALARS                                                                                              \
    SCALAR(nn_exp)                                                                                           \
    SCALAR(nn_sigmoid)                                                                                       \
    SCALAR(nn_tanh)                                                                                          \
    SCALAR(nn_log)                                                                                           \
    SCALAR(nn_log1p)                                                                                         \
    SCALAR(nn_elu)                                                                                           \
    SCALAR(nn_softplus)                                                                                      \
    SCALAR(nn_silu_slope) SCALAR(nn_normal_below) SCALAR(nn_gelu) SCALAR(nn_gelu_slope) SCALAR(nn_settled)

#define SCALAR(function) 1 +
enum { N_SCALARS = SCALARS 0 };
#undef SCALAR

/* y[i] = function(x[i]) */
typedef void scalar_loop(size_t n, const REAL *x, REAL *y);

#endif

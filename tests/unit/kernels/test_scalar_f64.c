/* Tests exp, log, log1p, sigmoid, tanh and the like in float64. */
#define NN_REAL_f64
#define NN_SUFFIX f64
#include "fixtures/problem.h"
#include "kernels/scalar.c"
#include "fixtures/scalar_check.h"

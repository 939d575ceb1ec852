/* Tests exp, log, log1p, sigmoid, tanh and the like in float32. */
#define NN_REAL_f32
#define NN_SUFFIX f32
#include "fixtures/problem.h"
#include "kernels/scalar.c"
#include "fixtures/scalar_check.h"

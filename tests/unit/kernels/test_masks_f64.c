/* Tests the masks of dropout in float64. */
#define NN_REAL_f64
#define NN_SUFFIX f64
#include "fixtures/problem.h"
#include "fixtures/masks_check.h"

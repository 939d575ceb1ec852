/* Tests the masks of dropout in float32. */
#define NN_REAL_f32
#define NN_SUFFIX f32
#include "fixtures/problem.h"
#include "fixtures/masks_check.h"

/* The precision of a typed file: REAL, and X(name), which is name_f32 or name_f64, for the names that it exports. */
#ifndef NN_REAL_T_H
#define NN_REAL_T_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#ifdef __FAST_MATH__
#error "-ffast-math reorders sums and drops NaN checks: the same bits everywhere could not be promised"
#endif
_Static_assert(FLT_EVAL_METHOD == 0, "sums must not keep excess precision (x87): build for SSE2");

#if defined NN_REAL_f32
#define REAL    float
#define X(name) name##_f32
#define NN_SQRT sqrtf
#elif defined NN_REAL_f64
#define REAL    double
#define X(name) name##_f64
#define NN_SQRT sqrt
#else
#error "define NN_REAL_f32 or NN_REAL_f64"
#endif

#endif

/* The precision of a typed file: REAL, and X(name), which is name_f32 or name_f64. */
#ifndef NN_REAL_T_H
#define NN_REAL_T_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined NN_REAL_f32
#define REAL    float
#define X(name) name##_f32
#elif defined NN_REAL_f64
#define REAL    double
#define X(name) name##_f64
#else
#error "define NN_REAL_f32 or NN_REAL_f64"
#endif

#endif

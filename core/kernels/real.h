/* real.h - the precision that a file of this folder is compiled for. Each is compiled once for each precision and
 * instruction set (NN_SUFFIX, from CMakeLists.txt): REAL is its type, and exported names are X(name), such as
 * name_f32_avx2. */
#ifndef NN_KERNELS_REAL_H
#define NN_KERNELS_REAL_H

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
#define NN_SQRT sqrtf
#elif defined NN_REAL_f64
#define REAL    double
#define NN_SQRT sqrt
#else
#error "define NN_REAL_f32 or NN_REAL_f64"
#endif
#define NN_JOIN(name, suffix)  name##_##suffix
#define NN_PASTE(name, suffix) NN_JOIN(name, suffix)
#define X(name)                NN_PASTE(name, NN_SUFFIX)

/* Arrays of REAL are padded to this many numbers, 64 bytes, on every instruction set. */
enum { NN_PAD = 64 / sizeof(REAL) };

static inline size_t nn_pad(size_t n)
{
    return (n + NN_PAD - 1) / NN_PAD * NN_PAD;
}

/* Pads the rows of a matrix. Long rows get an odd number of cache lines, since with a power of two a column would fall
 * into a few sets of the cache and evict itself. */
static inline size_t nn_pad_row(size_t n)
{
    const size_t lines = nn_pad(n) / NN_PAD;
    return (lines > 4 ? lines | 1 : lines) * NN_PAD;
}

#endif

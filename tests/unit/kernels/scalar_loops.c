#include "fixtures/scalar_loops.h"

#define SCALAR(function)                                                                                               \
    static void loop_##function(size_t n, const REAL *restrict x, REAL *restrict y)                                    \
    {                                                                                                                  \
        for (size_t i = 0; i < n; i++)                                                                                 \
            y[i] = function(x[i]);                                                                                     \
    }
SCALARS
#undef SCALAR

#define SCALAR(function) loop_##function,
extern scalar_loop *const X(scalar_loops)[N_SCALARS];
scalar_loop *const X(scalar_loops)[N_SCALARS] = {SCALARS};

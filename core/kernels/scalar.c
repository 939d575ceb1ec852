/* Defines numbers of scalar.h whose values the compiler must not see where it uses them. */
#include "kernels/scalar.h"

#if defined NN_REAL_f32
const REAL X(nn_exp_end) = 104.0f, X(nn_sigmoid_end) = 87.3f;
#else
const REAL X(nn_exp_end) = 746.0, X(nn_sigmoid_end) = 708.3;
#endif

/* The versions of the arithmetic. They have a file of their own so that a test can link a program of a later one. */
#include "nn.h"

#define NN_ARITHMETIC_ROW(number, change) {number, change},
const nn_arithmetic_row nn_arithmetic_rows[] = {
#include "tables/arithmetic.def"
};
const int nn_n_arithmetics = sizeof nn_arithmetic_rows / sizeof *nn_arithmetic_rows;

/* As large as the highest number. */
#define NN_ARITHMETIC_ROW(number, change) char of_##number[number];
union newest {
#include "tables/arithmetic.def"
};
_Static_assert(sizeof(union newest) == NN_ARITHMETIC, "tables/arithmetic.def has to say what NN_ARITHMETIC changed");

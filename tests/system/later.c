/* The versions of the arithmetic for a program that is one or two of them (LATER) ahead: it takes the files of nngrid for older
 * ones. Its arithmetic itself is the same, so only keys and the column say which program trained a run. */
#include "nn.h"

#define NN_ARITHMETIC_ROW(number, change) {number, change},
const nn_arithmetic_row nn_arithmetic_rows[] = {
#include "tables/arithmetic.def"
    {NN_ARITHMETIC + 1, "a first change for tests"},
#if LATER == 2
    {NN_ARITHMETIC + 2, "a second change for tests"},
#endif
};
const int nn_n_arithmetics = sizeof nn_arithmetic_rows / sizeof *nn_arithmetic_rows;

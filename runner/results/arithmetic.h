/* arithmetic.h - what is said of finished runs whose arithmetic is older than that of the program, and where the file that
 * has them stays when they are trained again. match.c finds them. */
#ifndef NNGRID_RESULTS_ARITHMETIC_H
#define NNGRID_RESULTS_ARITHMETIC_H

#include "results/options.h"

/* NN_usage: says which runs are older, and what to do. */
nn_status results_arithmetic_refuse(const char *path, const results_survey *survey, nn_error *err);
/* A free name under which the file stays as it is: OUT-arithmetic7.h5. The caller frees it; NULL: there is none. */
char *results_arithmetic_aside(const char *path, const results_survey *survey);

#endif

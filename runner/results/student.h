/* student.h - Student's t distribution. All functions are pure. */
#ifndef NNGRID_RESULTS_STUDENT_H
#define NNGRID_RESULTS_STUDENT_H

#include <stddef.h>

/* The normal distribution's 97.5% quantile. */
#define NORMAL_975 1.959963984540054

/* The 97.5% quantile for n >= 1 degrees of freedom, right to 2e-8; the same bits on every machine. */
double results_student_975(size_t n);
/* The chance of a larger |t| for any number of degrees of freedom > 0, also fractional; relative error about 1e-13,
 * small chances included. NaN for NaN. */
double results_student_two_sided(double t, double degrees);
/* The 97.5% quantile for fractional degrees of freedom > 0. */
double results_student_975_of(double degrees);

#endif

/* eigen.h - eigenvalues and eigenvectors of symmetric matrices, by LAPACK. */
#ifndef NNGRID_SCHEDULE_EIGEN_H
#define NNGRID_SCHEDULE_EIGEN_H

#include "nn.h"
#include <lapacke.h>
#include <pthread.h>

/* LAPACK is loaded only where it is needed: if it were linked, every command would load a BLAS, which may start a
 * thread for each core. The mutex lets one thread at a time call it, since some builds are not thread-safe. */
typedef struct eigen_lapack {
    __typeof__(LAPACKE_dsyevd) *dsyevd; /* NULL until it is loaded */
    pthread_mutex_t mutex;
} eigen_lapack;

/* NN_file: there is no LAPACKE on this machine. To be called while the process has one thread; the library stays
 * loaded. */
nn_status schedule_eigen_load(eigen_lapack *out, nn_error *err);

/* Replaces the symmetric matrix [n][n], of which the symmetric part counts, by its eigenvectors, one in a row, and fills
 * values [n] with their eigenvalues in ascending order. The sign of a vector is such that its largest component is
 * positive. False: it did not converge, or memory was short. */
bool schedule_eigen(eigen_lapack *lapack, double *matrix, size_t n, double *values);

/* Bytes that schedule_eigen takes of its own while it runs: LAPACK's workspace for eigenvectors, 1 + 6 n + 2 n^2 numbers and
 * 3 + 5 n integers. */
size_t schedule_eigen_bytes(size_t n);

#endif

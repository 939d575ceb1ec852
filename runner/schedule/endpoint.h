/* endpoint.h - tells what kind of point a run ended at (diagnose: endpoint): minimum, saddle, plateau or none of these.
 *
 * It uses the gradient and the eigenvalues of the Hessian of the cost over all training rows, penalties included,
 * dropout off, in float64. The loss alone cannot tell: a run that no longer improves may be at a minimum, at a saddle
 * or on a plateau. LAPACK's dsyev computes the eigenvalues, which are therefore not promised to be the same bits
 * everywhere. */
#ifndef NNGRID_SCHEDULE_ENDPOINT_H
#define NNGRID_SCHEDULE_ENDPOINT_H

#include "nn.h"
#include <lapacke.h>
#include <pthread.h>

/* The largest norm of a gradient that counts as 0, and the largest eigenvalue of a plateau. */
#define ENDPOINT_GRADIENT  1e-5
#define ENDPOINT_CURVATURE 1e-6
/* An eigenvalue counts as negative below -ENDPOINT_NEGATIVE times the largest one by size. */
#define ENDPOINT_NEGATIVE 1e-4

/* LAPACK is loaded only where it is needed: if it were linked, every command would load a BLAS, which may start a
 * thread for each core. The mutex lets one thread at a time call it, since some builds are not thread-safe. */
typedef struct endpoint_lapack {
    __typeof__(LAPACKE_dsyev) *dsyev; /* NULL until it is loaded */
    pthread_mutex_t mutex;
} endpoint_lapack;

/* NN_file: there is no LAPACKE on this machine. To be called while the process has one thread; the library stays
 * loaded. */
nn_status schedule_endpoint_load(endpoint_lapack *out, nn_error *err);

/* Fills outcome->endpoint and its metrics from the final weights. They must be there, and be at most
 * GRID_ENDPOINT_MOST_PARAMS. */
nn_status schedule_endpoint_diagnose(const nn_job *job, nn_outcome *outcome, endpoint_lapack *lapack, nn_error *err);

#endif

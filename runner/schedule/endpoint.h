/* endpoint.h - what kind of point a run ended at: minimum, saddle, plateau, or none of them (diagnose: endpoint).
 *
 * From the gradient and the eigenvalues of the Hessian of the cost over all training rows, penalties included, dropout
 * off, in float64. "Never a local minimum from the loss alone": a run that is stuck may as well stand at a saddle, or where
 * all is flat. The eigenvalues are LAPACK's (dsyev), outside the promise of the same bits. */
#ifndef NNGRID_SCHEDULE_ENDPOINT_H
#define NNGRID_SCHEDULE_ENDPOINT_H

#include "nn.h"
#include <lapacke.h>
#include <pthread.h>

/* Largest values that count as 0: of the gradient's norm, and of an eigenvalue where all is flat. */
#define ENDPOINT_GRADIENT  1e-5
#define ENDPOINT_CURVATURE 1e-6
/* A negative eigenvalue counts where it is below this share of the largest one, with its sign changed. */
#define ENDPOINT_NEGATIVE 1e-4

/* LAPACK, loaded where it is asked for: linked, it would load a BLAS into every command, which may start a thread for
 * each core. One thread at a time is in it: some builds are not made for several. */
typedef struct endpoint_lapack {
    __typeof__(LAPACKE_dsyev) *dsyev; /* NULL: not loaded */
    pthread_mutex_t mutex;
} endpoint_lapack;

/* NN_file: there is no LAPACKE on this machine. To be called while the process has one thread; the library stays loaded. */
nn_status schedule_endpoint_load(endpoint_lapack *out, nn_error *err);

/* Fills outcome->endpoint and its metrics from the final weights, which have to be there, of at most GRID_ENDPOINT_MOST_PARAMS
 * parameters. NN_memory. */
nn_status schedule_endpoint_diagnose(const nn_job *job, nn_outcome *outcome, endpoint_lapack *lapack, nn_error *err);

#endif

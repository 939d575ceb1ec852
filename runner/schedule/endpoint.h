/* endpoint.h - tells what kind of point a run ended at (diagnose: endpoint), in the words of core's endpoint.def.
 *
 * The loss alone cannot tell, nor can the gradient: a run that no longer improves may be at a minimum, near a saddle, on
 * a plateau, or on its way to infinity. So the final weights are polished first (polish.h); the kind is that of the
 * point found, by the cost over all training rows, penalties included, dropout off, in float64. libLBFGS and LAPACK
 * compute it, so that its last bits are not promised to be the same everywhere. */
#ifndef NNGRID_SCHEDULE_ENDPOINT_H
#define NNGRID_SCHEDULE_ENDPOINT_H

#include "schedule/eigen.h"
#include "schedule/schedule.h"
#include <stdatomic.h>

/* An eigenvalue counts as negative below -ENDPOINT_NEGATIVE times the largest absolute one, and as none between. */
#define ENDPOINT_NEGATIVE 1e-7
/* A probe that lowers the cost by more than this share of it, which is more than rounding, is followed. */
#define ENDPOINT_PROBE 1e-9
/* Costs are the same if they differ by less than this share, which is more than polishing leaves: a way out of a saddle
 * lowers the cost by more, and weights at infinity grow without raising it by more. Outputs of a unit are the same if
 * they differ by less than this share of 1, or of the largest. */
#define ENDPOINT_SAME 1e-6
/* Up to here they may differ where the mean in their place changes the cost by no more than a probe's rounding. */
#define ENDPOINT_NEARLY 1e-3
/* Of the best constant outputs' cost, and above least squares: costs that are as low as they can be. */
#define ENDPOINT_SOLVED        1e-10
#define ENDPOINT_LEAST_SQUARES 1e-9

/* Memory that is used again from run to run. Begins as {0}; the caller frees block. */
typedef struct endpoint_room {
    void *block;
    size_t bytes;
} endpoint_room;

/* Fills outcome->endpoint, its metrics, and where they are recorded weights[NN_KEEP_ENDPOINT]: from the final weights,
 * which must be there, and be at most GRID_ENDPOINT_MOST_PARAMS. What it points to is in the room. `stop`, which may be
 * NULL, is looked at all the time; NN_cancelled: it was not 0. */
nn_status schedule_endpoint_diagnose(const nn_job *job, nn_outcome *outcome, eigen_lapack *lapack,
                                     const atomic_int *stop, endpoint_room *room, nn_error *err);

/* The bytes that a diagnosis takes: `room` stays with the thread, and `passing` is taken for a while, by one thread at a
 * time. The job's split needs its sizes alone. */
typedef struct endpoint_memory {
    size_t room, passing;
} endpoint_memory;
endpoint_memory schedule_endpoint_bytes(const nn_job *job);

/* Predicts what a diagnosis costs, in multiply-adds of training: where polishing has little to do, and where it has much. */
schedule_range schedule_endpoint_work(const nn_job *job);

#endif

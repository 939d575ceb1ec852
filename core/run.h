/* run.h - what the trainer does for one run of a pack: begins it, looks at it where it is due, completes its outcome. */
#ifndef NN_RUN_H
#define NN_RUN_H

#include "engine.h"

/* Scores of all lanes at this moment. */
typedef struct nn_scores {
    nn_score of[NN_N_PART][NN_MAX_LANES];
} nn_scores;

/* Scores the parts for the lanes of `due` (bit i: lane i). The training part is scored even where it is not recorded,
 * before the first epoch and after the last: divergence is judged by it. */
void nn_run_score(nn_work *w, uint32_t due, nn_scores *s);

/* Starts w->lane[lane].job. */
void nn_run_begin(nn_work *w, int lane);
/* Looks at a lane that is due: records it where that is planned, and says whether its run ends. */
nn_stop_reason nn_run_look(nn_work *w, int lane, const nn_scores *s);
/* Takes the final weights of a run that has just been looked at, and what is measured of them. */
void nn_run_end(nn_work *w, int lane, nn_stop_reason reason);
/* Completes its outcome, after nn_probe_answers. */
void nn_run_finish(nn_work *w, int lane);

/* ---- probe.c ---- */

/* Norms of the gradient; shares of dead and saturated units. Both need w->probe, of nn_probe_bytes. */
size_t nn_probe_bytes(const nn_job *job);
void nn_probe_gradient(const nn_work *w, const nn_job *job, const void *params, double norms[NN_N_NORM]);
void nn_probe_units(const nn_work *w, const nn_job *job, const void *params, nn_outcome *out);
/* Quality of the final and the best weights of the lanes whose runs have ended. The engine loses their final weights. */
void nn_probe_answers(nn_work *w, uint32_t ended);

#endif

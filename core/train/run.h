/* run.h - what the trainer does for one run of a pack, in the order of its life: nn_run_begin, nn_run_score and
 * nn_run_look whenever it is due, nn_run_end, nn_run_finish. */
#ifndef NN_TRAIN_RUN_H
#define NN_TRAIN_RUN_H

#include "train/engine.h"

/* So many first rows of the training part decide before the first epoch and after the last whether a run has diverged.
 * All rows of a large part would cost as much as half an epoch. */
enum { NN_FIRST_ROWS = 1024 };

/* Scores of all lanes at this moment. */
typedef struct nn_scores {
    nn_score of[NN_N_PART][NN_MAX_LANES];
    nn_score first_rows[NN_MAX_LANES]; /* of NN_FIRST_ROWS, before the first epoch and after the last */
} nn_scores;

/* Scores the parts for the lanes of `due` (bit i: lane i), and sets the quality of those at their last epoch. */
void nn_run_score(nn_work *w, uint32_t due, nn_scores *s);

/* Starts w->lane[lane].job. */
void nn_run_begin(nn_work *w, int lane);
/* Looks at a lane that is due: records it if this epoch is recorded, and says why its run ends, if it does. */
nn_stop_reason nn_run_look(nn_work *w, int lane, const nn_scores *s);
/* Ends a run that was just looked at: keeps its final weights and measures them. */
void nn_run_end(nn_work *w, int lane, nn_stop_reason reason);
/* Completes the outcome of a run that has ended, after nn_probe_answers. */
void nn_run_finish(nn_work *w, int lane);

#endif

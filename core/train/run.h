/* run.h - what the trainer does for one run of a pack: begins it, looks at it where it is due, completes its outcome. */
#ifndef NN_TRAIN_RUN_H
#define NN_TRAIN_RUN_H

#include "train/engine.h"

/* The first rows of the training part, by which divergence is judged before the first epoch and after the last, whatever is
 * recorded: all of a large part would cost as much as half an epoch. */
enum { NN_JUDGED_ROWS = 1024 };

/* Scores of all lanes at this moment. */
typedef struct nn_scores {
    nn_score of[NN_N_PART][NN_MAX_LANES];
    nn_score judged[NN_MAX_LANES]; /* of those rows, before the first epoch and after the last */
} nn_scores;

/* Scores the parts for the lanes of `due` (bit i: lane i); of those at their last epoch it takes the quality too. */
void nn_run_score(nn_work *w, uint32_t due, nn_scores *s);

/* Starts w->lane[lane].job. */
void nn_run_begin(nn_work *w, int lane);
/* Looks at a lane that is due: records it where that is planned, and says whether its run ends. */
nn_stop_reason nn_run_look(nn_work *w, int lane, const nn_scores *s);
/* Takes the final weights of a run that has just been looked at, and what is measured of them. */
void nn_run_end(nn_work *w, int lane, nn_stop_reason reason);
/* Completes its outcome, after nn_probe_answers. */
void nn_run_finish(nn_work *w, int lane);

#endif

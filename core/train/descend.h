/* descend.h - runs whose optimizer stands outside core. */
#ifndef NN_TRAIN_DESCEND_H
#define NN_TRAIN_DESCEND_H

#include "train/engine.h"

/* Trains the run of lane 0 from where it stands to its end. *reason: why it ended, or none: told to stop. */
nn_status nn_descend(nn_work *w, nn_stop_reason *reason, nn_error *err);

#endif

/* descend.h - trains runs whose optimizer is outside core (nn_descent.h). */
#ifndef NN_TRAIN_DESCEND_H
#define NN_TRAIN_DESCEND_H

#include "train/engine.h"

/* Trains the run of lane 0 to its end. *reason says why it ended; NN_REASON_none: it was told to stop. */
nn_status nn_descend(nn_work *w, nn_stop_reason *reason, nn_error *err);

#endif

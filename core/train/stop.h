/* stop.h - the stopping rules as steps over a curve: one implementation for `first` (called as the run goes)
 * and `observe` (called afterwards over the whole curve). */
#ifndef NN_TRAIN_STOP_H
#define NN_TRAIN_STOP_H

#include "nn.h"

/* What a rule remembers between steps; all zero at the start. */
typedef struct nn_stop_state {
    bool started;
    double best, best_epoch;
    double last, rises; /* up: E_va at the last end of a strip, rises in succession up to there */
} nn_stop_state;

/* One recorded epoch; values[NN_CURVE_...] of it are at curves[curve * stride + point]. Does the rule fire?
 */
bool nn_stop_step(const nn_stop_rule *rule, nn_stop_state *state, const double *curves, size_t stride, size_t point,
                  double epoch);

#endif

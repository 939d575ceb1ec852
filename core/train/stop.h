/* stop.h - stopping rules as steps over the recorded epochs. Mode first takes a step as the run goes, mode observe
 * takes all steps afterwards; both have the same code. */
#ifndef NN_TRAIN_STOP_H
#define NN_TRAIN_STOP_H

#include "nn.h"

/* What a rule remembers from step to step, all zero at the start. Checkpoints hold it. */
typedef struct nn_stop_state {
    bool started;
    double best, best_epoch;
    double last, rises; /* of `up`: E_va at the last end of a strip, and how many times it rose in succession */
} nn_stop_state;

/* Shows a recorded epoch to a rule: its values are curves[NN_CURVE_... * stride + point]. Does the rule fire? */
bool nn_stop_step(const nn_stop_rule *rule, nn_stop_state *state, const double *curves, size_t stride, size_t point,
                  double epoch);
/* Shows a rule all n_points recorded epochs of curves [NN_N_CURVE][stride], which are NaN where they are not recorded.
 * Rules over strips need every epoch. */
nn_stop_record nn_stop_observe(const nn_stop_rule *rule, const double *curves, const uint32_t *epochs, size_t n_points,
                               size_t stride);

/* value / least - 1, at least 0, since rounding may put a mean of equal numbers below them. It is infinite for a value
 * above a least that is 0 (or a little below, as kl_divergence may round). NaN stays. */
double nn_excess(double value, double least);

#endif

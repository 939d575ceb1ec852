/* draw.h - starting weights, which are given or drawn. */
#ifndef NN_KERNELS_DRAW_H
#define NN_KERNELS_DRAW_H

#include "kernels/real.h"
#include "nn.h"

/* Fills in the starting weights of a job. Weight (i, o) of layer l is drawn from word o % 4 of the counter (0, i, l, o
 * / 4) of the stream NN_FOR_INIT, where a bias is the weight of input i = fan_in. */
void X(nn_draw)(const nn_job *job, const nn_network *net, void *params);

/* Fills in what rprop remembers before its first step: states [2][n_params], where the sizes of the last steps, the
 * second row, are uniform between learning_rate / step_spread and learning_rate * step_spread. They are drawn from the
 * words that nn_draw takes for the weights, in the stream NN_FOR_FIRST_STEPS. */
void X(nn_draw_steps)(const nn_job *job, const nn_network *net, void *states);

#endif

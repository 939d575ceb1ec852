/* draw.h - starting weights, which are given or drawn. */
#ifndef NN_KERNELS_DRAW_H
#define NN_KERNELS_DRAW_H

#include "kernels/real.h"
#include "nn.h"

/* Fills in the starting weights of a job. Weight (i, o) of layer l is drawn from word o % 4 of the counter (0, i, l, o
 * / 4) of the stream NN_FOR_INIT, where a bias is the weight of input i = fan_in. */
void X(nn_draw)(const nn_job *job, const nn_network *net, void *params);

#endif

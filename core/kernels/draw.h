/* draw.h - starting weights: given, or drawn. The draw of weight (i, o) of layer l is word o % 4 of counter (0, i, l,
 * o / 4) of the init stream; a bias stands as input row i = fan_in. So they depend on shape, seed and repeat
 * alone. */
#ifndef NN_KERNELS_DRAW_H
#define NN_KERNELS_DRAW_H

#include "kernels/real.h"
#include "nn.h"

/* Starting weights of a job. */
void X(nn_draw)(const nn_job *job, const nn_network *net, void *params);

#endif

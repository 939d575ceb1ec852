/* Lists what was compiled for one precision and instruction set, engines and all, for train/engine.c to choose from. */
#include "kernels/draw.h"
#include "kernels/lanes/lanes.h"
#include "kernels/reference/reference.h"
#include "kernels/score.h"
#include "kernels/tile/tile.h"

const nn_kernels X(nn_kernels) = {
    .real_bytes = sizeof(REAL),
    .draw = X(nn_draw),
    .draw_steps = X(nn_draw_steps),
    .norms = X(nn_norms),
    .distance = X(nn_distance),
#define NN_ENGINE(name, help) .engines[NN_ENGINE_##name] = &X(nn_##name),
#include "tables/engine.def"
    .predict = X(nn_reference_predict),
    .gradient = X(nn_reference_gradient),
    .activity = X(nn_reference_activity),
    .units = X(nn_reference_units),
};

/* fill.h - what a batch asks of an engine, from which fill.c predicts its time. */
#ifndef NN_TRAIN_FILL_H
#define NN_TRAIN_FILL_H

#include "nn.h"

/* A run in the tile engine, a pack whose lanes have the same rows, and one whose lanes have rows of their own. */
enum { NN_FILL_ALONE, NN_FILL_SHARED, NN_FILL_OWN, NN_N_FILL };

/* Products are multiply-adds, and units and weights are counted, in vectors: of units in the tile engine, of lanes in
 * packs. Outputs, inputs and dropped ones are single numbers of a run. */
enum {
    NN_ASK_BATCH,
    NN_ASK_LAYERS,
    NN_ASK_PRODUCTS,
    NN_ASK_UNITS,
    NN_ASK_OUTPUTS,
    NN_ASK_WEIGHTS,
    NN_ASK_INPUTS,
    NN_ASK_DROPPED,
    NN_N_ASK
};

void nn_fill_ask(const nn_job *job, int way, double asked[NN_N_ASK]);

#endif

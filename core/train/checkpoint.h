/* checkpoint.h - the state of a running run as a block of bytes, taken between two epochs: a run that goes on from it has
 * the bits of one that was never interrupted. The same on every instruction set and engine; of one machine's byte order. */
#ifndef NN_TRAIN_CHECKPOINT_H
#define NN_TRAIN_CHECKPOINT_H

#include "train/engine.h"

void nn_checkpoint_write(const nn_work *w, int lane, void *block);
/* Puts a lane whose run has just begun where the block of its job was taken. */
void nn_checkpoint_read(nn_work *w, int lane, const void *block);

#endif

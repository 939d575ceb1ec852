/* checkpoint.h - checkpoints: blocks of bytes, taken of a run between two epochs, from which it can resume with the
 * bits of a run that was never interrupted. It fits every instruction set and engine of one byte order. */
#ifndef NN_TRAIN_CHECKPOINT_H
#define NN_TRAIN_CHECKPOINT_H

#include "train/engine.h"

size_t nn_checkpoint_bytes(const nn_job *job);
/* The epochs that were trained when it was taken. */
uint32_t nn_checkpoint_epoch(const void *block);
void nn_checkpoint_write(const nn_work *w, int lane, void *block);
/* Puts a lane, whose run has just begun, where the checkpoint of its job was taken. */
void nn_checkpoint_read(nn_work *w, int lane, const void *block);

#endif

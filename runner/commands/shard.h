/* shard.h - reads --shard I/N of run and plan: the file then trains every N-th run of the grid, from run I-1 on. */
#ifndef NNGRID_COMMANDS_SHARD_H
#define NNGRID_COMMANDS_SHARD_H

#include "commands/common.h"

/* Reads "I/N", with 1 <= I <= N, into `how`; NULL is the whole grid. */
nn_status command_read_shard(const char *text, results_options *how, nn_error *err);
/* Returns results/NAME-IofN.h5, since shards may share a folder, or the default without shards; the caller frees it. */
char *command_shard_out(const grid *g, const results_options *how);
/* Prints the merge command to call when all shards are trained. */
void command_print_shard(const char *shard, size_t n_elsewhere, const char *program, const command_source *source);

#endif

/* shard.h - --shard: a part of a grid, for one of several machines. */
#ifndef NNGRID_COMMANDS_SHARD_H
#define NNGRID_COMMANDS_SHARD_H

#include "commands/common.h"

/* "I/N" with 1 <= I <= N; NULL: all of the grid. */
nn_status command_read_shard(const char *text, results_options *how, nn_error *err);
/* results/NAME-IofN.h5, since shards may share a folder; without shards the default. Caller frees. */
char *command_shard_out(const grid *g, const results_options *how);
/* What is still to be done, once a shard is trained. */
void command_print_shard(const char *shard, size_t n_elsewhere, const char *program, const command_source *source);

#endif

/* Reads --shard I/N, and tells what to do when the shard is trained. */
#include "commands/shard.h"
#include <stdlib.h>
#include <string.h>

nn_status command_read_shard(const char *text, results_options *how, nn_error *err)
{
    size_t i = 0, n = 0;
    int end = 0;
    if (text == NULL)
        return NN_ok;
    if (sscanf(text, "%6zu/%6zu%n", &i, &n, &end) != 2 || text[end] != '\0' || i < 1 || i > n)
        return nn_fail(err, NN_usage, "--shard takes I/N, shard I of N (1/4, 2/4, ...), not '%s'", text);
    how->shard = i - 1;
    how->n_shards = n;
    return NN_ok;
}

char *command_shard_out(const grid *g, const results_options *how)
{
    char *out = command_default_out(g), *shard = NULL;
    if (how->n_shards == 0 || out == NULL)
        return out;
    const size_t stem = strlen(out) - strlen(".h5");
    if (asprintf(&shard, "%.*s-%zuof%zu.h5", (int)stem, out, how->shard + 1, how->n_shards) < 0)
        shard = NULL;
    free(out);
    return shard;
}

void command_print_shard(const char *shard, size_t n_elsewhere, const char *program, const command_source *source)
{
    char runs[32];
    fprintf(stderr, "shard %s is complete; %s %s in other shards. When all are complete:\n  ", shard,
            text_count(n_elsewhere, "run", runs, sizeof runs), n_elsewhere == 1 ? "is" : "are");
    command_print_call(stderr, program, "merge", source);
    fputs(" SHARD.h5... -o ALL.h5\n", stderr);
}

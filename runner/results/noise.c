/* Ranks the training rows of a split by the draws of label noise. */
#include "results/noise.h"
#include <stdlib.h>
#include <string.h>

bool results_noise_new(const dataset *d, noise_rows *out)
{
    const size_t n = d->data.n_rows;
    int32_t *block = malloc((N_NOISE * n + 1) * sizeof *block);
    for (int i = 0; i < N_NOISE; i++)
        out->values[i] = block != NULL ? block + (size_t)i * n : NULL;
    for (size_t i = 0; block != NULL && i < N_NOISE * n; i++)
        block[i] = -1;
    return block != NULL;
}

void results_noise_free(noise_rows *noise)
{
    free(noise->values[0]);
    *noise = (noise_rows){{NULL}};
}

static int by_draw(const void *a, const void *b)
{
    const nn_noise *p = a, *q = b;
    return (p->draw > q->draw) - (p->draw < q->draw);
}

bool results_noise_of(const dataset *d, const nn_split *split, uint64_t seed, uint32_t repeat, noise_rows *out)
{
    const uint64_t key = nn_stream_key(seed, repeat, NN_FOR_LABEL_NOISE);
    const size_t n = split->n[NN_TRAIN];
    nn_noise *drawn = malloc((n + 1) * sizeof *drawn);
    if (drawn == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        drawn[i] = nn_noise_of(&d->data, key, split->rows[NN_TRAIN][i]);
    qsort(drawn, n, sizeof *drawn, by_draw);
    for (size_t i = 0; i < N_NOISE * d->data.n_rows; i++)
        out->values[0][i] = -1;
    for (size_t i = 0; i < n; i++) {
        const uint32_t row = (uint32_t)(drawn[i].draw & UINT32_MAX);
        out->values[NOISE_RANK][row] = (int32_t)i;
        out->values[NOISE_CLASS][row] = drawn[i].new_class;
    }
    free(drawn);
    return true;
}

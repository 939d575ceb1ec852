/* Takes arrays from a workspace and shares work out between threads. */
#include "train/arena.h"
#include <string.h>

void *nn_carve(char *base, size_t *used, size_t bytes)
{
    void *at = base != NULL ? base + *used : NULL;
    *used += (bytes + NN_ALIGN - 1) / NN_ALIGN * NN_ALIGN;
    return at;
}

void nn_parallel(const nn_work *w, size_t n, void (*body)(void *arg, size_t i), void *arg)
{
    if (n > 1 && w->supply != NULL && w->supply->parallel_for != NULL)
        w->supply->parallel_for(w->supply->context, n, body, arg);
    else
        for (size_t i = 0; i < n; i++)
            body(arg, i);
}

bool nn_has_size(const nn_job *job)
{
    const nn_hyper *h = job->hyper;
    const nn_split *s = job->split;
    return h != NULL && h->loss != NN_AUTO && h->output != NN_AUTO && job->data != NULL && job->data->n_inputs > 0 &&
           nn_n_outputs(job->data, h) > 0 && s != NULL && s->n[NN_TRAIN] + s->n[NN_VALIDATION] + s->n[NN_TEST] > 0 &&
           job->recording != NULL && job->stopping != NULL;
}

/* What the hyperparameter table means as a whole: look-up, comparison, what `auto` stands for, what cannot go
 * together. */
#include "nn.h"
#include <string.h>

const nn_hyper_row *nn_hyper_find(const char *name)
{
    for (int i = 0; i < NN_N_HYPER; i++)
        if (strcmp(nn_hyper_rows[i].name, name) == 0)
            return &nn_hyper_rows[i];
    return NULL;
}

static bool same_shape(const nn_shape *a, const nn_shape *b)
{
    return a->n == b->n && memcmp(a->width, b->width, (size_t)a->n * sizeof a->width[0]) == 0;
}

bool nn_hyper_same(const nn_hyper *a, const nn_hyper *b, const nn_hyper_row *row)
{
    const void *p = nn_hyper_get(a, row), *q = nn_hyper_get(b, row);
    switch (row->kind) {
    case NN_REAL:
        return *(const nn_real_value *)p == *(const nn_real_value *)q;
    case NN_COUNT:
        return *(const nn_count_value *)p == *(const nn_count_value *)q;
    case NN_CHOICE:
        return *(const nn_choice_value *)p == *(const nn_choice_value *)q;
    case NN_TRUTH:
        return *(const nn_truth_value *)p == *(const nn_truth_value *)q;
    case NN_SHAPE:
        return same_shape(p, q);
    }
    return false;
}

void nn_hyper_resolve(nn_hyper *h, bool classification)
{
    if (h->loss == NN_AUTO)
        h->loss = classification ? NN_LOSS_cross_entropy : NN_LOSS_mse;
    if (h->output == NN_AUTO)
        h->output = nn_loss_rows[h->loss].output;
}

const char *nn_hyper_conflict(const nn_hyper *h, bool classification, const nn_hyper_row **culprit)
{
    const nn_loss_row *loss = &nn_loss_rows[h->loss];
    *culprit = nn_hyper_find("output");
    if (loss->required && h->output != loss->output)
        return h->loss == NN_LOSS_cross_entropy
                   ? "cross_entropy goes with output: softmax; leave output out, or choose another loss"
                   : "binary_cross_entropy goes with output: sigmoid; leave output out, or choose another "
                     "loss";
    if (h->output == NN_ACTIVATION_softmax && loss->output != NN_ACTIVATION_softmax)
        return "output: softmax goes with loss: cross_entropy only";
    *culprit = nn_hyper_find("loss");
    if (!classification && h->loss == NN_LOSS_cross_entropy)
        return "cross_entropy needs classes; say data: {task: classification}, or choose loss: mse";
    *culprit = nn_hyper_find("activation");
    if (nn_activation_places[h->activation] == NN_OUTPUT_ONLY)
        return "softmax stands at the output only; choose another activation for hidden layers";
    return NULL;
}

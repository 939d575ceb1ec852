/* Looks up, compares and resolves settings, and finds those that contradict each other. */
#include "nn_tables.h"
#include <stdarg.h>
#include <stdio.h>
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
    case NN_TEXT:
        return strcmp(((const nn_text *)p)->text, ((const nn_text *)q)->text) == 0;
    }
    return false;
}

static int loss_of(bool classification)
{
    return classification ? NN_LOSS_cross_entropy : NN_LOSS_mse;
}

void nn_hyper_resolve(nn_hyper *h, bool classification)
{
    if (h->loss == NN_AUTO)
        h->loss = loss_of(classification);
    if (h->output == NN_AUTO)
        h->output = nn_loss_rows[h->loss].output;
}

/* Writes the losses that an output activation follows from, as "a or b", to text and returns it. */
static const char *losses_with_output(int output, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < NN_N_LOSS; i++)
        if (nn_loss_rows[i].output == output && used < size)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? " or " : "", nn_losses.rows[i].name);
    return text;
}

/* The index of a setting that makes the cost jump or bend, or steps by another gradient than its own; or -1. */
static int rough_cost(const nn_hyper *h)
{
    const struct {
        bool is;
        int row;
    } rough[] = {{h->dropout > 0 && h->hidden.n > 0, NN_HYPER_dropout},
                 {h->input_dropout > 0, NN_HYPER_input_dropout},
                 {h->l1 > 0, NN_HYPER_l1},
                 {h->clip_norm > 0, NN_HYPER_clip_norm},
                 {h->gradient != NN_GRADIENT_backprop, NN_HYPER_gradient}};
    for (size_t i = 0; i < sizeof rough / sizeof *rough; i++)
        if (rough[i].is)
            return rough[i].row;
    return -1;
}

/* Is this rate of dropout, as it is rounded, 0 without being 0, or 1? */
static bool drops_none_or_all(double rate)
{
    const double half = 0.5 / 65536;
    return (rate > 0 && rate < half) || rate >= 1 - half;
}

/* What is wrong with the layers to freeze, or NULL. */
static const char *wrong_freeze(const nn_hyper *h)
{
    for (int i = 0; i < h->freeze.n; i++) {
        if (i > 0 && h->freeze.width[i] <= h->freeze.width[i - 1])
            return "list each layer once, in ascending order";
        if (h->freeze.width[i] > h->hidden.n + 1)
            return "it counts the layers of weights from 1, and the last one is that of the outputs";
    }
    return h->freeze.n == h->hidden.n + 1 ? "no layer is left to train; leave one out" : NULL;
}

/* Writes the sentence to `text` and returns the row. */
static const nn_hyper_row *conflict(int row, char *text, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(text, size, format, args);
    va_end(args);
    return &nn_hyper_rows[row];
}

const nn_hyper_row *nn_hyper_conflict(const nn_hyper *h, bool classification, char *text, size_t size)
{
    const nn_loss_row *loss = &nn_loss_rows[h->loss];
    const char *name = nn_losses.rows[h->loss].name, *optimizer = nn_optimizers.rows[h->optimizer].name;
    const int traits = nn_optimizer_rows[h->optimizer].traits, rough = rough_cost(h);
    const nn_name *outputs = nn_activations.rows;
    const char *freeze = wrong_freeze(h);
    char losses[200];
    if (freeze != NULL)
        return conflict(NN_HYPER_freeze, text, size, "freeze: a network with %d layer%s of weights; %s",
                        (int)h->hidden.n + 1, h->hidden.n == 0 ? "" : "s", freeze);
    if (loss->required && h->output != loss->output)
        return conflict(NN_HYPER_output, text, size,
                        "%s goes with output: %s; leave output out, or choose another loss", name,
                        outputs[loss->output].name);
    if (nn_activation_places[h->output] == NN_OUTPUT_ONLY && h->output != loss->output)
        return conflict(NN_HYPER_output, text, size, "output: %s goes with loss: %s only", outputs[h->output].name,
                        losses_with_output(h->output, losses, sizeof losses));
    if (!classification && loss->classes)
        return conflict(NN_HYPER_loss, text, size,
                        "%s needs classes; say data: {task: classification}, or choose loss: %s", name,
                        nn_losses.rows[loss_of(false)].name);
    if (!classification && h->outputs > 0)
        return conflict(NN_HYPER_outputs, text, size,
                        "outputs is for two classes; a regression has one output for each target: leave it out");
    if (h->outputs == 1 && loss->output == NN_ACTIVATION_softmax)
        return conflict(NN_HYPER_outputs, text, size,
                        "%s needs outputs: 2, since the softmax of one output is always 1; with one output "
                        "it is loss: %s",
                        name, nn_losses.rows[NN_LOSS_binary_cross_entropy].name);
    if ((traits & NN_FULL_BATCH) != 0 && h->batch_size != 0)
        return conflict(NN_HYPER_optimizer, text, size,
                        "%s compares gradients of the whole training part; say batch_size: full", optimizer);
    if ((traits & NN_OUTSIDE) != 0 && rough >= 0)
        return conflict(rough, text, size, "%s searches along lines of a smooth cost that stays the same; leave %s out",
                        optimizer, nn_hyper_rows[rough].name);
    if (drops_none_or_all(h->dropout) || drops_none_or_all(h->input_dropout))
        return conflict(drops_none_or_all(h->dropout) ? NN_HYPER_dropout : NN_HYPER_input_dropout, text, size,
                        "rates of dropout are multiples of 1/65536: %g would be 0 or 1; leave it out, or take a rate "
                        "between",
                        drops_none_or_all(h->dropout) ? h->dropout : h->input_dropout);
    if (nn_hyper_rows[NN_HYPER_step_min].matters(h) && h->step_min > h->step_max)
        return conflict(NN_HYPER_step_min, text, size, "step_min %g is above step_max %g", h->step_min, h->step_max);
    if (classification && h->label_noise > 1)
        return conflict(NN_HYPER_label_noise, text, size,
                        "label_noise is a share of the labels of classes: at most 1, not %g", h->label_noise);
    if (!classification && h->label_noise > 0 && loss->required)
        return conflict(NN_HYPER_label_noise, text, size,
                        "label_noise would take targets out of [0, 1], where %s needs them; leave it out, or choose "
                        "another loss",
                        name);
    if (nn_activation_places[h->activation] == NN_OUTPUT_ONLY && nn_hyper_rows[NN_HYPER_activation].matters(h))
        return conflict(NN_HYPER_activation, text, size,
                        "%s stands at the output only; choose another activation for hidden layers",
                        nn_activations.rows[h->activation].name);
    return NULL;
}

/* Checks the gradients of all engines: compares backprop with central differences, block of parameters by block. */
#include "train/arena.h"
#include "train/noise.h"
#include "train/work.h"
#include <string.h>

/* norm(a - b) / norm(a + b) of one block; 0 where both are 0. */
static double relative_difference(const double *a, const double *b, size_t n)
{
    double difference = 0, sum = 0;
    for (size_t i = 0; i < n; i++) {
        difference += (a[i] - b[i]) * (a[i] - b[i]);
        sum += (a[i] + b[i]) * (a[i] + b[i]);
    }
    return difference == 0 ? 0 : sqrt(difference / sum);
}

/* numeric[i] = (cost(w + step e_i) - cost(w - step e_i)) / (2 step), where 2 step is the rounded difference. */
static void central_difference(const nn_job *job, double *weights, size_t n, const uint32_t *rows, size_t n_rows,
                               double step, double *numeric, void *workspace)
{
    for (size_t i = 0; i < n; i++) {
        const double w = weights[i], up = w + step, down = w - step;
        weights[i] = up;
        const double above = nn_gradient(job, weights, rows, n_rows, NULL, workspace);
        weights[i] = down;
        const double below = nn_gradient(job, weights, rows, n_rows, NULL, workspace);
        weights[i] = w;
        numeric[i] = (above - below) / (up - down);
    }
}

/* The size of the step that a gradient is taken from. In float32 it is large, so that the difference of weights before
 * and after it loses few digits of the gradient. It is a power of two, which loses none. */
static double step_size(const nn_job *step)
{
    return step->hyper->precision == NN_PRECISION_float32 ? 0x1p16 : 1;
}

/* Makes a job whose epoch is one plain step over these rows: what the weights lose is the gradient, times step_size. */
static nn_job step_job(const nn_job *job, const uint32_t *rows, size_t n_rows, nn_hyper *h, nn_split *split)
{
    static const nn_recording nothing = {.every = 1};
    static const nn_stopping no_rules = {0};
    nn_job step = *job;
    *h = *job->hyper;
    h->freeze.n = 0;
    h->optimizer = NN_OPTIMIZER_sgd;
    h->momentum = h->dropout = h->input_dropout = 0;
    h->clip_norm = 0;
    h->gradient = NN_GRADIENT_backprop;
    h->nesterov = false;
    h->batch_size = 0;
    h->epochs = 0;
    /* Penalties are divided by the rows of the training part, which these rows now are. */
    h->lambda *= (double)n_rows / (double)job->split->n[NN_TRAIN];
    h->l1 *= (double)n_rows / (double)job->split->n[NN_TRAIN];
    *split = *job->split;
    split->n[NN_TRAIN] = n_rows;
    split->rows[NN_TRAIN] = rows;
    step.hyper = h;
    step.split = split;
    step.recording = &nothing;
    step.stopping = &no_rules;
    return step;
}

size_t nn_gradient_check_bytes(const nn_job *job, const uint32_t *rows, size_t n_rows)
{
    nn_hyper h;
    nn_split split;
    nn_work w;
    if (!nn_has_size(job))
        return NN_NO_SIZE;
    const nn_job step = step_job(job, rows, n_rows, &h, &split);
    const size_t differences = nn_gradient_bytes(&step), own = nn_workspace_bytes(job);
    size_t bytes = differences > own ? differences : own;
    for (int engine = NN_ENGINE_fast + 1; engine < NN_N_ENGINE; engine++) {
        const size_t needed = nn_work_layout(&w, &step, engine, 1, NULL);
        bytes = needed > bytes ? needed : bytes;
    }
    return bytes;
}

/* Puts weights into w->scratch, in the precision of the engine. */
static void narrow(nn_work *w, const double *weights)
{
    for (size_t i = 0; i < w->net.n_params; i++)
        if (w->kernels->real_bytes == sizeof(float))
            ((float *)w->scratch)[i] = (float)weights[i];
        else
            ((double *)w->scratch)[i] = weights[i];
}

/* Takes the gradient from a step of an engine; `before` is scratch [n_params]. */
static void stepped_gradient(const nn_job *step, int engine, const double *weights, double *gradient, double *before,
                             void *workspace)
{
    nn_work w;
    nn_work_layout(&w, step, engine, 1, workspace);
    nn_noise_set(&w.lane[0]);
    w.active = 1;
    w.epoch[0] = 1;
    w.learning_rate[0] = step_size(step);
    w.new_rates = 1;
    w.rows[0] = step->split->rows[NN_TRAIN];
    narrow(&w, weights);
    nn_widen(&w, w.scratch, before);
    w.engine->set(&w, 0, w.scratch);
    w.engine->epoch(&w);
    w.engine->get(&w, 0, w.scratch);
    nn_widen(&w, w.scratch, gradient);
    for (size_t i = 0; i < w.net.n_params; i++)
        gradient[i] = (before[i] - gradient[i]) / step_size(step);
}

/* The larger of the two; NaN counts as larger than any number. */
static double worse(double a, double b)
{
    return a != a || b <= a ? a : b;
}

/* The largest relative difference of a block of parameters. */
static double worst_block(const nn_network *net, const double *analytic, const double *numeric)
{
    double worst = 0;
    for (int l = 0; l < net->n_layers; l++) {
        const size_t n_w = net->b_at[l] - net->w_at[l], n_b = net->bias ? (size_t)net->width[l + 1] : 0;
        const double of_w = relative_difference(analytic + net->w_at[l], numeric + net->w_at[l], n_w);
        const double of_b = relative_difference(analytic + net->b_at[l], numeric + net->b_at[l], n_b);
        worst = worse(worse(worst, of_w), of_b);
    }
    return worst;
}

double nn_gradient_check(const nn_job *job, const double *weights, const uint32_t *rows, size_t n_rows, double step,
                         double *of_engine, double *scratch, void *workspace)
{
    nn_hyper h;
    nn_split split;
    nn_network net;
    const nn_job stepping = step_job(job, rows, n_rows, &h, &split);
    nn_network_of(job->data, &h, &net);
    double *moved = scratch, *analytic = scratch + net.n_params, *numeric = analytic + net.n_params, worst = 0;
    memcpy(moved, weights, net.n_params * sizeof *moved);
    if (of_engine != NULL)
        of_engine[NN_ENGINE_fast] = 0;
    central_difference(&stepping, moved, net.n_params, rows, n_rows, step, numeric, workspace);
    for (int engine = NN_ENGINE_fast + 1; engine < NN_N_ENGINE; engine++) {
        stepped_gradient(&stepping, engine, weights, analytic, moved, workspace);
        const double of_this = worst_block(&net, analytic, numeric);
        worst = worse(worst, of_this);
        if (of_engine != NULL)
            of_engine[engine] = of_this;
    }
    return worst;
}

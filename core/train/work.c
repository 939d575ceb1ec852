/* Lays out the workspace of a pack (nn_work in engine.h). */
#include "train/work.h"
#include "train/arena.h"
#include "train/checkpoint.h"
#include <string.h>

static size_t batch_rows(const nn_job *job)
{
    const size_t n = job->split->n[NN_TRAIN], asked = (size_t)job->hyper->batch_size;
    return asked == 0 || asked > n ? n : asked;
}

/* Does every epoch have an order of its own? */
static bool shuffles(const nn_work *w)
{
    return w->batch < w->job->split->n[NN_TRAIN] && w->job->hyper->shuffle;
}

static void lay_lane(nn_work *w, nn_lane *lane, char *base, size_t *used)
{
    const nn_job *job = w->job;
    for (int k = 0; k < NN_N_KEEP; k++)
        lane->kept[k] = nn_keeps(job, k) ? nn_carve(base, used, w->net.n_params * w->kernels->real_bytes) : NULL;
    lane->path = job->recording->keep[NN_KEEP_EVERY]
                     ? nn_carve(base, used, w->n_points * w->net.n_params * w->kernels->real_bytes)
                     : NULL;
    lane->order = shuffles(w) ? nn_carve(base, used, job->split->n[NN_TRAIN] * sizeof *lane->order) : NULL;
    lane->curves =
        nn_carve(base, used, nn_n_curves(job->recording, w->net.n_layers) * w->n_points * sizeof *lane->curves);
    lane->stops = nn_carve(base, used, (size_t)job->stopping->n_rules * sizeof *lane->stops);
    lane->targets = nn_carve(base, used, 2 * nn_n_target_scores(job->data) * sizeof *lane->targets);
}

void nn_widen(const nn_work *w, const void *params, double *out)
{
    const bool narrow = w->kernels->real_bytes == sizeof(float);
    for (size_t i = 0; i < w->net.n_params; i++)
        out[i] = narrow ? (double)((const float *)params)[i] : ((const double *)params)[i];
}

/* Lays out the room for outputs of all rows, if the measures that need it are recorded. */
static void lay_answers(nn_work *w, char *base, size_t *used)
{
    const nn_job *job = w->job;
    nn_answers *a = &w->answers;
    const bool *measures = job->recording->measures;
    if (job->data->classes == NULL || !(measures[NN_MEASURE_auc] || measures[NN_MEASURE_calibration]))
        return;
    for (int part = 0; part < NN_N_PART; part++)
        if (job->recording->parts[part] && job->split->n[part] > a->room)
            a->room = job->split->n[part];
    const size_t n = (size_t)w->n_lanes * a->room;
    a->n_kept = nn_carve(base, used, sizeof *a->n_kept);
    a->outputs = nn_carve(base, used, n * (size_t)w->net.width[w->net.n_layers] * sizeof *a->outputs);
    a->labels = nn_carve(base, used, n * sizeof *a->labels);
    a->ranked = nn_carve(base, used, a->room * sizeof *a->ranked);
}

/* nn_work_layout, with probe_bytes of room for probe.c. */
static size_t lay_out(nn_work *w, const nn_job *job, int engine, int lanes, size_t probe_bytes, void *base)
{
    size_t used = 0;
    memset(w, 0, sizeof *w);
    w->lane[0].job = *job;
    w->job = &w->lane[0].job;
    w->kernels = nn_kernels_of(job->hyper->precision, job->isa);
    w->engine = w->kernels->engines[engine];
    w->n_lanes = lanes < w->engine->lanes ? lanes : w->engine->lanes;
    w->batch = batch_rows(job);
    nn_network_of(job->data, job->hyper, &w->net);
    w->n_points = nn_recorded_epochs(job->recording, job->hyper->epochs, NULL);
    w->epochs = nn_carve(base, &used, w->n_points * sizeof *w->epochs);
    w->scratch = nn_carve(base, &used, w->net.n_params * w->kernels->real_bytes);
    if (job->hyper->optimizer == NN_OPTIMIZER_rprop && job->hyper->step_spread > 1)
        w->first_steps = nn_carve(base, &used, 2 * w->net.n_params * w->kernels->real_bytes);
    w->answers.n = job->data->classes != NULL ? job->data->n_classes : job->data->n_targets;
    w->answers.counts = nn_carve(base, &used, NN_MAX_LANES * NN_N_COUNTS * w->answers.n * sizeof(double));
    lay_answers(w, base, &used);
    w->probe = probe_bytes > 0 ? nn_carve(base, &used, probe_bytes) : NULL;
    w->checkpoint = job->saves || w->n_lanes > 1 ? nn_carve(base, &used, nn_checkpoint_bytes(job)) : NULL;
    for (int i = 0; i < w->n_lanes; i++)
        lay_lane(w, &w->lane[i], base, &used);
    w->engine->layout(w, base, &used);
    if (base != NULL)
        nn_recorded_epochs(job->recording, job->hyper->epochs, w->epochs);
    return used;
}

nn_job nn_in_float64(const nn_job *job, nn_hyper *h)
{
    static const nn_recording nothing = {.every = INT32_MAX};
    nn_job wide = *job;
    wide.recording = &nothing;
    *h = *job->hyper;
    h->precision = NN_PRECISION_float64;
    wide.hyper = h;
    return wide;
}

size_t nn_gradient_bytes(const nn_job *job)
{
    nn_work w;
    nn_hyper h;
    if (!nn_has_size(job))
        return NN_NO_SIZE;
    const nn_job wide = nn_in_float64(job, &h);
    return lay_out(&w, &wide, NN_ENGINE_reference, 1, 0, NULL); /* wide records nothing, so that it needs no probe */
}

size_t nn_weights_bytes(const nn_work *w)
{
    return (w->net.n_params * sizeof(double) + NN_ALIGN - 1) / NN_ALIGN * NN_ALIGN;
}

/* The room that probe.c needs: weights, gradient, and the workspace of nn_gradient. */
static size_t probe_bytes_of(const nn_job *job)
{
    nn_work w;
    if (!job->recording->gradient)
        return 0;
    nn_network_of(job->data, job->hyper, &w.net);
    return 2 * nn_weights_bytes(&w) + nn_gradient_bytes(job);
}

size_t nn_work_layout(nn_work *w, const nn_job *job, int engine, int lanes, void *base)
{
    return lay_out(w, job, engine, lanes, probe_bytes_of(job), base);
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

size_t nn_workspace_bytes(const nn_job *job)
{
    nn_work w;
    if (!nn_has_size(job))
        return NN_NO_SIZE;
    const int engine = nn_engine_resolve(job, NN_MAX_LANES);
    const size_t training = nn_work_layout(&w, job, engine, NN_MAX_LANES, NULL);
    const size_t alone = engine == NN_ENGINE_lanes ? nn_work_layout(&w, job, NN_ENGINE_tile, 1, NULL) : 0;
    const size_t using = nn_work_layout(&w, job, NN_ENGINE_reference, 1, NULL); /* predict and gradient */
    return larger(larger(training, alone), using);
}

/* Uses a network without training it (scores, outputs, gradients, starting weights), and predicts what a run costs. */
#include "train/evaluate.h"
#include "train/noise.h"
#include "train/work.h"

/* Lays out the reference engine in float64 for the job, whose settings with that precision are put into h. */
static void lay_out_wide(nn_work *w, nn_hyper *h, const nn_job *job, void *workspace)
{
    const nn_job wide = nn_in_float64(job, h);
    nn_work_layout(w, &wide, NN_ENGINE_reference, 1, workspace);
}

nn_score nn_evaluate(const nn_job *job, const void *weights, nn_part part, void *workspace)
{
    nn_work w;
    nn_score scores[NN_MAX_LANES];
    nn_work_layout(&w, job, nn_engine_resolve(job, 1), 1, workspace);
    nn_noise_set(&w.lane[0]);
    w.active = 1;
    w.engine->set(&w, 0, weights);
    w.engine->score(&w, part, job->split->n[part], scores);
    return scores[0];
}

void nn_predict(const nn_job *job, const void *weights, const uint32_t *rows, size_t n_rows, double *y, void *workspace)
{
    nn_work w;
    nn_work_layout(&w, job, NN_ENGINE_reference, 1, workspace);
    w.kernels->predict(&w, weights, rows, n_rows, y);
}

double nn_gradient(const nn_job *job, const double *weights, const uint32_t *rows, size_t n_rows, double *gradient,
                   void *workspace)
{
    nn_work w;
    nn_hyper h;
    lay_out_wide(&w, &h, job, workspace);
    nn_noise_set(&w.lane[0]);
    return w.kernels->gradient(&w, weights, rows, n_rows, gradient);
}

void nn_unit_outputs(const nn_job *job, const double *weights, const uint32_t *rows, size_t n_rows, double *y,
                     void *workspace)
{
    nn_work w;
    nn_hyper h;
    lay_out_wide(&w, &h, job, workspace);
    w.kernels->units(&w, weights, rows, n_rows, y);
}

nn_activity nn_activity_of(const nn_job *job, const double *weights, void *workspace)
{
    nn_work w;
    nn_hyper h;
    nn_activity found;
    lay_out_wide(&w, &h, job, workspace);
    w.kernels->activity(&w, weights, job->split->rows[NN_TRAIN], job->split->n[NN_TRAIN], &found);
    return found;
}

void nn_start_weights(const nn_job *job, double *weights, void *workspace)
{
    nn_work w;
    nn_work_layout(&w, job, NN_ENGINE_reference, 1, workspace);
    w.kernels->draw(job, &w.net, w.scratch);
    nn_widen(&w, w.scratch, weights);
}

double nn_predicted_work(const nn_job *job)
{
    nn_network net;
    nn_network_of(job->data, job->hyper, &net);
    double row = 0; /* multiply-adds of one row forward; a unit costs about 20 besides its products */
    for (int l = 0; l < net.n_layers; l++)
        row += (double)net.width[l + 1] * ((double)net.fan_in[l] + 20);
    double evaluated = 0, n_train = (double)job->split->n[NN_TRAIN];
    for (int part = 0; part < NN_N_PART; part++)
        evaluated += job->recording->parts[part] ? (double)job->split->n[part] : 0;
    const double batch = job->hyper->batch_size > 0 ? (double)job->hyper->batch_size : n_train;
    const double updates = ceil(n_train / (batch < n_train ? batch : n_train)) * (double)net.n_params * 3;
    const double passes = job->hyper->gradient == NN_GRADIENT_backprop             ? 3 /* of a forward pass */
                          : job->hyper->gradient == NN_GRADIENT_forward_difference ? (double)net.n_params + 1
                                                                                   : 2 * (double)net.n_params + 1;
    const double points = (double)nn_recorded_epochs(job->recording, job->hyper->epochs, NULL);
    return (double)job->hyper->epochs * (passes * row * n_train + updates) + points * row * evaluated;
}

/* Predicts from how many runs on a pack in lanes takes less time than its runs one after the other.
 *
 * Both engines give the same bits, so that this decides about time alone. The times are linear in what a batch asks of
 * an engine; tests/bench/fit_fill.py measures some shapes and fits the weights, in ns. What counts is the ratio of the
 * two engines, which differs less from one processor to the next. */
#include "train/fill.h"

/* Of a larger network the lanes leave the second cache, and nothing was fitted. */
enum { MOST_PARAMS_IN_LANES = 2500 };

/* By precision, in ns. */
static const double weights[NN_N_PRECISION][NN_N_FILL][NN_N_ASK] = {
    [NN_PRECISION_float32] = {[NN_FILL_ALONE] = {0, 111, 0.06, 8, 0, 3, 0.32, 2.2},
                              [NN_FILL_SHARED] = {38, 0, 0.062, 3.8, 0, 2.6, 1.05, 22},
                              [NN_FILL_OWN] = {197, 0, 0.062, 3.8, 0, 2.6, 10.4, 85}},
    [NN_PRECISION_float64] = {[NN_FILL_ALONE] = {0, 104, 0.064, 5.7, 0, 4.4, 0.32, 1.5},
                              [NN_FILL_SHARED] = {69, 0, 0.122, 2.5, 0, 2.1, 0.2, 13},
                              [NN_FILL_OWN] = {173, 0, 0.12, 2.5, 0, 2.1, 5.9, 40}},
};

static double in_vectors(double n, int width)
{
    return ceil(n / width);
}

void nn_fill_ask(const nn_job *job, int way, double asked[NN_N_ASK])
{
    const nn_hyper *h = job->hyper;
    const double rows = (double)job->split->n[NN_TRAIN], size = (double)h->batch_size;
    const double n = size > 0 && size < rows ? size : rows;
    const int width = way != NN_FILL_ALONE ? 1 : h->precision == NN_PRECISION_float32 ? NN_MAX_LANES : NN_MAX_LANES / 2;
    nn_network net;
    nn_network_of(job->data, h, &net);
    for (int i = 0; i < NN_N_ASK; i++)
        asked[i] = 0;
    asked[NN_ASK_BATCH] = 1;
    asked[NN_ASK_LAYERS] = net.n_layers;
    asked[NN_ASK_INPUTS] = n * net.width[0];
    asked[NN_ASK_DROPPED] = h->input_dropout > 0 ? n * net.width[0] : 0;
    for (int l = 0; l < net.n_layers; l++) {
        const double in = net.fan_in[l] + 1, out = net.width[l + 1], vectors = in_vectors(out, width);
        asked[NN_ASK_PRODUCTS] += 2 * n * in * vectors + (l > 0 ? in * out * in_vectors(n, width) : 0);
        asked[NN_ASK_UNITS] += n * vectors;
        asked[NN_ASK_OUTPUTS] += n * out;
        asked[NN_ASK_WEIGHTS] += in * vectors;
        asked[NN_ASK_DROPPED] += h->dropout > 0 && l > 0 ? n * net.width[l] : 0;
    }
}

static double time_of(const nn_job *job, int way)
{
    double asked[NN_N_ASK], sum = 0;
    nn_fill_ask(job, way, asked);
    for (int i = 0; i < NN_N_ASK; i++)
        sum += weights[job->hyper->precision][way][i] * asked[i];
    return sum;
}

double nn_pack_worth(const nn_job *job, bool shared)
{
    nn_network net;
    nn_network_of(job->data, job->hyper, &net);
    if (net.n_params > MOST_PARAMS_IN_LANES)
        return NN_INF;
    return time_of(job, shared ? NN_FILL_SHARED : NN_FILL_OWN) / time_of(job, NN_FILL_ALONE);
}

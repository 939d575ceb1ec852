/* Predicts from how many runs on a pack in lanes takes less time than its runs one after the other.
 *
 * Both engines give the same bits, so that this decides about time alone. The times are linear in what a batch asks of
 * an engine; tests/bench/fill.py measures them and fits the weights, which are ns of a core of 4 GHz: what counts is the
 * ratio of the two engines, which differs little from one processor to the next. */
#include "train/engine.h"

/* Of a larger network the lanes leave the second cache, and nothing was fitted. */
enum { MOST_PARAMS_IN_LANES = 2500 };

/* What a batch asks of an engine. */
enum { BATCH, LAYERS, PRODUCTS, UNITS, WEIGHTS, INPUTS, DROPPED, N_ASKED };

/* By precision: of a run in the tile engine, of a pack whose lanes share rows, and of one whose lanes do not. */
enum { ALONE, SHARED, OWN, N_WAYS };
static const double weights[NN_N_PRECISION][N_WAYS][N_ASKED] = {
    [NN_PRECISION_float32] = {[ALONE] = {0, 111, 0.06, 8, 3, 0.32, 2.2},
                              [SHARED] = {38, 0, 0.062, 3.8, 2.6, 1.05, 22},
                              [OWN] = {197, 0, 0.062, 3.8, 2.6, 10.4, 85}},
    [NN_PRECISION_float64] = {[ALONE] = {0, 104, 0.064, 5.7, 4.4, 0.32, 1.5},
                              [SHARED] = {69, 0, 0.122, 2.5, 2.1, 0.2, 13},
                              [OWN] = {173, 0, 0.12, 2.5, 2.1, 5.9, 40}},
};

/* What a batch of n rows asks, in vectors of `width` numbers: of units in the tile engine, of lanes elsewhere. */
static void ask(const nn_job *job, const nn_network *net, double n, int width, double asked[N_ASKED])
{
    asked[BATCH] = 1;
    asked[LAYERS] = net->n_layers;
    asked[INPUTS] = n * net->width[0];
    asked[DROPPED] = job->hyper->input_dropout > 0 ? n * net->width[0] : 0;
    for (int l = 0; l < net->n_layers; l++) {
        const double in = net->fan_in[l] + 1, vectors = ceil((double)net->width[l + 1] / width);
        asked[PRODUCTS] += n * in * vectors * (l > 0 ? 3 : 2); /* errors of the inputs are not needed */
        asked[UNITS] += n * vectors;
        asked[WEIGHTS] += in * vectors;
        asked[DROPPED] += job->hyper->dropout > 0 && l > 0 ? n * net->width[l] : 0;
    }
}

static double seconds(const nn_job *job, const nn_network *net, int way, int width)
{
    const double rows = (double)job->split->n[NN_TRAIN], batch = (double)job->hyper->batch_size;
    double asked[N_ASKED] = {0}, sum = 0;
    ask(job, net, batch > 0 && batch < rows ? batch : rows, width, asked);
    for (int i = 0; i < N_ASKED; i++)
        sum += weights[job->hyper->precision][way][i] * asked[i];
    return sum;
}

double nn_pack_worth(const nn_job *job, bool shared)
{
    nn_network net;
    nn_network_of(job->data, job->hyper, &net);
    const int lanes = job->hyper->precision == NN_PRECISION_float32 ? NN_MAX_LANES : NN_MAX_LANES / 2;
    if (net.n_params > MOST_PARAMS_IN_LANES)
        return NN_INF;
    return seconds(job, &net, shared ? SHARED : OWN, 1) / seconds(job, &net, ALONE, lanes);
}

/* Writes and reads checkpoints. A checkpoint is a block of these pieces, each aligned to NN_ALIGN:
 *
 *   checkpoint | weights | the optimizer's state arrays | kept weights | weights of the recorded epochs | curves
 *
 * Weights and state arrays have the layout of nn_network. Orders of rows and masks of dropout are functions of the
 * epoch, and sums in float64 begin anew with each epoch, so a checkpoint holds none of them. */
#include "train/checkpoint.h"
#include "train/arena.h"
#include <string.h>

typedef struct checkpoint {
    uint64_t bytes; /* of the block */
    uint64_t n_params, real_bytes, n_points;
    int32_t arithmetic, optimizer, n_rules;
    uint32_t epoch, n_reached, epochs_trained;
    double limit, numbers[NN_STEP_NUMBERS];
    nn_snapshot at[NN_N_AT];
    nn_stop_state states[NN_MAX_RULES];
    nn_rate rate;
} checkpoint;

/* Where the pieces lie in a block. */
typedef struct places {
    checkpoint *head;
    void *weights, *states, *kept[NN_N_KEEP]; /* NULL where nn_keeps says no */
    void *path;                               /* NULL where not recorded */
    double *curves;
    size_t bytes, array_bytes, path_bytes, curve_bytes;
} places;

static places places_in(const nn_job *job, void *block)
{
    nn_network net;
    places p;
    size_t used = 0;
    nn_network_of(job->data, job->hyper, &net);
    const size_t n_points = nn_recorded_epochs(job->recording, job->hyper->epochs, NULL);
    const size_t n_states = (size_t)nn_optimizer_rows[job->hyper->optimizer].states;
    p.array_bytes = net.n_params * (size_t)nn_precision_bytes[job->hyper->precision];
    p.curve_bytes = nn_n_curves(job->recording, net.n_layers) * n_points * sizeof *p.curves;
    p.head = nn_carve(block, &used, sizeof *p.head);
    p.weights = nn_carve(block, &used, p.array_bytes);
    p.states = nn_carve(block, &used, n_states * p.array_bytes);
    for (int k = 0; k < NN_N_KEEP; k++)
        p.kept[k] = nn_keeps(job, k) ? nn_carve(block, &used, p.array_bytes) : NULL;
    p.path_bytes = job->recording->keep[NN_KEEP_EVERY] ? n_points * p.array_bytes : 0;
    p.path = p.path_bytes > 0 ? nn_carve(block, &used, p.path_bytes) : NULL;
    p.curves = nn_carve(block, &used, p.curve_bytes);
    p.bytes = used;
    return p;
}

static checkpoint head_of(const nn_job *job, const places *p)
{
    nn_network net;
    nn_network_of(job->data, job->hyper, &net);
    return (checkpoint){.bytes = p->bytes,
                        .n_params = net.n_params,
                        .real_bytes = (uint64_t)nn_precision_bytes[job->hyper->precision],
                        .n_points = p->curve_bytes / (nn_n_curves(job->recording, net.n_layers) * sizeof *p->curves),
                        .arithmetic = nn_arithmetic(),
                        .optimizer = job->hyper->optimizer,
                        .n_rules = job->stopping->n_rules};
}

size_t nn_checkpoint_bytes(const nn_job *job)
{
    return nn_has_size(job) ? places_in(job, NULL).bytes : NN_NO_SIZE;
}

bool nn_checkpoint_fits(const nn_job *job, const void *block, size_t bytes)
{
    const places p = places_in(job, NULL);
    const checkpoint head = head_of(job, &p);
    checkpoint found;
    if (bytes != p.bytes)
        return false;
    memcpy(&found, block, sizeof found);
    return found.bytes == head.bytes && found.n_params == head.n_params && found.real_bytes == head.real_bytes &&
           found.n_points == head.n_points && found.arithmetic == head.arithmetic &&
           found.optimizer == head.optimizer && found.n_rules == head.n_rules && found.n_reached <= head.n_points &&
           found.epoch <= (uint64_t)job->hyper->epochs;
}

uint32_t nn_checkpoint_epoch(const void *block)
{
    checkpoint found;
    memcpy(&found, block, sizeof found);
    return found.epoch;
}

void nn_checkpoint_write(const nn_work *w, int at, void *block)
{
    const nn_lane *lane = &w->lane[at];
    const places p = places_in(&lane->job, block);
    memset(block, 0, p.bytes); /* gaps too, so that equal checkpoints are equal files */
    *p.head = head_of(&lane->job, &p);
    p.head->epoch = w->epoch[at];
    p.head->n_reached = (uint32_t)lane->outcome.n_reached;
    p.head->epochs_trained = lane->outcome.epochs_trained;
    p.head->limit = w->limit[at];
    memcpy(p.head->at, lane->outcome.at, sizeof p.head->at);
    memcpy(p.head->states, lane->states, sizeof p.head->states);
    p.head->rate.factor = lane->rate.factor; /* number by number, so that gaps stay 0 */
    p.head->rate.lowest = lane->rate.lowest;
    p.head->rate.since = lane->rate.since;
    w->engine->get(w, at, p.weights);
    w->engine->save(w, at, p.states, p.head->numbers);
    for (int k = 0; k < NN_N_KEEP; k++)
        if (p.kept[k] != NULL)
            memcpy(p.kept[k], lane->kept[k], p.array_bytes);
    if (p.path != NULL) /* what is not reached yet stays 0 */
        memcpy(p.path, lane->path, lane->outcome.n_reached * p.array_bytes);
    memcpy(p.curves, lane->curves, p.curve_bytes);
}

void nn_checkpoint_read(nn_work *w, int at, const void *block)
{
    nn_lane *lane = &w->lane[at];
    const places p = places_in(&lane->job, (void *)block); /* the block is only read */
    w->epoch[at] = p.head->epoch;
    w->next_point[at] = p.head->n_reached < w->n_points ? w->epochs[p.head->n_reached] : UINT32_MAX;
    w->limit[at] = p.head->limit;
    lane->outcome.n_reached = p.head->n_reached;
    lane->outcome.epochs_trained = p.head->epochs_trained;
    memcpy(lane->outcome.at, p.head->at, sizeof p.head->at);
    memcpy(lane->states, p.head->states, sizeof p.head->states);
    lane->rate = p.head->rate;
    w->engine->set(w, at, p.weights);
    w->engine->load(w, at, p.states, p.head->numbers);
    for (int k = 0; k < NN_N_KEEP; k++)
        if (p.kept[k] != NULL)
            memcpy(lane->kept[k], p.kept[k], p.array_bytes);
    if (p.path != NULL)
        memcpy(lane->path, p.path, lane->outcome.n_reached * p.array_bytes);
    memcpy(lane->curves, p.curves, p.curve_bytes);
}

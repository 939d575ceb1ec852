/* The trainer: epochs, evaluation, curves, best weights, stopping rules, divergence. It knows no arithmetic;
 * engines do.
 */
#include "engine.h"
#include "metric.h"
#include "stop.h"
#include <string.h>

/* ---- workspace ---- */

/* Takes `bytes` from the block; with base NULL it only counts. */
static void *carve(char *base, size_t *used, size_t bytes)
{
    void *at = base != NULL ? base + *used : NULL;
    *used += (bytes + NN_ALIGN - 1) / NN_ALIGN * NN_ALIGN;
    return at;
}

static int32_t widest(const nn_network *net)
{
    int32_t width = 0;
    for (int l = 0; l <= net->n_layers; l++)
        width = net->width[l] > width ? net->width[l] : width;
    return width;
}

static size_t batch_rows(const nn_job *job)
{
    const size_t n = job->split->n[NN_TRAIN], asked = (size_t)job->hyper->batch_size;
    return asked == 0 || asked > n ? n : asked;
}

static void lay_parameters(nn_work *w, char *base, size_t *used)
{
    const size_t bytes = w->net.n_params * w->engine->real_bytes;
    w->params = carve(base, used, bytes);
    w->grad = carve(base, used, bytes);
    for (int s = 0; s < NN_MAX_STATES; s++)
        w->state[s] = carve(base, used, bytes);
    for (int k = 0; k < NN_N_KEEP; k++)
        w->kept[k] = carve(base, used, bytes);
}

static void lay_chunk(nn_work *w, char *base, size_t *used)
{
    const size_t row = NN_CHUNK * w->engine->real_bytes;
    const nn_network *net = &w->net;
    const size_t k = (size_t)net->width[net->n_layers];
    for (int l = 0; l <= net->n_layers; l++) {
        w->activations[l] = carve(base, used, row * (size_t)net->width[l]);
        w->slopes[l] = l > 0 ? carve(base, used, row * (size_t)net->width[l]) : NULL;
    }
    w->logits = carve(base, used, row * k);
    w->targets = carve(base, used, row * k);
    for (int i = 0; i < 2; i++)
        w->delta[i] = carve(base, used, row * (size_t)widest(net));
    w->classes = carve(base, used, NN_CHUNK * sizeof *w->classes);
    w->row_loss = carve(base, used, NN_CHUNK * sizeof *w->row_loss);
}

size_t nn_work_layout(nn_work *w, const nn_job *job, void *base)
{
    size_t used = 0;
    memset(w, 0, sizeof *w);
    w->job = job;
    w->engine = job->hyper->precision == NN_PRECISION_float64 ? &nn_reference_f64 : &nn_reference_f32;
    w->batch = batch_rows(job);
    nn_network_of(job->data, job->hyper, &w->net);
    w->n_points = nn_recorded_epochs(job->recording, job->hyper->epochs, NULL);
    lay_parameters(w, base, &used);
    lay_chunk(w, base, &used);
    w->order = carve(base, &used, job->split->n[NN_TRAIN] * sizeof *w->order);
    w->epochs = carve(base, &used, w->n_points * sizeof *w->epochs);
    w->curves = carve(base, &used, NN_N_CURVE * w->n_points * sizeof *w->curves);
    w->stops = carve(base, &used, (size_t)job->stopping->n_rules * sizeof *w->stops);
    return used;
}

size_t nn_workspace_bytes(const nn_job *job)
{
    nn_work w;
    return nn_work_layout(&w, job, NULL);
}

/* ---- evaluation ---- */

static bool evaluated(const nn_job *job, nn_part part)
{
    return job->recording->parts[part] && job->split->n[part] > 0;
}

static nn_snapshot take_snapshot(nn_work *w, uint32_t epoch)
{
    nn_snapshot shot = {.epoch = epoch};
    for (int part = 0; part < NN_N_PART; part++) {
        const nn_score none = {NN_NAN, NN_NAN, NN_NAN};
        shot.part[part] =
            evaluated(w->job, (nn_part)part) ? w->engine->score(w, w->params, (nn_part)part) : none;
    }
    double squares, absolutes;
    w->engine->norms(w, w->params, &squares, &absolutes);
    shot.weight_norm = sqrt(squares);
    shot.train_cost =
        shot.part[NN_TRAIN].loss + (w->job->hyper->lambda / 2 * squares + w->job->hyper->l1 * absolutes) /
                                       (double)w->job->split->n[NN_TRAIN];
    return shot;
}

/* A loss or error that "best" follows: the validation part's, without one the training part's. */
static const nn_score *leading(const nn_job *job, const nn_snapshot *shot)
{
    return &shot->part[evaluated(job, NN_VALIDATION) ? NN_VALIDATION : NN_TRAIN];
}

static void keep(nn_work *w, int which)
{
    memcpy(w->kept[which], w->params, w->net.n_params * w->engine->real_bytes);
}

static double curve_value(const nn_curve_row *row, const nn_snapshot *shot)
{
    const nn_score *score = &shot->part[row->part];
    return row->what == NN_LOSS_CURVE    ? score->loss
           : row->what == NN_ERROR_CURVE ? score->error
                                         : 1 - score->error;
}

/* ---- one run ---- */

/* What the trainer remembers between epochs. */
typedef struct progress {
    nn_work *w;
    nn_outcome *out;
    double running_loss, learning_rate, first_loss;
    nn_stop_state states[NN_MAX_RULES];
} progress;

static void fill_curves(progress *p, const nn_snapshot *shot, size_t point)
{
    nn_work *w = p->w;
    double *curves = p->out->curves + point;
    const size_t stride = w->n_points;
    for (int c = 0; c < NN_N_CURVE; c++)
        if (nn_curve_rows[c].what != NN_OTHER_CURVE &&
            nn_curve_recorded(w->job->recording, w->job->data, w->job->split, c))
            curves[(size_t)c * stride] = curve_value(&nn_curve_rows[c], shot);
    curves[NN_CURVE_weight_norm * stride] = shot->weight_norm;
    curves[NN_CURVE_train_cost * stride] = shot->train_cost;
    curves[NN_CURVE_running_train_loss * stride] = p->running_loss;
    curves[NN_CURVE_learning_rate * stride] = p->learning_rate;
}

static void follow_best(progress *p, const nn_snapshot *shot)
{
    nn_snapshot *at = p->out->at;
    const nn_job *job = p->w->job;
    if (p->out->n_reached == 0) {
        at[NN_AT_initial] = at[NN_AT_best] = at[NN_AT_best_error] = *shot;
        keep(p->w, NN_KEEP_INITIAL);
        keep(p->w, NN_KEEP_BEST);
        return;
    }
    if (nn_better(leading(job, shot)->loss, leading(job, &at[NN_AT_best])->loss)) {
        at[NN_AT_best] = *shot;
        keep(p->w, NN_KEEP_BEST);
    }
    if (nn_better(leading(job, shot)->error, leading(job, &at[NN_AT_best_error])->error))
        at[NN_AT_best_error] = *shot;
}

/* Has it diverged, with this loss? Judged by the running loss of every epoch and the training loss before the first
 * and after the last, so that what is recorded does not decide it. */
static nn_stop_reason diverged(const progress *p, double loss)
{
    const double limit = p->w->job->diverge;
    if (!isfinite(loss))
        return NN_REASON_not_finite;
    return limit > 0 && p->first_loss > 0 && loss > limit * p->first_loss ? NN_REASON_exploded
                                                                          : NN_REASON_none;
}

/* Scored even where it is not recorded. */
static double train_loss(nn_work *w, const nn_snapshot *shot)
{
    return evaluated(w->job, NN_TRAIN) ? shot->part[NN_TRAIN].loss
                                       : w->engine->score(w, w->params, NN_TRAIN).loss;
}

/* Feeds the new point to every rule; does one fire in mode first? */
static bool rule_fires(progress *p, size_t point)
{
    const nn_stopping *stopping = p->w->job->stopping;
    bool fires = false;
    for (int r = 0; r < stopping->n_rules && stopping->first; r++)
        fires |= nn_stop_step(&stopping->rules[r], &p->states[r], p->out->curves, p->w->n_points, point,
                              p->w->epochs[point]);
    return fires;
}

/* Evaluates and records the next planned epoch. */
static nn_stop_reason record_point(progress *p, uint32_t epoch)
{
    nn_outcome *out = p->out;
    const size_t point = out->n_reached;
    const nn_snapshot shot = take_snapshot(p->w, epoch);
    fill_curves(p, &shot, point);
    follow_best(p, &shot);
    out->at[NN_AT_final] = shot;
    out->n_reached = point + 1;
    if (point == 0)
        p->first_loss = train_loss(p->w, &shot);
    return rule_fires(p, point) ? NN_REASON_rule : NN_REASON_none;
}

static void order_rows(nn_work *w, uint32_t epoch)
{
    const nn_job *job = w->job;
    const size_t n = job->split->n[NN_TRAIN];
    const uint32_t *rows = job->split->rows[NN_TRAIN];
    if (w->batch == n || !job->hyper->shuffle) {
        memcpy(w->order, rows, n * sizeof *rows);
        return;
    }
    nn_permutation(nn_stream_key(job->seed, job->repeat, NN_FOR_SHUFFLE), epoch, n, w->order);
    for (size_t i = 0; i < n; i++)
        w->order[i] = rows[w->order[i]];
}

/* Records the epoch where that is planned, and says whether the run ends with it. */
static nn_stop_reason after_epoch(progress *p, uint32_t epoch)
{
    nn_work *w = p->w;
    nn_outcome *out = p->out;
    nn_stop_reason fired = NN_REASON_none, reason = diverged(p, p->running_loss);
    if (w->epochs[out->n_reached] == epoch)
        fired = record_point(p, epoch);
    else if (reason != NN_REASON_none)
        out->at[NN_AT_final] = take_snapshot(w, epoch);
    if (reason == NN_REASON_none && epoch == (uint64_t)w->job->hyper->epochs)
        reason = diverged(p, train_loss(w, &out->at[NN_AT_final]));
    return reason != NN_REASON_none ? reason : fired;
}

/* Trains and records until the epochs are over or something ends the run. False: signalled. */
static bool run_epochs(progress *p)
{
    nn_work *w = p->w;
    nn_outcome *out = p->out;
    const uint64_t n_epochs = (uint64_t)w->job->hyper->epochs;
    nn_stop_reason reason = record_point(p, 0);
    if (!isfinite(p->first_loss))
        reason = NN_REASON_not_finite;
    for (uint32_t epoch = 1; reason == NN_REASON_none && epoch <= n_epochs; epoch++) {
        order_rows(w, epoch);
        if (!w->engine->epoch(w, epoch, p->learning_rate, &p->running_loss))
            return false;
        out->epochs_trained = epoch;
        reason = after_epoch(p, epoch);
    }
    out->reason = reason != NN_REASON_none ? reason : NN_REASON_epochs;
    out->status =
        reason == NN_REASON_not_finite || reason == NN_REASON_exploded ? NN_RUN_diverged : NN_RUN_done;
    return true;
}

static void finish(progress *p)
{
    nn_work *w = p->w;
    nn_outcome *out = p->out;
    const nn_stopping *stopping = w->job->stopping;
    keep(w, NN_KEEP_FINAL);
    for (size_t i = 0; i < NN_N_CURVE * out->n_points; i++) /* one NaN for all machines */
        out->curves[i] = out->curves[i] == out->curves[i] ? out->curves[i] : NN_NAN;
    for (int r = 0; r < stopping->n_rules; r++)
        out->stops[r] =
            nn_stop_observe(&stopping->rules[r], out->curves, out->epochs, out->n_reached, out->n_points);
    for (int k = 0; k < NN_N_KEEP; k++)
        out->weights[k] = w->job->recording->keep[k] ? w->kept[k] : NULL;
    nn_fill_metrics(out);
}

nn_status nn_train(const nn_job *job, void *workspace, nn_outcome *out, nn_error *err)
{
    nn_work w;
    nn_outcome result = {0};
    if (job->stopping->n_rules > NN_MAX_RULES)
        return nn_fail(err, NN_usage, "%d stopping rules; at most %d are possible", job->stopping->n_rules,
                       NN_MAX_RULES);
    nn_work_layout(&w, job, workspace);
    progress p = {
        .w = &w, .out = &result, .running_loss = NN_NAN, .learning_rate = job->hyper->learning_rate};
    nn_recorded_epochs(job->recording, job->hyper->epochs, w.epochs);
    result.n_points = w.n_points;
    result.epochs = w.epochs;
    result.curves = w.curves;
    result.stops = w.stops;
    result.n_params = w.net.n_params;
    result.real_bytes = w.engine->real_bytes;
    for (size_t i = 0; i < NN_N_CURVE * w.n_points; i++)
        w.curves[i] = NN_NAN;
    w.engine->start(&w);
    if (!run_epochs(&p))
        return nn_fail(err, NN_cancelled, "stopped on request");
    finish(&p);
    *out = result;
    return NN_ok;
}

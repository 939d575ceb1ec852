/* Does what the trainer does for one run of a pack: scores, curves, best weights, stopping rules, divergence. */
#include "train/run.h"
#include "nn_random.h"
#include "train/checkpoint.h"
#include "train/metric.h"
#include "train/noise.h"
#include "train/probe.h"
#include <float.h>
#include <string.h>

/* ---- evaluation ---- */

static bool evaluated(const nn_job *job, nn_part part)
{
    return job->recording->parts[part] && job->split->n[part] > 0;
}

static void score_first_rows(nn_work *w, nn_scores *s)
{
    const size_t n = w->job->split->n[NN_TRAIN], n_first = n < NN_FIRST_ROWS ? n : NN_FIRST_ROWS;
    if (n_first == n && evaluated(w->job, NN_TRAIN))
        memcpy(s->first_rows, s->of[NN_TRAIN], sizeof s->first_rows);
    else
        w->engine->score(w, NN_TRAIN, n_first, s->first_rows);
}

/* Are there curves that need the quality of the outputs at every recorded epoch? */
static bool measures(const nn_job *job)
{
    for (int i = 0; i < NN_N_MEASURE; i++)
        if (job->recording->measures[i])
            return true;
    return false;
}

void nn_run_score(nn_work *w, uint32_t due, nn_scores *s)
{
    uint32_t first = 0, last = 0;
    for (int i = 0; i < w->n_lanes; i++)
        if (nn_bit(due, i)) {
            first |= w->epoch[i] == 0 ? 1u << i : 0;
            last |= nn_at_last_epoch(w, i) ? 1u << i : 0;
        }
    for (int part = 0; part < NN_N_PART; part++)
        if (evaluated(w->job, (nn_part)part))
            nn_probe_part(w, (nn_part)part, measures(w->job) ? due : last, true, s->of[part]);
    if ((first | last) != 0)
        score_first_rows(w, s);
}

/* Returns the scores and norms of a lane, whose parameters have to be in w->scratch. */
static nn_snapshot take_snapshot(nn_work *w, int lane, const nn_scores *s)
{
    const nn_job *job = &w->lane[lane].job;
    nn_snapshot shot = {.epoch = w->epoch[lane], .gradient = {NN_NAN, NN_NAN, NN_NAN}};
    const nn_score none = {NN_NAN, NN_NAN, NN_NAN};
    for (int part = 0; part < NN_N_PART; part++)
        shot.part[part] = evaluated(job, (nn_part)part) ? s->of[part][lane] : none;
    if (job->recording->gradient)
        nn_probe_gradient(w, job, w->scratch, shot.gradient, w->layer_norms);
    double squares, absolutes;
    w->kernels->norms(&w->net, w->scratch, &squares, &absolutes);
    shot.weight_norm = sqrt(squares);
    shot.train_cost = shot.part[NN_TRAIN].loss +
                      (job->hyper->lambda / 2 * squares + job->hyper->l1 * absolutes) / (double)job->split->n[NN_TRAIN];
    return shot;
}

/* ---- recording ---- */

/* The scores that decide what is best: those of the validation part, or without one those of the training part. */
static const nn_score *leading(const nn_job *job, const nn_snapshot *shot)
{
    return &shot->part[evaluated(job, NN_VALIDATION) ? NN_VALIDATION : NN_TRAIN];
}

static size_t array_bytes(const nn_work *w)
{
    return w->net.n_params * w->kernels->real_bytes;
}

static void keep(const nn_work *w, nn_lane *lane, int which)
{
    if (lane->kept[which] != NULL)
        memcpy(lane->kept[which], w->scratch, array_bytes(w));
}

/* `s` is of the part at this epoch, and so is `q`, which is the final one while the run goes on. */
static double measure_value(int measure, const nn_score *s, const nn_quality *q)
{
#define NN_MEASURE(name, value, of, better, help) value,
    const double values[NN_N_MEASURE] = {
#include "tables/measure.def"
    };
    return values[measure];
}

static double curve_value(const nn_lane *lane, const nn_curve_row *row, const nn_snapshot *shot)
{
    const nn_score *score = &shot->part[row->part];
    if (row->what == NN_ASKED_CURVE)
        return measure_value(row->measure, score, &lane->outcome.final[row->part]);
    return row->what == NN_LOSS_CURVE    ? score->loss
           : row->what == NN_ERROR_CURVE ? score->error
                                         : nn_accuracy(score->error, lane->job.split->n[row->part]);
}

static void fill_curves(const nn_work *w, int at, const nn_snapshot *shot, size_t point)
{
    const nn_lane *lane = &w->lane[at];
    double *curves = lane->curves + point;
    const size_t stride = w->n_points;
    for (int c = 0; c < NN_N_CURVE; c++)
        if (nn_curve_rows[c].part != NN_NO_PART && nn_curve_rows[c].what != NN_OTHER_CURVE &&
            nn_curve_recorded(lane->job.recording, lane->job.data, lane->job.split, c))
            curves[(size_t)c * stride] = curve_value(lane, &nn_curve_rows[c], shot);
    curves[NN_CURVE_weight_norm * stride] = shot->weight_norm;
    curves[NN_CURVE_train_cost * stride] = shot->train_cost;
    curves[NN_CURVE_running_train_loss * stride] = w->losses[at] / (double)lane->job.split->n[NN_TRAIN];
    curves[NN_CURVE_learning_rate * stride] = w->learning_rate[at];
    for (size_t i = 0; i < NN_N_NORM && lane->job.recording->gradient; i++)
        curves[(NN_CURVE_gradient_norm + i) * stride] = shot->gradient[i];
    for (size_t c = NN_N_CURVE; c < lane->outcome.n_curves; c++) /* of layers */
        curves[c * stride] = w->layer_norms[c - NN_N_CURVE];
}

static void follow_best(const nn_work *w, nn_lane *lane, const nn_snapshot *shot)
{
    nn_snapshot *at = lane->outcome.at;
    const nn_job *job = &lane->job;
    if (lane->outcome.n_reached == 0) {
        at[NN_AT_INITIAL] = at[NN_AT_BEST] = at[NN_AT_BEST_ERROR] = *shot;
        keep(w, lane, NN_KEEP_INITIAL);
        keep(w, lane, NN_KEEP_BEST);
        return;
    }
    if (nn_better(leading(job, shot)->loss, leading(job, &at[NN_AT_BEST])->loss)) {
        at[NN_AT_BEST] = *shot;
        keep(w, lane, NN_KEEP_BEST);
    }
    if (nn_better(leading(job, shot)->error, leading(job, &at[NN_AT_BEST_ERROR])->error))
        at[NN_AT_BEST_ERROR] = *shot;
}

/* Shows the new point to every rule of mode first. Does one fire? */
static bool rule_fires(const nn_work *w, nn_lane *lane, size_t point)
{
    const nn_stopping *stopping = lane->job.stopping;
    bool fires = false;
    for (int r = 0; r < stopping->n_rules && stopping->first; r++)
        fires |=
            nn_stop_step(&stopping->rules[r], &lane->states[r], lane->curves, w->n_points, point, w->epochs[point]);
    return fires;
}

/* Records the next planned epoch. */
static nn_stop_reason record_point(nn_work *w, int at, const nn_snapshot *shot)
{
    nn_lane *lane = &w->lane[at];
    const size_t point = lane->outcome.n_reached;
    fill_curves(w, at, shot, point);
    follow_best(w, lane, shot);
    if (lane->path != NULL)
        memcpy((char *)lane->path + point * array_bytes(w), w->scratch, array_bytes(w));
    nn_rate_see(&lane->rate, lane->job.hyper, w->epoch[at], leading(&lane->job, shot)->loss);
    lane->outcome.at[NN_AT_FINAL] = *shot;
    lane->outcome.n_reached = point + 1;
    w->next_point[at] = point + 1 < w->n_points ? w->epochs[point + 1] : UINT32_MAX;
    return rule_fires(w, lane, point) ? NN_REASON_rule : NN_REASON_none;
}

/* ---- one run ---- */

/* Has the run diverged, with this sum of the training rows' losses? The running loss of every epoch decides it, and
 * that of NN_FIRST_ROWS before the first epoch and after the last, so that it does not depend on what is recorded. */
static nn_stop_reason diverged(const nn_work *w, int lane, double losses)
{
    if (!isfinite(losses))
        return NN_REASON_not_finite;
    return losses > w->limit[lane] ? NN_REASON_exploded : NN_REASON_none;
}

/* The limit that follows from the first sum of losses: a run whose sum is not <= it has diverged. */
static double limit_of(const nn_job *job, double first)
{
    const double limit = job->diverge > 0 && first > 0 ? job->diverge * first : NN_INF;
    return isfinite(limit) ? limit : DBL_MAX;
}

nn_stop_reason nn_run_look(nn_work *w, int at, const nn_scores *s)
{
    nn_lane *lane = &w->lane[at];
    const double losses = s->first_rows[at].loss * (double)lane->job.split->n[NN_TRAIN];
    const uint32_t epoch = w->epoch[at];
    w->engine->get(w, at, w->scratch);
    const nn_snapshot shot = take_snapshot(w, at, s);
    if (epoch == 0) {
        const nn_stop_reason fired = record_point(w, at, &shot);
        w->limit[at] = limit_of(&lane->job, losses);
        return !isfinite(losses)              ? NN_REASON_not_finite
               : fired != NN_REASON_none      ? fired
               : lane->job.hyper->epochs == 0 ? NN_REASON_epochs
                                              : NN_REASON_none;
    }
    nn_stop_reason fired = NN_REASON_none, reason = diverged(w, at, w->losses[at]);
    lane->outcome.epochs_trained = epoch;
    if (w->next_point[at] == epoch)
        fired = record_point(w, at, &shot);
    else
        lane->outcome.at[NN_AT_FINAL] = shot;
    const bool last = nn_at_last_epoch(w, at);
    if (reason == NN_REASON_none && last)
        reason = diverged(w, at, losses);
    return reason != NN_REASON_none  ? reason
           : fired != NN_REASON_none ? fired
           : last                    ? NN_REASON_epochs
                                     : NN_REASON_none;
}

void nn_run_begin(nn_work *w, int at)
{
    nn_lane *lane = &w->lane[at];
    const nn_job *job = &lane->job;
    w->active |= 1u << at;
    w->n_begun++;
    w->ticks[at] = 1;
    lane->shuffle_key = nn_stream_key(job->seed, job->repeat, NN_FOR_SHUFFLE);
    lane->dropout_key = nn_stream_key(job->seed, job->repeat, NN_FOR_DROPOUT);
    nn_noise_set(lane);
    w->rows[at] = job->split->rows[NN_TRAIN];
    lane->outcome = (nn_outcome){.n_points = w->n_points,
                                 .epochs = w->epochs,
                                 .n_curves = nn_n_curves(job->recording, w->net.n_layers),
                                 .curves = lane->curves,
                                 .path = lane->path,
                                 .distance = NN_NAN,
                                 .small_weights = NN_NAN,
                                 .sharpness = NN_NAN,
                                 .dead_relu = NN_NAN,
                                 .saturated = NN_NAN,
                                 .endpoint = nn_no_endpoint(),
                                 .stops = lane->stops,
                                 .n_params = w->net.n_params,
                                 .real_bytes = w->kernels->real_bytes};
    memcpy(lane->outcome.n_rows, job->split->n, sizeof lane->outcome.n_rows);
    for (int part = 0; part < NN_N_PART; part++)
        lane->outcome.final[part] = nn_no_quality();
    const size_t n_scores = nn_n_target_scores(job->data);
    lane->outcome.best_targets = n_scores > 0 ? lane->targets : NULL;
    lane->outcome.final_targets = n_scores > 0 ? lane->targets + n_scores : NULL;
    for (size_t i = 0; i < 2 * n_scores; i++)
        lane->targets[i] = (nn_target_score){NN_NAN, NN_NAN, NN_NAN};
    memset(lane->states, 0, sizeof lane->states);
    for (size_t i = 0; i < lane->outcome.n_curves * w->n_points; i++)
        lane->curves[i] = NN_NAN;
    w->epoch[at] = w->next_point[at] = 0;
    w->losses[at] = NN_NAN;
    w->learning_rate[at] =
        nn_hyper_rows[NN_HYPER_learning_rate].matters(job->hyper) ? job->hyper->learning_rate : NN_NAN;
    w->new_rates |= 1u << at;
    nn_rate_begin(&lane->rate);
    w->scheduled = (w->scheduled & ~(1u << at)) | (job->hyper->schedule != NN_SCHEDULE_constant ? 1u << at : 0);
    if (job->resume != NULL) {
        nn_checkpoint_read(w, at, job->resume);
        return;
    }
    w->kernels->draw(job, &w->net, w->scratch);
    w->engine->set(w, at, w->scratch);
    if (w->first_steps != NULL) {
        w->kernels->draw_steps(job, &w->net, w->first_steps);
        w->engine->load(w, at, w->first_steps, (const double[NN_STEP_NUMBERS]){1, 1});
    }
}

void nn_run_end(nn_work *w, int at, nn_stop_reason reason)
{
    nn_lane *lane = &w->lane[at];
    nn_outcome *out = &lane->outcome;
    keep(w, lane, NN_KEEP_FINAL);
    out->reason = reason;
    out->status = reason == NN_REASON_not_finite || reason == NN_REASON_exploded ? NN_RUN_diverged : NN_RUN_done;
    out->small_weights = nn_probe_small_weights(w, w->scratch);
    out->distance = sqrt(w->kernels->distance(&w->net, w->scratch, lane->kept[NN_KEEP_INITIAL]));
    if (lane->job.recording->gradient)
        nn_probe_units(w, &lane->job, w->scratch, out);
}

void nn_run_finish(nn_work *w, int at)
{
    nn_lane *lane = &w->lane[at];
    nn_outcome *out = &lane->outcome;
    for (size_t i = 0; i < out->n_curves * out->n_points; i++) /* the same NaN on all machines */
        out->curves[i] = out->curves[i] == out->curves[i] ? out->curves[i] : NN_NAN;
    for (int k = 0; k < NN_N_KEEP; k++)
        out->weights[k] = lane->job.recording->keep[k] ? lane->kept[k] : NULL;
    nn_observe(out, lane->job.stopping);
}

/* The trainer: epochs, evaluation, curves, best weights, stopping rules, divergence, for all lanes of a pack. It knows
 * no arithmetic; engines do.
 *
 * A pack goes on epoch by epoch. After an epoch, and before the first, lanes that are due (a recorded epoch, the last
 * one, a loss that ran away) are scored together and looked at one by one; runs that end make place for others. */
#include "engine.h"
#include "metric.h"
#include <float.h>
#include <string.h>

/* ---- evaluation ---- */

static bool evaluated(const nn_job *job, nn_part part)
{
    return job->recording->parts[part] && job->split->n[part] > 0;
}

/* Scores of all lanes at this moment. */
typedef struct scores {
    nn_score of[NN_N_PART][NN_MAX_LANES];
} scores;

static bool due_lane(uint32_t due, int lane)
{
    return (due >> lane & 1) != 0;
}

/* The training part is scored even where it is not recorded, before the first epoch and after the last: divergence is
 * judged by it. */
static void score_parts(nn_work *w, uint32_t due, scores *s)
{
    bool ends = false;
    for (int i = 0; i < w->n_lanes; i++)
        ends |= due_lane(due, i) && (w->epoch[i] == 0 || w->epoch[i] == (uint64_t)w->job->hyper->epochs);
    for (int part = 0; part < NN_N_PART; part++)
        if (evaluated(w->job, (nn_part)part) || (part == NN_TRAIN && ends))
            w->engine->score(w, (nn_part)part, s->of[part]);
}

/* Needs the lane's parameters in w->scratch. */
static nn_snapshot take_snapshot(const nn_work *w, int lane, const scores *s)
{
    const nn_job *job = &w->lane[lane].job;
    nn_snapshot shot = {.epoch = w->epoch[lane]};
    const nn_score none = {NN_NAN, NN_NAN, NN_NAN};
    for (int part = 0; part < NN_N_PART; part++)
        shot.part[part] = evaluated(job, (nn_part)part) ? s->of[part][lane] : none;
    double squares, absolutes;
    w->kernels->norms(&w->net, w->scratch, &squares, &absolutes);
    shot.weight_norm = sqrt(squares);
    shot.train_cost = shot.part[NN_TRAIN].loss + (job->hyper->lambda / 2 * squares + job->hyper->l1 * absolutes) /
                                                     (double)job->split->n[NN_TRAIN];
    return shot;
}

/* ---- recording ---- */

/* A loss or error that "best" follows: the validation part's, without one the training part's. */
static const nn_score *leading(const nn_job *job, const nn_snapshot *shot)
{
    return &shot->part[evaluated(job, NN_VALIDATION) ? NN_VALIDATION : NN_TRAIN];
}

static void keep(const nn_work *w, nn_lane *lane, int which)
{
    if (lane->kept[which] != NULL)
        memcpy(lane->kept[which], w->scratch, w->net.n_params * w->kernels->real_bytes);
}

static double curve_value(const nn_curve_row *row, const nn_snapshot *shot)
{
    const nn_score *score = &shot->part[row->part];
    return row->what == NN_LOSS_CURVE    ? score->loss
           : row->what == NN_ERROR_CURVE ? score->error
                                         : 1 - score->error;
}

static void fill_curves(const nn_work *w, int at, const nn_snapshot *shot, size_t point)
{
    const nn_lane *lane = &w->lane[at];
    double *curves = lane->curves + point;
    const size_t stride = w->n_points;
    for (int c = 0; c < NN_N_CURVE; c++)
        if (nn_curve_rows[c].what != NN_OTHER_CURVE &&
            nn_curve_recorded(lane->job.recording, lane->job.data, lane->job.split, c))
            curves[(size_t)c * stride] = curve_value(&nn_curve_rows[c], shot);
    curves[NN_CURVE_weight_norm * stride] = shot->weight_norm;
    curves[NN_CURVE_train_cost * stride] = shot->train_cost;
    curves[NN_CURVE_running_train_loss * stride] = w->running_loss[at];
    curves[NN_CURVE_learning_rate * stride] = w->learning_rate[at];
}

static void follow_best(const nn_work *w, nn_lane *lane, const nn_snapshot *shot)
{
    nn_snapshot *at = lane->outcome.at;
    const nn_job *job = &lane->job;
    if (lane->outcome.n_reached == 0) {
        at[NN_AT_initial] = at[NN_AT_best] = at[NN_AT_best_error] = *shot;
        keep(w, lane, NN_KEEP_INITIAL);
        keep(w, lane, NN_KEEP_BEST);
        return;
    }
    if (nn_better(leading(job, shot)->loss, leading(job, &at[NN_AT_best])->loss)) {
        at[NN_AT_best] = *shot;
        keep(w, lane, NN_KEEP_BEST);
    }
    if (nn_better(leading(job, shot)->error, leading(job, &at[NN_AT_best_error])->error))
        at[NN_AT_best_error] = *shot;
}

/* Feeds the new point to every rule; does one fire in mode first? */
static bool rule_fires(const nn_work *w, nn_lane *lane, size_t point)
{
    const nn_stopping *stopping = lane->job.stopping;
    bool fires = false;
    for (int r = 0; r < stopping->n_rules && stopping->first; r++)
        fires |= nn_stop_step(&stopping->rules[r], &lane->states[r], lane->curves, w->n_points, point,
                              w->epochs[point]);
    return fires;
}

/* Records the next planned epoch. */
static nn_stop_reason record_point(nn_work *w, int at, const nn_snapshot *shot)
{
    nn_lane *lane = &w->lane[at];
    const size_t point = lane->outcome.n_reached;
    fill_curves(w, at, shot, point);
    follow_best(w, lane, shot);
    lane->outcome.at[NN_AT_final] = *shot;
    lane->outcome.n_reached = point + 1;
    w->next_point[at] = point + 1 < w->n_points ? w->epochs[point + 1] : UINT32_MAX;
    return rule_fires(w, lane, point) ? NN_REASON_rule : NN_REASON_none;
}

/* ---- one run ---- */

/* Has it diverged, with this loss? Judged by the running loss of every epoch and the training loss before the first
 * and after the last, so that what is recorded does not decide it. */
static nn_stop_reason diverged(const nn_work *w, int lane, double loss)
{
    if (!isfinite(loss))
        return NN_REASON_not_finite;
    return loss > w->limit[lane] ? NN_REASON_exploded : NN_REASON_none;
}

/* From the first training loss: a running loss that is not below it has diverged. */
static double limit_of(const nn_job *job, double first_loss)
{
    const double limit = job->diverge > 0 && first_loss > 0 ? job->diverge * first_loss : NN_INF;
    return isfinite(limit) ? limit : DBL_MAX;
}

/* Looks at a lane that is due: records it where that is planned, and says whether its run ends. */
static nn_stop_reason look(nn_work *w, int at, const scores *s)
{
    nn_lane *lane = &w->lane[at];
    const double train_loss = s->of[NN_TRAIN][at].loss;
    const uint32_t epoch = w->epoch[at];
    w->engine->get(w, at, w->scratch);
    const nn_snapshot shot = take_snapshot(w, at, s);
    if (epoch == 0) {
        const nn_stop_reason fired = record_point(w, at, &shot);
        w->limit[at] = limit_of(&lane->job, train_loss);
        return !isfinite(train_loss)               ? NN_REASON_not_finite
               : fired != NN_REASON_none           ? fired
               : lane->job.hyper->epochs == 0      ? NN_REASON_epochs
                                                   : NN_REASON_none;
    }
    nn_stop_reason fired = NN_REASON_none, reason = diverged(w, at, w->running_loss[at]);
    lane->outcome.epochs_trained = epoch;
    if (w->next_point[at] == epoch)
        fired = record_point(w, at, &shot);
    else
        lane->outcome.at[NN_AT_final] = shot;
    const bool last = epoch == (uint64_t)lane->job.hyper->epochs;
    if (reason == NN_REASON_none && last)
        reason = diverged(w, at, train_loss);
    return reason != NN_REASON_none ? reason : fired != NN_REASON_none ? fired : last ? NN_REASON_epochs : NN_REASON_none;
}

static void begin_run(nn_work *w, int at)
{
    nn_lane *lane = &w->lane[at];
    const nn_job *job = &lane->job;
    w->active |= 1u << at;
    lane->shuffle_key = nn_stream_key(job->seed, job->repeat, NN_FOR_SHUFFLE);
    lane->dropout_key = nn_stream_key(job->seed, job->repeat, NN_FOR_DROPOUT);
    w->rows[at] = job->split->rows[NN_TRAIN];
    lane->outcome = (nn_outcome){.n_points = w->n_points,
                                 .epochs = w->epochs,
                                 .curves = lane->curves,
                                 .stops = lane->stops,
                                 .n_params = w->net.n_params,
                                 .real_bytes = w->kernels->real_bytes};
    memset(lane->states, 0, sizeof lane->states);
    for (size_t i = 0; i < NN_N_CURVE * w->n_points; i++)
        lane->curves[i] = NN_NAN;
    w->epoch[at] = w->next_point[at] = 0;
    w->running_loss[at] = NN_NAN;
    w->learning_rate[at] = job->hyper->learning_rate;
    w->kernels->draw(job, &w->net, w->scratch);
    w->engine->set(w, at, w->scratch);
}

/* Nothing that a lane without a run does asks for attention. */
static void rest(nn_work *w, int at)
{
    w->active &= ~(1u << at);
    w->next_point[at] = UINT32_MAX;
    w->epoch[at] = 0;
}

/* Completes the outcome; the last parameters are in w->scratch. */
static void finish_run(nn_work *w, int at, nn_stop_reason reason)
{
    nn_lane *lane = &w->lane[at];
    nn_outcome *out = &lane->outcome;
    const nn_stopping *stopping = lane->job.stopping;
    keep(w, lane, NN_KEEP_FINAL);
    for (size_t i = 0; i < NN_N_CURVE * out->n_points; i++) /* one NaN for all machines */
        out->curves[i] = out->curves[i] == out->curves[i] ? out->curves[i] : NN_NAN;
    for (int r = 0; r < stopping->n_rules; r++)
        out->stops[r] =
            nn_stop_observe(&stopping->rules[r], out->curves, out->epochs, out->n_reached, out->n_points);
    for (int k = 0; k < NN_N_KEEP; k++)
        out->weights[k] = lane->kept[k];
    out->reason = reason;
    out->status =
        reason == NN_REASON_not_finite || reason == NN_REASON_exploded ? NN_RUN_diverged : NN_RUN_done;
    nn_fill_metrics(out);
}

/* ---- the pack ---- */

static bool next_run(nn_work *w, int at)
{
    if (!w->supply->next(w->supply->context, at, &w->lane[at].job)) {
        rest(w, at);
        return false;
    }
    begin_run(w, at);
    return true;
}

/* Looks at all lanes that are due, and fills those whose runs end, until none is. False: leave. */
static bool settle(nn_work *w, uint32_t due)
{
    scores s;
    while (due != 0) {
        uint32_t begun = 0;
        score_parts(w, due, &s);
        for (int i = 0; i < w->n_lanes; i++) {
            const nn_stop_reason reason = due_lane(due, i) ? look(w, i, &s) : NN_REASON_none;
            if (reason == NN_REASON_none)
                continue;
            finish_run(w, i, reason);
            if (!w->supply->finished(w->supply->context, i, &w->lane[i].outcome))
                return false;
            begun |= next_run(w, i) ? 1u << i : 0;
        }
        due = begun;
    }
    return true;
}

/* Gives up runs that are out of time. False: leave. */
static bool give_up_expired(nn_work *w, uint32_t *due)
{
    const nn_supply *supply = w->supply;
    for (int i = 0; i < w->n_lanes && supply->expired != NULL; i++)
        if (nn_active(w, i) && supply->expired(supply->context, i)) {
            if (!supply->finished(supply->context, i, NULL))
                return false;
            *due &= ~(1u << i);
            *due |= next_run(w, i) ? 1u << i : 0;
        }
    return true;
}

/* The order of a lane's rows in the coming epoch: drawn, unless another lane has it. */
static void order_rows(nn_work *w, int at)
{
    nn_lane *lane = &w->lane[at];
    const nn_job *job = &lane->job;
    const size_t n = job->split->n[NN_TRAIN];
    for (int i = 0; i < at; i++) {
        if (nn_active(w, i) && w->lane[i].shuffle_key == lane->shuffle_key && w->epoch[i] == w->epoch[at]) {
            w->rows[at] = w->rows[i];
            return;
        }
    }
    nn_permutation(lane->shuffle_key, w->epoch[at], n, lane->order);
    for (size_t i = 0; i < n; i++)
        lane->order[i] = job->split->rows[NN_TRAIN][lane->order[i]];
    w->rows[at] = lane->order;
}

/* One epoch of all lanes: which are due then? False: leave. */
static bool advance(nn_work *w, uint32_t *due)
{
    uint32_t found = 0;
    *due = 0;
    for (int i = 0; i < NN_MAX_LANES; i++)
        w->epoch[i] += w->active >> i & 1;
    for (int i = 0; i < w->n_lanes && w->lane[0].order != NULL; i++)
        if (nn_active(w, i))
            order_rows(w, i);
    if (!w->engine->epoch(w))
        return false;
    for (int i = 0; i < NN_MAX_LANES; i++)
        found |= (uint32_t)(!(w->running_loss[i] <= w->limit[i]) | (w->epoch[i] == w->next_point[i])) << i;
    *due = found & w->active;
    return true;
}

static bool out_of_time(const nn_supply *supply)
{
    return supply->signal != NULL &&
           atomic_load_explicit(supply->signal, memory_order_relaxed) == NN_OUT_OF_TIME;
}

static bool train_all(nn_work *w)
{
    uint32_t due = 1;
    begin_run(w, 0);
    for (int i = 1; i < w->n_lanes; i++)
        due |= next_run(w, i) ? 1u << i : 0;
    while (settle(w, due) && w->active != 0) {
        if (!advance(w, &due) && !out_of_time(w->supply))
            return false;
        if (out_of_time(w->supply) && !give_up_expired(w, &due))
            return false;
    }
    return w->active == 0;
}

static nn_status check(const nn_job *job, nn_error *err)
{
    if (job->stopping->n_rules > NN_MAX_RULES)
        return nn_fail(err, NN_usage, "%d stopping rules; at most %d are possible", job->stopping->n_rules,
                       NN_MAX_RULES);
    return NN_ok;
}

static nn_status train(const nn_supply *supply, int lanes, void *workspace, nn_error *err)
{
    nn_work w;
    nn_job first;
    if (!supply->next(supply->context, 0, &first))
        return NN_ok;
    const nn_status status = check(&first, err);
    if (status != NN_ok)
        return status;
    nn_work_layout(&w, &first, nn_engine_resolve(&first), lanes, workspace);
    w.supply = supply;
    for (int i = 0; i < w.n_lanes; i++)
        rest(&w, i);
    return train_all(&w) ? NN_ok : nn_fail(err, NN_cancelled, "stopped on request");
}

nn_status nn_train_pack(const nn_supply *supply, void *workspace, nn_error *err)
{
    return train(supply, NN_MAX_LANES, workspace, err);
}

/* The supply of one run. */
typedef struct single {
    const nn_job *job; /* NULL once it was given */
    nn_outcome *out;
} single;

static bool next_single(void *context, int lane, nn_job *job)
{
    single *s = context;
    (void)lane;
    if (s->job == NULL)
        return false;
    *job = *s->job;
    s->job = NULL;
    return true;
}

static bool finished_single(void *context, int lane, const nn_outcome *outcome)
{
    (void)lane;
    *((single *)context)->out = *outcome;
    return true;
}

nn_status nn_train(const nn_job *job, void *workspace, nn_outcome *out, nn_error *err)
{
    single s = {job, out};
    const nn_supply supply = {.context = &s, .next = next_single, .finished = finished_single};
    return train(&supply, 1, workspace, err);
}

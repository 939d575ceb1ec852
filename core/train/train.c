/* The trainer: trains the lanes of a pack epoch by epoch. The arithmetic is the engine's.
 *
 * A lane is due at an epoch that is recorded, at the last one, and when its loss diverges. Before the first epoch and
 * after each, the lanes that are due are scored together and looked at one by one, and lanes whose runs end are
 * refilled. */
#include "nn_random.h"
#include "train/checkpoint.h"
#include "train/descend.h"
#include "train/probe.h"
#include "train/run.h"
#include "train/work.h"

/* Leaves a lane without a run, with values that never make it due. */
static void rest(nn_work *w, int at)
{
    w->active &= ~(1u << at);
    w->ticks[at] = 0;
    w->next_point[at] = UINT32_MAX;
    w->epoch[at] = 0;
    w->losses[at] = 0;
    w->limit[at] = HUGE_VAL;
}

/* Begins the lane's next run, if there is one. Is it due before its first epoch? */
static bool next_run(nn_work *w, int at)
{
    if (!w->supply->next(w->supply->context, at, &w->lane[at].job)) {
        rest(w, at);
        return false;
    }
    nn_run_begin(w, at);
    return w->lane[at].job.resume == NULL;
}

/* Do the lanes have the same rows in the same order, as long as none ends? */
static bool share_rows(const nn_work *w)
{
    const nn_lane *first = &w->lane[__builtin_ctz(w->active)];
    for (int i = 0; i < w->n_lanes; i++) {
        const nn_lane *lane = &w->lane[i];
        if (nn_active(w, i) && (lane->job.split != first->job.split ||
                                (lane->order != NULL && (lane->shuffle_key != first->shuffle_key ||
                                                         w->epoch[i] != w->epoch[first - w->lane]))))
            return false;
    }
    return true;
}

/* May a run begin while others are under way? In another epoch than theirs it has rows of its own, and all lanes then
 * take the time of lanes that gather their rows apart. */
static bool may_join(const nn_work *w)
{
    return w->active == 0 || w->lane[0].order == NULL || w->supply->put_back == NULL || w->worth[false] <= w->n_lanes;
}

/* Begins runs in all lanes that have none, and returns those that are due before their first epoch. */
static uint32_t refill(nn_work *w)
{
    uint32_t due = 0;
    const bool any = may_join(w);
    for (int i = 0; i < w->n_lanes && any; i++)
        if (!nn_active(w, i))
            due |= next_run(w, i) ? 1u << i : 0;
    w->changed = true;
    return due;
}

/* Puts the runs of a pack back that has so few that they take less time alone. True: there were such. */
static bool put_back_few(nn_work *w)
{
    const nn_supply *supply = w->supply;
    if (!w->changed || supply->put_back == NULL || w->n_lanes == 1)
        return false;
    w->changed = false;
    if (__builtin_popcount(w->active) >= w->worth[share_rows(w)])
        return false;
    for (int i = 0; i < w->n_lanes; i++)
        if (nn_active(w, i)) {
            nn_checkpoint_write(w, i, w->checkpoint);
            supply->put_back(supply->context, i, w->checkpoint, nn_checkpoint_bytes(&w->lane[i].job));
            rest(w, i);
        }
    return true;
}

/* Looks at the lanes that are due and returns those whose runs end. */
static uint32_t look(nn_work *w, uint32_t due, const nn_scores *s)
{
    uint32_t ended = 0;
    for (int i = 0; i < w->n_lanes; i++) {
        const nn_stop_reason reason = nn_bit(due, i) ? nn_run_look(w, i, s) : NN_REASON_none;
        if (reason == NN_REASON_none)
            continue;
        nn_run_end(w, i, reason);
        ended |= 1u << i;
    }
    if (ended != 0)
        nn_probe_answers(w, ended);
    return ended;
}

/* Hands over the runs that have ended and refills lanes; `due` are those that are due then. False: leave. */
static bool hand_over(nn_work *w, uint32_t ended, uint32_t *due)
{
    for (int i = 0; i < w->n_lanes; i++) {
        if (!nn_bit(ended, i))
            continue;
        nn_run_finish(w, i);
        if (!w->supply->finished(w->supply->context, i, &w->lane[i].outcome))
            return false;
        rest(w, i);
    }
    *due = ended != 0 ? refill(w) : 0;
    return true;
}

/* Looks at the lanes that are due, and refills those whose runs end, until none is due. False: leave. */
static bool settle(nn_work *w, uint32_t due)
{
    nn_scores s;
    while (due != 0) {
        nn_run_score(w, due, &s);
        if (!hand_over(w, look(w, due, &s), &due))
            return false;
    }
    return true;
}

/* Gives up runs that are out of time. False: leave. */
static bool give_up_expired(nn_work *w, uint32_t *due)
{
    const nn_supply *supply = w->supply;
    bool any = false;
    for (int i = 0; i < w->n_lanes && supply->expired != NULL; i++)
        if (nn_active(w, i) && supply->expired(supply->context, i)) {
            if (!supply->finished(supply->context, i, NULL))
                return false;
            *due &= ~(1u << i);
            rest(w, i);
            any = true;
        }
    *due |= any ? refill(w) : 0;
    return true;
}

/* Sets the order of a lane's rows in the coming epoch: given, shared with another lane, or drawn. */
static void order_rows(nn_work *w, int at)
{
    nn_lane *lane = &w->lane[at];
    const nn_job *job = &lane->job;
    const size_t n = job->split->n[NN_TRAIN];
    if (job->order != NULL) {
        w->rows[at] = job->order + (w->epoch[at] - 1) * n;
        return;
    }
    for (int i = 0; i < at; i++) {
        if (nn_active(w, i) && w->lane[i].shuffle_key == lane->shuffle_key && w->epoch[i] == w->epoch[at] &&
            w->lane[i].job.split == job->split) {
            w->rows[at] = w->rows[i];
            return;
        }
    }
    nn_permutation(lane->shuffle_key, w->epoch[at], n, lane->order);
    for (size_t i = 0; i < n; i++)
        lane->order[i] = job->split->rows[NN_TRAIN][lane->order[i]];
    w->rows[at] = lane->order;
}

/* Hands over checkpoints of all runs, if they are due. */
static void save(nn_work *w)
{
    const nn_supply *supply = w->supply;
    if (supply->save == NULL || !atomic_load_explicit(supply->save_due, memory_order_relaxed) || !w->job->saves)
        return;
    atomic_store(supply->save_due, false);
    for (int i = 0; i < w->n_lanes; i++)
        if (nn_active(w, i)) {
            nn_checkpoint_write(w, i, w->checkpoint);
            supply->save(supply->context, i, w->checkpoint, nn_checkpoint_bytes(&w->lane[i].job));
        }
}

/* Has any lane an epoch to record, or a loss that is not within its limit, as NaN is not? Most epochs of small networks
 * are short and need no look, so this asks all lanes at once, in vectors that every instruction set has. */
static bool any_due(const nn_work *w)
{
    typedef double two __attribute__((vector_size(16), aligned(8), may_alias));
    typedef int64_t truths __attribute__((vector_size(16)));
    typedef uint32_t four __attribute__((vector_size(16), aligned(4), may_alias));
    truths within = {-1, -1}, planned = {0};
    for (int i = 0; i < NN_MAX_LANES; i += 2)
        within &= *(const two *)(w->losses + i) <= *(const two *)(w->limit + i);
    for (int i = 0; i < NN_MAX_LANES; i += 4)
        planned |= (truths)(*(const four *)(w->epoch + i) == *(const four *)(w->next_point + i));
    const truths due = ~within | planned;
    return (due[0] | due[1]) != 0;
}

/* Trains an epoch of all lanes; `due` are those that are due then. False: leave. */
static bool advance(nn_work *w, uint32_t *due)
{
    const int n = w->n_lanes;
    uint32_t found = 0;
    *due = 0;
    for (int i = 0; i < NN_MAX_LANES; i++)
        w->epoch[i] += w->ticks[i];
    for (int i = 0; i < n && w->lane[0].order != NULL; i++)
        if (nn_active(w, i))
            order_rows(w, i);
    for (int i = 0; i < n && w->scheduled != 0; i++)
        if (nn_active(w, i) && nn_bit(w->scheduled, i))
            w->learning_rate[i] = nn_rate_of(&w->lane[i].rate, w->lane[i].job.hyper, w->epoch[i]);
    w->new_rates |= w->scheduled & w->active;
    if (!w->engine->epoch(w))
        return false;
    const bool any = any_due(w);
    for (int i = 0; i < n && any; i++)
        found |= (uint32_t)(!(w->losses[i] <= w->limit[i]) | (w->epoch[i] == w->next_point[i])) << i;
    *due = found & w->active;
    return true;
}

static bool out_of_time(const nn_supply *supply)
{
    return supply->signal != NULL && atomic_load_explicit(supply->signal, memory_order_relaxed) == NN_OUT_OF_TIME;
}

static bool train_all(nn_work *w)
{
    uint32_t due = w->job->resume == NULL ? 1 : 0;
    nn_run_begin(w, 0);
    for (int i = 1; i < w->n_lanes; i++)
        due |= next_run(w, i) ? 1u << i : 0;
    w->changed = true;
    while ((due == 0 || settle(w, due)) && w->active != 0) {
        if (put_back_few(w)) {
            due = refill(w);
            continue;
        }
        save(w);
        if (!advance(w, &due) && !out_of_time(w->supply))
            return false;
        if (out_of_time(w->supply) && !give_up_expired(w, &due))
            return false;
    }
    return w->active == 0;
}

/* Trains runs whose optimizer is outside core, one after the other. */
static nn_status descend_all(nn_work *w, nn_error *err)
{
    const uint32_t only = 1;
    uint32_t due = only;
    nn_run_begin(w, 0);
    while (settle(w, due) && w->active != 0) {
        nn_stop_reason reason;
        const nn_status status = nn_descend(w, &reason, err);
        due = 0;
        if (status != NN_ok)
            return status;
        if (reason == NN_REASON_none && out_of_time(w->supply) && give_up_expired(w, &due))
            continue;
        if (reason == NN_REASON_none)
            break;
        nn_run_end(w, 0, reason);
        nn_probe_answers(w, only);
        if (!hand_over(w, only, &due))
            break;
    }
    return w->active == 0 ? NN_ok : nn_fail(err, NN_cancelled, "stopped on request");
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
    nn_work_layout(&w, &first, nn_engine_resolve(&first, lanes), lanes, workspace);
    for (int shared = 0; shared < 2; shared++)
        w.worth[shared] = w.n_lanes > 1 ? nn_pack_worth(&first, shared) : 0;
    w.supply = supply;
    for (int i = 0; i < NN_MAX_LANES; i++)
        rest(&w, i);
    if ((nn_optimizer_rows[first.hyper->optimizer].traits & NN_OUTSIDE) != 0)
        return descend_all(&w, err);
    return train_all(&w) ? NN_ok : nn_fail(err, NN_cancelled, "stopped on request");
}

nn_status nn_train_pack(const nn_supply *supply, void *workspace, nn_error *err)
{
    return train(supply, NN_MAX_LANES, workspace, err);
}

/* The context of a supply of one run. */
typedef struct single {
    const nn_job *job; /* NULL once it is given */
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

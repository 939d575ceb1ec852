/* packs.h - what is compared of a run, runs alone, and a supply that hands runs to a pack. */
#ifndef PACKS_H
#define PACKS_H

#include "engines.h"

enum { MOST_RUNS = 40 };

/* What is compared of a run. */
typedef struct trace {
    nn_run_status status;
    nn_stop_reason reason;
    uint32_t epochs;
    size_t n_weights, n_curves; /* bytes, numbers */
    char *weights;              /* best and final; NULL: there is no trace */
    double *curves;
    double metrics[NN_N_METRIC];
} trace;

/* NaNs are all one, as in the results file: which bits they have is not told by C. */
static inline void copy_weights(char *to, const void *from, size_t n, size_t real_bytes)
{
    memcpy(to, from, n * real_bytes);
    for (size_t i = 0; i < n; i++) {
        const double v = real_bytes == 4 ? (double)((const float *)from)[i] : ((const double *)from)[i];
        if (v != v)
            memset(to + i * real_bytes, 0xff, real_bytes);
    }
}

static inline void take(trace *t, const nn_outcome *o)
{
    const size_t bytes = o->n_params * o->real_bytes;
    *t = (trace){.status = o->status,
                 .reason = o->reason,
                 .epochs = o->epochs_trained,
                 .n_weights = 2 * bytes,
                 .n_curves = NN_N_CURVE * o->n_points,
                 .weights = malloc(2 * bytes + 1),
                 .curves = malloc(NN_N_CURVE * o->n_points * sizeof(double))};
    assert_true(t->weights != NULL && t->curves != NULL);
    copy_weights(t->weights, o->weights[NN_KEEP_BEST], o->n_params, o->real_bytes);
    copy_weights(t->weights + bytes, o->weights[NN_KEEP_FINAL], o->n_params, o->real_bytes);
    copy_weights((char *)t->curves, o->curves, t->n_curves, sizeof(double));
    copy_weights((char *)t->metrics, o->metrics, NN_N_METRIC, sizeof(double));
}

static inline void drop_trace(trace *t)
{
    free(t->weights);
    free(t->curves);
    *t = (trace){0};
}

static inline bool same(const trace *a, const trace *b)
{
    return a->weights != NULL && b->weights != NULL && a->status == b->status && a->reason == b->reason &&
           a->epochs == b->epochs && a->n_weights == b->n_weights && a->n_curves == b->n_curves &&
           memcmp(a->weights, b->weights, a->n_weights) == 0 &&
           memcmp(a->curves, b->curves, a->n_curves * sizeof *a->curves) == 0 &&
           memcmp(a->metrics, b->metrics, sizeof a->metrics) == 0;
}

static inline trace train_alone(const nn_job *job)
{
    nn_outcome out;
    nn_error err;
    trace t;
    void *workspace = workspace_for(job);
    assert_int_equal(nn_train(job, workspace, &out, &err), NN_ok);
    take(&t, &out);
    free(workspace);
    return t;
}

/* The next set after `isa` that this CPU has; the first after the last. */
static inline int next_isa(int isa)
{
    do
        isa = isa + 1 < NN_N_ISA ? isa + 1 : NN_ISA_best + 1;
    while (!nn_isa_runs(isa));
    return isa;
}

/* Runs of one kind, handed out in some order, and what became of them. */
typedef struct pack {
    const nn_job *jobs; /* [n] */
    size_t n, next;
    uint32_t order[MOST_RUNS];
    uint32_t in_lane[NN_MAX_LANES];
    trace got[MOST_RUNS];
    uint32_t lifetime[MOST_RUNS]; /* epochs after which a run is out of time; 0: never */
    uint32_t asked[MOST_RUNS];    /* how often a run was asked for that */
    bool given_up[MOST_RUNS];
    size_t refills; /* runs that took a lane that another had left */
} pack;

static inline bool give(void *context, int lane, nn_job *job)
{
    pack *p = context;
    if (p->next == p->n)
        return false;
    p->refills += p->next >= (size_t)nn_lanes(p->jobs);
    p->in_lane[lane] = p->order[p->next++];
    *job = p->jobs[p->in_lane[lane]];
    return true;
}

static inline bool receive(void *context, int lane, const nn_outcome *outcome)
{
    pack *p = context;
    const uint32_t run = p->in_lane[lane];
    assert_true(p->got[run].weights == NULL && !p->given_up[run]); /* once */
    if (outcome == NULL)
        p->given_up[run] = true;
    else
        take(&p->got[run], outcome);
    return true;
}

static inline bool out_of_time(void *context, int lane)
{
    pack *p = context;
    const uint32_t run = p->in_lane[lane];
    return ++p->asked[run] >= p->lifetime[run] && p->lifetime[run] > 0;
}

static inline void pack_init(pack *p, const nn_job *jobs, size_t n)
{
    *p = (pack){.jobs = jobs, .n = n};
    for (uint32_t i = 0; i < n; i++)
        p->order[i] = i;
}

static inline nn_status train_supply(pack *p, const nn_supply *supply)
{
    nn_error err;
    void *workspace = workspace_for(p->jobs);
    const nn_status status = nn_train_pack(supply, workspace, &err);
    free(workspace);
    return status;
}

/* Fails if a run of the pack that was not given up differs from the same run alone, on the best instruction set. */
static inline void check_traces(pack *p, const char *what)
{
    for (size_t i = 0; i < p->n; i++) {
        nn_job alone = p->jobs[i];
        alone.isa = NN_ISA_best;
        trace want = train_alone(&alone);
        if (!p->given_up[i] && !same(&p->got[i], &want)) {
            describe(&p->jobs[i], nn_engines.rows[p->jobs[i].engine].name);
            fail_msg("%s: run %zu of %zu differs from the same run alone", what, i, p->n);
        }
        drop_trace(&want);
        drop_trace(&p->got[i]);
    }
}

#endif

/* The same bits on every instruction set of this CPU, alone and in packs, full or not, refilled or not, beside any
 * neighbours, and with other threads' help. */
#include "engines.h"

enum { MOST_RUNS = 40 };

/* What is compared of a run. */
typedef struct trace {
    nn_run_status status;
    uint32_t epochs;
    size_t n_weights, n_curves;
    char *weights; /* best and final */
    double *curves;
} trace;

/* NaNs are all one, as in the results file: which bits they have is not told by C. */
static void copy_weights(char *to, const void *from, size_t n, size_t real_bytes)
{
    memcpy(to, from, n * real_bytes);
    for (size_t i = 0; i < n; i++) {
        const double v = real_bytes == 4 ? (double)((const float *)from)[i] : ((const double *)from)[i];
        if (v != v)
            memset(to + i * real_bytes, 0xff, real_bytes);
    }
}

static void take(trace *t, const nn_outcome *o)
{
    const size_t bytes = o->n_params * o->real_bytes;
    *t = (trace){o->status, o->epochs_trained, 2 * bytes, NN_N_CURVE * o->n_points, malloc(2 * bytes), NULL};
    t->curves = malloc(t->n_curves * sizeof *t->curves);
    copy_weights(t->weights, o->weights[NN_KEEP_BEST], o->n_params, o->real_bytes);
    copy_weights(t->weights + bytes, o->weights[NN_KEEP_FINAL], o->n_params, o->real_bytes);
    memcpy(t->curves, o->curves, t->n_curves * sizeof *t->curves);
}

static void drop_trace(trace *t)
{
    free(t->weights);
    free(t->curves);
    *t = (trace){0};
}

static bool same(const trace *a, const trace *b)
{
    return a->status == b->status && a->epochs == b->epochs &&
           memcmp(a->weights, b->weights, a->n_weights) == 0 &&
           memcmp(a->curves, b->curves, a->n_curves * sizeof *a->curves) == 0;
}

static trace train_alone(const nn_job *job)
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

/* ---- instruction sets ---- */

static void check_sets(engine_case *e, int engine)
{
    e->job.engine = engine;
    e->job.isa = NN_ISA_best;
    trace want = train_alone(&e->job);
    for (int isa = NN_ISA_best + 1; isa < NN_N_ISA; isa++) {
        if (!nn_isa_runs(isa))
            continue;
        e->job.isa = isa;
        trace got = train_alone(&e->job);
        if (!same(&got, &want)) {
            describe(&e->job, nn_engines.rows[engine].name);
            fail_msg("%s differs", nn_isas.rows[isa].name);
        }
        drop_trace(&got);
    }
    drop_trace(&want);
}

static void instruction_sets_give_the_same_bits(void **state)
{
    (void)state;
    static engine_case e;
    chooser c = {.seed = 7};
    for (int i = 0; i < 300; i++) {
        choose_case(&e, &c);
        e.hyper.precision = i % 2;
        e.hyper.epochs = 2;
        for (int engine = NN_ENGINE_fast + 1; engine < NN_N_ENGINE; engine++)
            check_sets(&e, engine);
    }
}

/* ---- packs ---- */

/* Runs of one kind, handed out in some order. */
typedef struct pack {
    const nn_job *jobs; /* [n] */
    size_t n, next;
    uint32_t order[MOST_RUNS];
    uint32_t in_lane[NN_MAX_LANES];
    trace got[MOST_RUNS];
} pack;

static bool give(void *context, int lane, nn_job *job)
{
    pack *p = context;
    if (p->next == p->n)
        return false;
    p->in_lane[lane] = p->order[p->next++];
    *job = p->jobs[p->in_lane[lane]];
    return true;
}

static bool receive(void *context, int lane, const nn_outcome *outcome)
{
    pack *p = context;
    assert_null(p->got[p->in_lane[lane]].weights); /* once */
    take(&p->got[p->in_lane[lane]], outcome);
    return true;
}

static void train_pack(pack *p, const nn_job *jobs, size_t n, chooser *c)
{
    nn_error err;
    *p = (pack){.jobs = jobs, .n = n};
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t j = choose(c, i + 1);
        p->order[i] = p->order[j];
        p->order[j] = i;
    }
    void *workspace = workspace_for(&jobs[0]);
    const nn_supply supply = {.context = p, .next = give, .finished = receive};
    assert_int_equal(nn_train_pack(&supply, workspace, &err), NN_ok);
    free(workspace);
}

static void check_pack(const nn_job *jobs, size_t n, chooser *c)
{
    static pack p;
    train_pack(&p, jobs, n, c);
    for (size_t i = 0; i < n; i++) {
        trace want = train_alone(&jobs[i]);
        if (p.got[i].weights == NULL || !same(&p.got[i], &want)) {
            describe(&jobs[i], "lanes");
            fail_msg("run %zu of %zu differs beside others", i, n);
        }
        drop_trace(&want);
        drop_trace(&p.got[i]);
    }
}

/* Lanes differ in all that they may, some repeats are shared, and one in five diverges to infinity. */
static void vary(const engine_case *e, size_t n, nn_hyper *hypers, nn_job *jobs, chooser *c)
{
    for (size_t i = 0; i < n; i++) {
        hypers[i] = e->hyper;
        jobs[i] = e->job;
        jobs[i].hyper = &hypers[i];
        jobs[i].repeat = choose(c, 3);
        choose_own(&hypers[i], c);
        if (choose(c, 5) == 0)
            hypers[i].learning_rate = 1e30;
    }
}

static void packs_give_the_bits_of_runs_alone(void **state)
{
    (void)state;
    static engine_case e;
    static nn_hyper hypers[MOST_RUNS];
    static nn_job jobs[MOST_RUNS];
    chooser c = {.seed = 9};
    /* Rules at which runs stop at different epochs, so that lanes are filled again and come to be at different epochs. */
    static const nn_stop_rule rules[] = {
        {.kind = NN_STOP_patience, .parameter = 2, .curve = NN_CURVE_validation_loss}};
    for (int i = 0; i < 150; i++) {
        choose_case(&e, &c);
        e.hyper.precision = i % 2;
        e.hyper.nesterov = false;
        e.hyper.epochs = 1 + choose(&c, 8);
        e.recording.every = 1 + (int32_t)choose(&c, 3);
        e.stopping = (nn_stopping){.first = choose(&c, 2), .n_rules = 1, .rules = rules};
        e.job.engine = i % 5 == 0 ? NN_ENGINE_tile : NN_ENGINE_lanes;
        const size_t n = 1 + choose(&c, MOST_RUNS);
        vary(&e, n, hypers, jobs, &c);
        check_pack(jobs, n, &c);
    }
}

static void kinds_are_told_apart(void **state)
{
    (void)state;
    static engine_case e;
    chooser c = {.seed = 10};
    choose_case(&e, &c);
    nn_hyper h = e.hyper;
    nn_job other = e.job;
    other.hyper = &h;
    assert_true(nn_alike(&e.job, &other));
    h.learning_rate *= 2;
    h.dropout = 0.25;
    assert_true(nn_alike(&e.job, &other));
    h.batch_size = e.hyper.batch_size + 1;
    assert_false(nn_alike(&e.job, &other));
    h = e.hyper;
    nn_split split = e.split;
    other.split = &split;
    assert_false(nn_alike(&e.job, &other));
}

/* ---- help ---- */

/* Calls the bodies backwards: pieces do not depend on one another. */
static void backwards(void *context, size_t n, void (*body)(void *arg, size_t i), void *arg)
{
    *(size_t *)context += n > 1;
    for (size_t i = n; i-- > 0;)
        body(arg, i);
}

static bool give_next(void *context, int lane, nn_job *job)
{
    return give(*(pack **)context, lane, job);
}

typedef struct helped {
    pack *pack;
    size_t calls;
} helped;

static bool receive_helped(void *context, int lane, const nn_outcome *outcome)
{
    return receive(((helped *)context)->pack, lane, outcome);
}

static void help_with(void *context, size_t n, void (*body)(void *arg, size_t i), void *arg)
{
    backwards(&((helped *)context)->calls, n, body, arg);
}

static void help_changes_no_bit(void **state)
{
    (void)state;
    static engine_case e;
    static pack p;
    chooser c = {.seed = 11};
    nn_error err;
    choose_case(&e, &c);
    e.hyper.hidden = (nn_shape){.n = 2, .width = {400, 300}};
    e.hyper.batch_size = 0;
    e.hyper.epochs = 2;
    e.job.engine = NN_ENGINE_tile;
    trace want = train_alone(&e.job);
    p = (pack){.jobs = &e.job, .n = 1};
    helped h = {&p, 0};
    const nn_supply supply = {
        .context = &h, .next = give_next, .finished = receive_helped, .parallel_for = help_with};
    void *workspace = workspace_for(&e.job);
    assert_int_equal(nn_train_pack(&supply, workspace, &err), NN_ok);
    assert_true(h.calls > 0 && same(&p.got[0], &want));
    free(workspace);
    drop_trace(&want);
    drop_trace(&p.got[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(instruction_sets_give_the_same_bits),
                                       cmocka_unit_test(packs_give_the_bits_of_runs_alone),
                                       cmocka_unit_test(kinds_are_told_apart),
                                       cmocka_unit_test(help_changes_no_bit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

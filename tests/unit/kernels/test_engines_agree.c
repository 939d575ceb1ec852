/* Tests that every engine agrees with the reference engine over one epoch of 64 rows, for settings drawn from the
 * product of shapes, activations, losses, optimizers, penalties, dropout and batch sizes. */
#include "fixtures/agree.h"

/* Sanitizers look for faults of memory, which fewer cases show, and take ten times as long. */
#ifdef NN_SANITIZED
enum { CASES = 1000, ALL_PAIRS = 0 };
#else
enum { CASES = 5000, ALL_PAIRS = 1 };
#endif

/* ---- what the drawn cases cover ---- */

enum { DIMENSIONS = 14, VALUES = 16 };
typedef struct coverage {
    bool pair[DIMENSIONS][VALUES][DIMENSIONS][VALUES];
    bool triple[NN_N_ACTIVATION][NN_N_LOSS][N_OWN_OPTIMIZER];
} coverage;

static int width_of(int32_t width)
{
    return width == 1 ? 0 : width == 3 ? 1 : width == 17 ? 2 : 3;
}

/* The value of each dimension, counted from 0, or -1 where the case does not have it. The loss is part of the triples:
 * not every loss goes with every output. */
static void values_of(const nn_job *job, int value[DIMENSIONS])
{
    const nn_hyper *h = job->hyper;
    const int32_t *width = h->hidden.width;
    const int64_t batch = h->batch_size;
    const bool sgd = h->optimizer == NN_OPTIMIZER_sgd, deep = h->hidden.n > 0;
    const int values[DIMENSIONS] = {deep ? h->activation : -1,
                                    h->loss,
                                    h->optimizer,
                                    (h->lambda > 0) + 2 * (h->l1 > 0),
                                    deep ? h->dropout > 0 : -1,
                                    h->input_dropout > 0,
                                    batch == 1   ? 0
                                    : batch == 7 ? 1
                                    : batch == 0 ? 2
                                                 : 3,
                                    h->hidden.n,
                                    deep ? width_of(width[0]) : -1,
                                    h->hidden.n > 1 ? width_of(width[1]) : -1,
                                    width_of((int32_t)job->data->n_inputs),
                                    h->bias,
                                    sgd ? (h->momentum > 0) + h->nesterov : -1,
                                    deep ? h->shortcuts : -1};
    memcpy(value, values, sizeof values);
}

static void cover(coverage *seen, const nn_job *job)
{
    int value[DIMENSIONS];
    values_of(job, value);
    for (int a = 0; a < DIMENSIONS; a++)
        for (int b = 0; b < DIMENSIONS; b++)
            if (value[a] >= 0 && value[b] >= 0)
                seen->pair[a][value[a]][b][value[b]] = true;
    if (value[0] >= 0)
        seen->triple[job->hyper->activation][job->hyper->loss][job->hyper->optimizer] = true;
}

/* Tells whether two dimensions do not combine freely: depths depend on widths, and momentum on the optimizer. */
static bool related(int a, int b)
{
    enum { OPTIMIZER = 2, DEPTH = 7, MOMENTUM = 12 };
    return a == b || a == DEPTH || b == DEPTH || (a == OPTIMIZER && b == MOMENTUM) || (b == OPTIMIZER && a == MOMENTUM);
}

static bool everywhere(int activation)
{
    return nn_activation_places[activation] == NN_ANYWHERE;
}

static void check_coverage(const coverage *seen)
{
    size_t pairs = 0, triples = 0;
    for (int a = 0; a < DIMENSIONS; a++)
        for (int b = 0; b < DIMENSIONS; b++)
            for (int v = 0; v < VALUES && !related(a, b); v++)
                for (int u = 0; u < VALUES && seen->pair[a][v][a][v]; u++)
                    if (seen->pair[b][u][b][u]) {
                        pairs++;
                        if (!seen->pair[a][v][b][u])
                            fail_msg("value %d of dimension %d never met value %d of %d", v, a, u, b);
                    }
    for (int a = 0; a < NN_N_ACTIVATION; a++)
        for (int l = 0; l < NN_N_LOSS && everywhere(a); l++)
            for (int o = 0; o < N_OWN_OPTIMIZER; o++, triples++)
                if (!seen->triple[a][l][o])
                    fail_msg("%s, %s and %s never met", nn_activations.rows[a].name, nn_losses.rows[l].name,
                             nn_optimizers.rows[o].name);
    print_message("%d cases: %zu pairs of values, %zu triples of activation, loss and optimizer\n", CASES, pairs / 2,
                  triples);
}

/* ---- the comparison ---- */

typedef struct worst {
    double weights, curves, counts;
} worst;

static void check_close(const nn_job *job, const nn_outcome *got, const nn_outcome *want, double bound, worst *all)
{
    const double weights = weights_apart(job, got, want, NN_KEEP_FINAL), curves = curves_apart(job, got, want),
                 counts = counts_apart(job, got, want);
    if (!(weights <= bound && curves <= bound)) {
        describe(job, nn_engines.rows[job->engine].name);
        fail_msg("weights %g, curves %g apart; %g is allowed", weights, curves, bound);
    }
    all->weights = worse(all->weights, weights);
    all->curves = worse(all->curves, curves);
    all->counts += counts > 0;
}

/* Trains one case by every engine. */
static void run_case(engine_case *e, double bound, worst *all)
{
    nn_outcome want, got;
    nn_error err;
    e->job.engine = NN_ENGINE_reference;
    void *reference = workspace_for(&e->job);
    assert_int_equal(nn_train(&e->job, reference, &want, &err), NN_ok);
    if (want.status != NN_RUN_done)
        describe(&e->job, "has diverged");
    assert_int_equal(want.status, NN_RUN_done);
    for (int engine = NN_ENGINE_reference + 1; engine < NN_N_ENGINE; engine++) {
        e->job.engine = engine;
        void *workspace = workspace_for(&e->job);
        assert_int_equal(nn_train(&e->job, workspace, &got, &err), NN_ok);
        assert_int_equal(got.status, want.status);
        check_close(&e->job, &got, &want, bound, all);
        free(workspace);
    }
    free(reference);
}

/* `rate` makes steps smaller: runs that nearly diverge amplify the last bit beyond the bound of float32. */
static void run_cases(int precision, double rate, double bound)
{
    static engine_case e;
    static coverage seen;
    chooser c = {.seed = 5};
    worst all = {0, 0, 0};
    memset(&seen, 0, sizeof seen);
    for (int i = 0; i < CASES; i++) {
        choose_case(&e, &c);
        e.hyper.precision = precision;
        e.hyper.learning_rate *= rate;
        run_case(&e, bound, &all);
        cover(&seen, &e.job);
    }
    if (ALL_PAIRS)
        check_coverage(&seen);
    print_message("largest difference of weights %.1e, of curves %.1e; in %g runs a row fell elsewhere\n", all.weights,
                  all.curves, all.counts);
    assert_true(all.counts < CASES / 100);
}

TEST(engines_agree_in_float64)
{
    run_cases(NN_PRECISION_float64, 0.2, 1e-12);
}

TEST(engines_agree_in_float32)
{
    run_cases(NN_PRECISION_float32, 0.05, 1e-5);
}

/* Tests that a run beside others gives the bits that it gives alone: in packs full or not, refilled or not, in any
 * order, beside neighbours that diverge, stop early or differ in every setting in which lanes may, on every
 * instruction set. */
#include "fixtures/packs.h"

/* Counts the situations that the packs went through: each must have come up. */
typedef struct tally {
    size_t runs, diverged, early, refilled, full, single, mixed_dropout;
} tally;

static void count(tally *t, const pack *p)
{
    const size_t lanes = (size_t)nn_lanes(p->jobs);
    bool some = false, all = true;
    for (size_t i = 0; i < p->n; i++) {
        const trace *got = &p->got[i];
        t->runs++;
        t->diverged += got->status == NN_RUN_diverged;
        t->early += got->reason == NN_REASON_rule;
        some |= p->jobs[i].hyper->dropout > 0;
        all &= p->jobs[i].hyper->dropout > 0;
    }
    t->refilled += p->refills > 0;
    t->full += p->n == lanes;
    t->single += p->n == 1;
    t->mixed_dropout += some && !all;
}

static void check_pack(const nn_job *jobs, size_t n, chooser *c, tally *t)
{
    static pack p;
    pack_init(&p, jobs, n);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t j = choose(c, i + 1);
        p.order[i] = p.order[j];
        p.order[j] = i;
    }
    const nn_supply supply = {.context = &p, .next = give, .finished = receive};
    assert_int_equal(train_supply(&p, &supply), NN_ok);
    count(t, &p);
    check_traces(&p, nn_isas.rows[jobs[0].isa].name);
}

/* Gives runs splits of their own: other rows and another scaling. */
enum { SPLITS = 3 };
typedef struct own_split {
    nn_split split;
    uint32_t rows[ENGINE_ROWS];
    double shift[64], factor[64], target_shift[MAX_WIDTH], target_scale[MAX_WIDTH];
} own_split;

static void make_split(const engine_case *e, uint32_t which, own_split *own)
{
    static const uint32_t strides[SPLITS] = {37, 41, 43}; /* no common factor with the rows */
    own->split = e->split;
    for (uint32_t r = 0; r < ENGINE_ROWS; r++)
        own->rows[r] = (r * strides[which] + which) % ENGINE_ROWS;
    for (int part = 0; part < NN_N_PART; part++)
        own->split.rows[part] = own->rows + (e->split.rows[part] - e->rows);
    for (size_t i = 0; i < e->data.n_inputs; i++) {
        own->shift[i] = 0.1 * which;
        own->factor[i] = 1 + 0.2 * which;
    }
    own->split.shift = own->shift;
    own->split.factor = own->factor;
    for (size_t i = 0; i < e->data.n_targets; i++) {
        own->target_shift[i] = 0.5 - 0.1 * which;
        own->target_scale[i] = 1 + 0.25 * (double)((i + which) % 3);
    }
    if (which > 0 && e->data.targets != NULL && !nn_loss_rows[e->hyper.loss].required) {
        own->split.target_shift = own->target_shift;
        own->split.target_scale = own->target_scale;
    }
}

/* Lanes differ in every setting in which they may, some share repeats and splits, and one in five diverges to
 * infinity. */
static void vary(const engine_case *e, size_t n, nn_hyper *hypers, nn_job *jobs, chooser *c)
{
    static own_split splits[SPLITS];
    const uint32_t n_splits = 1 + choose(c, SPLITS);
    for (uint32_t s = 0; s < SPLITS; s++)
        make_split(e, s, &splits[s]);
    for (size_t i = 0; i < n; i++) {
        hypers[i] = e->hyper;
        jobs[i] = e->job;
        jobs[i].hyper = &hypers[i];
        jobs[i].repeat = choose(c, 3);
        jobs[i].split = &splits[choose(c, n_splits)].split;
        choose_own(&hypers[i], c);
        if (choose(c, 5) == 0)
            hypers[i].learning_rate = 1e30;
    }
}

/* Draws a number of runs that fills no pack, one, or several. */
static size_t choose_runs(chooser *c, const nn_job *job)
{
    const size_t lanes = (size_t)nn_lanes(job);
    return choose(c, 4) == 0 ? lanes : 1 + choose(c, MOST_RUNS);
}

TEST(packs_give_the_bits_of_runs_alone)
{
    static engine_case e;
    static nn_hyper hypers[MOST_RUNS];
    static nn_job jobs[MOST_RUNS];
    chooser c = {.seed = 9};
    tally t = {0};
    int isa = NN_ISA_best;
    /* By this rule runs stop at different epochs, so that lanes are refilled and are in different epochs. */
    static const nn_stop_rule rules[] = {{.kind = NN_STOP_patience, .parameter = 2, .curve = NN_CURVE_validation_loss}};
    for (int i = 0; i < 200; i++) {
        choose_case(&e, &c);
        e.hyper.precision = (int)choose(&c, NN_N_PRECISION);
        e.hyper.nesterov = e.hyper.optimizer == NN_OPTIMIZER_sgd && choose(&c, 2) == 0;
        e.hyper.epochs = 1 + choose(&c, 8);
        e.recording.every = 1 + (int32_t)choose(&c, 3);
        e.stopping = (nn_stopping){.first = choose(&c, 2), .n_rules = 1, .rules = rules};
        e.job.engine = i % 5 == 0 ? NN_ENGINE_tile : NN_ENGINE_lanes;
        e.job.isa = isa = next_isa(isa);
        const size_t n = choose_runs(&c, &e.job);
        vary(&e, n, hypers, jobs, &c);
        check_pack(jobs, n, &c, &t);
    }
    print_message("%zu runs in packs: %zu diverged, %zu stopped early; of 200 packs %zu refilled, %zu full, "
                  "%zu of one run, %zu with dropout in some lanes\n",
                  t.runs, t.diverged, t.early, t.refilled, t.full, t.single, t.mixed_dropout);
    assert_true(t.diverged > 100);
    assert_true(t.early > 50);
    assert_true(t.refilled > 50);
    assert_true(t.full > 10);
    assert_true(t.single > 2);
    assert_true(t.mixed_dropout > 50);
}

/* Every number of runs from 1 to twice the lanes, of one kind. */
TEST(packs_of_every_size)
{
    static engine_case e;
    static nn_hyper hypers[MOST_RUNS];
    static nn_job jobs[MOST_RUNS];
    chooser c = {.seed = 12};
    tally t = {0};
    for (int precision = 0; precision < NN_N_PRECISION; precision++) {
        choose_case(&e, &c);
        e.hyper.hidden = (nn_shape){.n = 1, .width = {3}};
        e.hyper.precision = precision;
        e.hyper.epochs = 3;
        e.hyper.batch_size = 7;
        e.hyper.shuffle = true;
        e.job.engine = NN_ENGINE_lanes;
        for (size_t n = 1; n <= 2 * (size_t)nn_lanes(&e.job); n++) {
            vary(&e, n, hypers, jobs, &c);
            check_pack(jobs, n, &c, &t);
        }
    }
}

/* A workspace keeps nothing from one pack to the next. */
TEST(workspaces_are_used_again)
{
    static engine_case e;
    static pack p;
    nn_error err;
    chooser c = {.seed = 13};
    for (int i = 0; i < 40; i++) {
        choose_case(&e, &c);
        nn_hyper hypers[2] = {e.hyper, e.hyper};
        nn_job jobs[2] = {e.job, e.job};
        for (int j = 0; j < 2; j++) {
            jobs[j].hyper = &hypers[j];
            jobs[j].engine = i % 2 ? NN_ENGINE_tile : NN_ENGINE_lanes;
        }
        hypers[1].learning_rate = 1e30; /* leaves NaN all over */
        void *workspace = workspace_for(&jobs[0]);
        for (int time = 0; time < 2; time++) {
            pack_init(&p, jobs, 2);
            const nn_supply supply = {.context = &p, .next = give, .finished = receive};
            assert_int_equal(nn_train_pack(&supply, workspace, &err), NN_ok);
            check_traces(&p, "a workspace used again");
        }
        free(workspace);
    }
}

/* Nesterov's step without momentum is the plain step, beside any neighbour, also where the gradient is infinite and 0
 * times it is NaN. */
TEST(infinite_gradients_beside_momentum)
{
    static engine_case e;
    chooser c = {.seed = 14};
    tally t = {0};
    for (int i = 0; i < 40; i++) {
        choose_case(&e, &c);
        e.hyper.optimizer = NN_OPTIMIZER_sgd;
        e.hyper.nesterov = true;
        e.hyper.clip_norm = 0;
        e.hyper.batch_size = 0;
        e.split.n[NN_TRAIN] = 1; /* with several layers, infinities would add up to NaN */
        e.hyper.precision = NN_PRECISION_float32;
        e.hyper.learning_rate = 1e30; /* the second step's is infinite */
        e.hyper.epochs = 2;
        e.job.engine = NN_ENGINE_lanes;
        nn_hyper hypers[2] = {e.hyper, e.hyper};
        nn_job jobs[2] = {e.job, e.job};
        for (int j = 0; j < 2; j++) {
            jobs[j].hyper = &hypers[j];
            hypers[j].momentum = j == 0 ? 0 : 0.9;
        }
        check_pack(jobs, 2, &c, &t);
    }
    print_message("%zu of %zu runs diverged\n", t.diverged, t.runs);
    assert_true(t.diverged > 20);
}

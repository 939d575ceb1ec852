/* Tests that a run resumed from a checkpoint has the bits of one that was never interrupted: on every engine, alone
 * and in packs, resumed in another lane and on another instruction set; and that a run which a pack puts back, and which
 * goes on in the tile engine, has the bits of one that trained alone. */
#include "fixtures/packs.h"
#include "train/checkpoint.h"

/* A pack that is interrupted at the end of some epoch, with the checkpoints of the runs in flight then. */
typedef struct interrupted {
    pack pack; /* first, so that a pointer to this struct is one to the pack */
    atomic_int signal;
    atomic_bool due;
    uint32_t epochs_left;   /* until checkpoints are taken */
    void *state[MOST_RUNS]; /* NULL if the run was not in flight then */
    size_t bytes;
    bool resumes;          /* true while the pack is resumed */
    bool given[MOST_RUNS]; /* the checkpoint was just given, and must come back unchanged */
    size_t n_equal;
} interrupted;

/* Called at the end of an epoch of a lane, since the signal says that time is short. It counts epochs, and no run is
 * ever out of time. */
static bool count_epochs(void *context, int lane)
{
    interrupted *x = context;
    (void)lane;
    if (x->epochs_left > 0 && --x->epochs_left == 0)
        atomic_store(&x->due, true);
    return false;
}

static void take_state(void *context, int lane, const void *state, size_t bytes)
{
    interrupted *x = context;
    const uint32_t run = x->pack.in_lane[lane];
    if (x->resumes) {
        if (x->given[run]) {
            assert_memory_equal(state, x->state[run], bytes);
            x->n_equal++;
        }
        x->given[run] = false;
        return;
    }
    x->state[run] = malloc(bytes);
    assert_non_null(x->state[run]);
    memcpy(x->state[run], state, bytes);
    x->bytes = bytes;
    atomic_store(&x->signal, NN_ABANDON);
}

static bool give_or_resume(void *context, int lane, nn_job *job)
{
    interrupted *x = context;
    pack *p = &x->pack;
    while (p->next < p->n && p->got[p->order[p->next]].weights != NULL)
        p->next++; /* finished before the interruption */
    if (!give(p, lane, job))
        return false;
    const uint32_t run = p->in_lane[lane];
    job->resume = x->resumes ? x->state[run] : NULL;
    x->given[run] = job->resume != NULL;
    if (x->given[run])
        atomic_store(&x->due, true);
    return true;
}

/* Trains the runs, interrupts them after `epochs` epochs of lanes, and resumes them. Returns how many were resumed. */
static size_t check_interrupted(nn_job *jobs, size_t n, uint32_t epochs)
{
    static interrupted x;
    size_t n_states = 0;
    memset(&x, 0, sizeof x);
    pack_init(&x.pack, jobs, n);
    x.epochs_left = epochs;
    atomic_init(&x.signal, NN_OUT_OF_TIME);
    nn_supply supply = {.context = &x,
                        .next = give_or_resume,
                        .finished = receive,
                        .expired = count_epochs,
                        .signal = &x.signal,
                        .save = take_state,
                        .save_due = &x.due};
    train_supply(&x.pack, &supply);
    for (size_t i = 0; i < n; i++) {
        jobs[i].isa = next_isa(jobs[i].isa);
        if (x.state[i] != NULL) {
            n_states++;
            assert_true(nn_checkpoint_fits(&jobs[i], x.state[i], x.bytes));
            assert_false(nn_checkpoint_fits(&jobs[i], x.state[i], x.bytes - 1));
            assert_true(nn_checkpoint_epoch(x.state[i]) <=
                        (uint64_t)jobs[i].hyper->epochs); /* 0: its lane was just filled */
        }
    }
    for (size_t i = 0; i < n / 2; i++) { /* other lanes than before */
        const uint32_t swap = x.pack.order[i];
        x.pack.order[i] = x.pack.order[n - 1 - i];
        x.pack.order[n - 1 - i] = swap;
    }
    x.pack.next = 0;
    x.resumes = true;
    atomic_store(&x.signal, NN_GO_ON);
    assert_int_equal(train_supply(&x.pack, &supply), NN_ok);
    check_traces(&x.pack, "interrupted");
    for (size_t i = 0; i < n; i++)
        free(x.state[i]);
    assert_int_equal(x.n_equal, n_states);
    return n_states;
}

TEST(interrupted_runs_have_the_same_bits)
{
    static const nn_stop_rule patience = {.kind = NN_STOP_patience, .parameter = 3};
    chooser c = {.seed = 77};
    size_t resumed[NN_N_ENGINE] = {0}, of_optimizer[N_OWN_OPTIMIZER] = {0};
    for (int i = 0; i < 150; i++) {
        static engine_case e;
        nn_hyper hypers[MOST_RUNS];
        nn_job jobs[MOST_RUNS];
        choose_case(&e, &c);
        e.hyper.epochs = 5 + choose(&c, 8);
        e.recording.every = 1 + (int32_t)choose(&c, 3);
        e.stopping = (nn_stopping){.first = choose(&c, 2), .n_rules = 1, .rules = &patience};
        e.job.engine = 1 + i % (NN_N_ENGINE - 1);
        e.job.isa = next_isa((int)choose(&c, NN_N_ISA - 1));
        e.job.saves = true;
        const size_t n = 1 + choose(&c, (uint32_t)nn_lanes(&e.job) + 2);
        for (size_t r = 0; r < n; r++) {
            hypers[r] = e.hyper;
            choose_own(&hypers[r], &c);
            jobs[r] = e.job;
            jobs[r].hyper = &hypers[r];
            jobs[r].repeat = (uint32_t)r % 3;
        }
        const size_t went_on = check_interrupted(jobs, n, 1 + choose(&c, (uint32_t)(n * 4)));
        resumed[e.job.engine] += went_on;
        of_optimizer[e.hyper.optimizer] += went_on;
    }
    for (int i = 1; i < NN_N_ENGINE; i++)
        assert_true(resumed[i] > 10);
    for (int i = 0; i < N_OWN_OPTIMIZER; i++)
        assert_true(of_optimizer[i] > 0);
}

/* ---- runs that are put back ---- */

static void keep_state(void *context, int lane, const void *state, size_t bytes)
{
    interrupted *x = context;
    const uint32_t run = x->pack.in_lane[lane];
    assert_null(x->state[run]); /* once */
    x->state[run] = malloc(bytes);
    assert_non_null(x->state[run]);
    memcpy(x->state[run], state, bytes);
}

/* Trains runs in packs, and those that are put back in the tile engine. Returns how many these were. */
static size_t check_put_back(nn_job *jobs, size_t n)
{
    static interrupted x;
    size_t n_back = 0;
    memset(&x, 0, sizeof x);
    pack_init(&x.pack, jobs, n);
    const nn_supply supply = {.context = &x.pack, .next = give, .finished = receive, .put_back = keep_state};
    assert_int_equal(train_supply(&x.pack, &supply), NN_ok);
    for (size_t i = 0; i < n; i++) {
        nn_job alone = jobs[i];
        nn_outcome out;
        nn_error err;
        assert_true((x.state[i] == NULL) == (x.pack.got[i].weights != NULL)); /* none is lost */
        if (x.state[i] == NULL)
            continue;
        n_back++;
        alone.engine = NN_ENGINE_tile;
        alone.resume = x.state[i];
        void *workspace = workspace_for(&alone);
        assert_int_equal(nn_train(&alone, workspace, &out, &err), NN_ok);
        take(&x.pack.got[i], &out);
        free(workspace);
        free(x.state[i]);
    }
    check_traces(&x.pack, "put back");
    return n_back;
}

TEST(runs_that_are_put_back_have_the_same_bits)
{
    static const nn_stop_rule patience = {.kind = NN_STOP_patience, .parameter = 2};
    chooser c = {.seed = 78};
    size_t n_back = 0, n_whole = 0;
    for (int i = 0; i < 150; i++) {
        static engine_case e;
        nn_hyper hypers[MOST_RUNS];
        nn_job jobs[MOST_RUNS];
        choose_case(&e, &c);
        e.hyper.epochs = 5 + choose(&c, 8);
        e.stopping = (nn_stopping){.first = choose(&c, 2), .n_rules = 1, .rules = &patience};
        e.job.engine = NN_ENGINE_lanes;
        const size_t n = 1 + choose(&c, 2 * (uint32_t)nn_lanes(&e.job));
        const uint32_t repeats = 1 + choose(&c, 3); /* 1: all share their rows */
        for (size_t r = 0; r < n; r++) {
            hypers[r] = e.hyper;
            choose_own(&hypers[r], &c);
            jobs[r] = e.job;
            jobs[r].hyper = &hypers[r];
            jobs[r].repeat = (uint32_t)r % repeats;
        }
        const size_t back = check_put_back(jobs, n);
        n_back += back;
        n_whole += n - back;
    }
    assert_true(n_back > 100 && n_whole > 100);
}

TEST(states_of_other_jobs_do_not_fit)
{
    static engine_case e;
    chooser c = {.seed = 5};
    static interrupted x;
    choose_case(&e, &c);
    e.hyper.epochs = 4;
    e.job.saves = true;
    e.job.isa = NN_ISA_best;
    nn_job jobs[1] = {e.job};
    pack_init(&x.pack, jobs, 1);
    atomic_init(&x.signal, NN_GO_ON);
    atomic_init(&x.due, true);
    const nn_supply supply = {.context = &x,
                              .next = give_or_resume,
                              .finished = receive,
                              .signal = &x.signal,
                              .save = take_state,
                              .save_due = &x.due};
    assert_int_equal(train_supply(&x.pack, &supply), NN_cancelled);
    assert_true(nn_checkpoint_fits(&e.job, x.state[0], x.bytes));
    nn_hyper other = e.hyper;
    nn_job job = e.job;
    job.hyper = &other;
    other.epochs = 3;
    assert_false(nn_checkpoint_fits(&job, x.state[0], x.bytes));
    other.epochs = 4;
    other.precision = !other.precision;
    assert_false(nn_checkpoint_fits(&job, x.state[0], x.bytes));
    other = e.hyper;
    other.optimizer = other.optimizer == NN_OPTIMIZER_sgd ? NN_OPTIMIZER_adam : NN_OPTIMIZER_sgd;
    assert_false(nn_checkpoint_fits(&job, x.state[0], x.bytes));
    free(x.state[0]);
}

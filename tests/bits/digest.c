/* Trains small runs drawn from the whole product of settings, alone and in packs, and some larger ones, and prints one
 * digest of all their weights, curves and metrics, to be compared between processors and compilers. */
#include "fixtures/large.h"

static uint64_t digest = 14695981039346656037u; /* FNV-1a, 64 bits */

static void add(const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        digest = (digest ^ ((const unsigned char *)bytes)[i]) * 1099511628211u;
}

static void add_trace(trace *t)
{
    add(&t->status, sizeof t->status);
    add(&t->epochs, sizeof t->epochs);
    add(t->weights, t->n_weights);
    add(t->curves, t->n_curves * sizeof *t->curves);
    add(t->metrics, sizeof t->metrics);
    drop_trace(t);
}

static void add_run(nn_job *job, int engine)
{
    job->engine = engine;
    trace t = train_alone(job);
    add_trace(&t);
}

/* Trains more runs than there are lanes, with settings and orders of rows of their own. */
static void add_pack(const engine_case *e, chooser *c)
{
    enum { RUNS = NN_MAX_LANES + 3 };
    static pack p;
    nn_hyper hypers[RUNS];
    nn_job jobs[RUNS];
    for (int i = 0; i < RUNS; i++) {
        hypers[i] = e->hyper;
        choose_own(&hypers[i], c);
        jobs[i] = e->job;
        jobs[i].hyper = &hypers[i];
        jobs[i].repeat = choose(c, 3);
        jobs[i].engine = NN_ENGINE_lanes;
    }
    pack_init(&p, jobs, RUNS);
    const nn_supply supply = {.context = &p, .next = give, .finished = receive};
    assert_int_equal(train_supply(&p, &supply), NN_ok);
    for (int i = 0; i < RUNS; i++)
        add_trace(&p.got[i]);
}

/* Trains those that an emulated processor can train in a second. */
static void add_large(uint32_t i, int isa)
{
    large l;
    nn_network net;
    large_init(&l, &large_rows[i], i, (int)(i % NN_N_PRECISION));
    nn_network_of(&l.data, &l.hyper, &net);
    l.job.isa = isa;
    for (int engine = NN_ENGINE_fast + 1; engine < NN_N_ENGINE; engine++)
        if (suits(&l, engine) && net.n_params * l.split.n[NN_TRAIN] < 5000000)
            add_run(&l.job, engine);
    large_free(&l);
}

int main(int argc, char **argv)
{
    static engine_case e;
    chooser c = {.seed = 13};
    const int n = argc > 1 ? atoi(argv[1]) : 100, isa = argc > 2 ? nn_choice_find(&nn_isas, argv[2]) : NN_ISA_best;
    if (isa < 0 || !nn_isa_runs(isa))
        return 2;
    for (int i = 0; i < n; i++) {
        choose_case(&e, &c);
        e.hyper.precision = i % NN_N_PRECISION;
        e.job.isa = isa;
        for (int engine = NN_ENGINE_fast + 1; engine < NN_N_ENGINE; engine++)
            add_run(&e.job, engine);
        if (i % 4 == 0)
            add_pack(&e, &c);
    }
    for (uint32_t i = 0; i < N_LARGE; i++)
        add_large(i, isa);
    printf("%016llx\n", (unsigned long long)digest);
    return 0;
}

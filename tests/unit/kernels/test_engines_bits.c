/* The same bits on every instruction set of this CPU, for runs alone: settings drawn from the whole product. Packs have
 * theirs in test_engines_packs.c, large networks in test_engines_large.c. */
#include "fixtures/packs.h"

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

TEST(instruction_sets_give_the_same_bits)
{
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

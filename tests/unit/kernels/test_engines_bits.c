/* Tests that runs alone give the same bits on every instruction set of this CPU, for settings drawn from the product
 * of all. test_engines_packs.c does so for packs, test_engines_large.c for large networks. */
#include "fixtures/packs.h"

TEST(instruction_sets_give_the_same_bits)
{
    static engine_case e;
    chooser c = {.seed = 7};
    for (int i = 0; i < 300; i++) {
        choose_case(&e, &c);
        e.hyper.precision = i % 2;
        e.hyper.epochs = 2;
        for (int engine = NN_ENGINE_fast + 1; engine < NN_N_ENGINE; engine++)
            check_instruction_sets(&e.job, engine);
    }
}

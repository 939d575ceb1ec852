/* Trains small runs drawn from the whole product of settings and prints one digest of all their weights and curves, to
 * be compared between processors and compilers. */
#include "engines.h"

static uint64_t digest = 14695981039346656037u; /* FNV-1a, 64 bits */

static void add(const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        digest = (digest ^ ((const unsigned char *)bytes)[i]) * 1099511628211u;
}

static void add_run(engine_case *e, int engine)
{
    nn_outcome out;
    nn_error err;
    e->job.engine = engine;
    void *workspace = workspace_for(&e->job);
    assert_int_equal(nn_train(&e->job, workspace, &out, &err), NN_ok);
    if (out.status == NN_RUN_done) { /* NaNs of diverged runs have no bits of their own */
        add(out.weights[NN_KEEP_FINAL], out.n_params * out.real_bytes);
        add(out.curves, NN_N_CURVE * out.n_points * sizeof *out.curves);
    }
    free(workspace);
}

int main(int argc, char **argv)
{
    static engine_case e;
    chooser c = {.seed = 13};
    const int n = argc > 1 ? atoi(argv[1]) : 100,
              isa = argc > 2 ? nn_choice_find(&nn_isas, argv[2]) : NN_ISA_best;
    if (isa < 0 || !nn_isa_runs(isa))
        return 2;
    for (int i = 0; i < n; i++) {
        choose_case(&e, &c);
        e.hyper.precision = i % 2;
        e.job.isa = isa;
        for (int engine = NN_ENGINE_fast + 1; engine < NN_N_ENGINE; engine++)
            add_run(&e, engine);
    }
    printf("%016llx\n", (unsigned long long)digest);
    return 0;
}

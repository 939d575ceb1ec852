/* Which engine, on which instruction set, trains a job; which jobs may train together. */
#include "train/engine.h"
#include <string.h>

/* Networks up to this size train in lanes. Above it, one network alone fills vectors as well and needs less cache. */
enum { MOST_PARAMS_IN_LANES = 2500 };

bool nn_isa_runs(int isa)
{
#if defined __x86_64__
    __builtin_cpu_init();
#endif
    switch (isa) {
#define NN_ISA(name, runs, help)                                                                                       \
    case NN_ISA_##name:                                                                                                \
        return runs;
#include "tables/isa.def"
#undef NN_ISA
    default:
        return isa == NN_ISA_best;
    }
}

int nn_isa_resolve(int isa)
{
    for (int best = NN_N_ISA - 1; isa == NN_ISA_best && best > NN_ISA_best; best--)
        if (nn_isa_runs(best))
            return best;
    return isa;
}

#define NN_ISA(name, runs, help) extern const nn_kernels nn_kernels_f32_##name, nn_kernels_f64_##name;
#include "tables/isa.def"
#undef NN_ISA

const nn_kernels *nn_kernels_of(int precision, int isa)
{
    static const nn_kernels *const kernels[NN_N_ISA][NN_N_PRECISION] = {
#define NN_ISA(name, runs, help)                                                                                       \
    [NN_ISA_##                                                                                                         \
        name] = {[NN_PRECISION_float32] = &nn_kernels_f32_##name, [NN_PRECISION_float64] = &nn_kernels_f64_##name},
#include "tables/isa.def"
#undef NN_ISA
    };
    return kernels[nn_isa_resolve(isa)][precision];
}

int nn_engine_resolve(const nn_job *job)
{
    nn_network net;
    if (job->hyper->gradient != NN_GRADIENT_backprop)
        return NN_ENGINE_reference; /* the one that knows numerical gradients */
    if (job->engine == NN_ENGINE_reference || job->engine == NN_ENGINE_tile)
        return job->engine;
    if ((nn_optimizer_rows[job->hyper->optimizer].traits & NN_OUTSIDE) != 0)
        return NN_ENGINE_tile; /* one run at a time */
    if (job->engine != NN_ENGINE_fast)
        return job->engine;
    nn_network_of(job->data, job->hyper, &net);
    return net.n_params <= MOST_PARAMS_IN_LANES ? NN_ENGINE_lanes : NN_ENGINE_tile;
}

int nn_lanes(const nn_job *job)
{
    return nn_kernels_of(job->hyper->precision, job->isa)->engines[nn_engine_resolve(job)]->lanes;
}

static bool same_sizes(const nn_split *a, const nn_split *b)
{
    for (int part = 0; part < NN_N_PART; part++)
        if (a->n[part] != b->n[part])
            return false;
    return true;
}

bool nn_alike(const nn_job *a, const nn_job *b)
{
    for (int i = 0; i < NN_N_HYPER; i++)
        if (nn_hyper_rows[i].in_pack == NN_ALIKE && !nn_hyper_same(a->hyper, b->hyper, &nn_hyper_rows[i]))
            return false;
    return a->data == b->data && same_sizes(a->split, b->split) && a->recording == b->recording &&
           a->stopping == b->stopping && a->engine == b->engine && a->isa == b->isa;
}

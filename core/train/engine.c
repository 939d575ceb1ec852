/* Chooses the instruction set and the engine that train a job. */
#include "train/engine.h"

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

/* The tables of kernels/kernels.c, one for each precision and instruction set that it is compiled for. */
#define NN_ISA(name, runs, help) extern const nn_kernels nn_kernels_f32_##name, nn_kernels_f64_##name;
#include "tables/isa.def"

const nn_kernels *nn_kernels_of(int precision, int isa)
{
    static const nn_kernels *const kernels[NN_N_ISA][NN_N_PRECISION] = {
#define NN_ISA(name, runs, help)                                                                                       \
    [NN_ISA_##name][NN_PRECISION_float32] = &nn_kernels_f32_##name,                                                    \
    [NN_ISA_##name][NN_PRECISION_float64] = &nn_kernels_f64_##name,
#include "tables/isa.def"
    };
    return kernels[nn_isa_resolve(isa)][precision];
}

static const nn_engine *engine_of(const nn_job *job, int engine)
{
    return nn_kernels_of(job->hyper->precision, job->isa)->engines[engine];
}

int nn_engine_resolve(const nn_job *job, int runs)
{
    if (job->hyper->gradient != NN_GRADIENT_backprop)
        return NN_ENGINE_reference; /* no other engine has numerical gradients */
    if (job->engine == NN_ENGINE_reference || job->engine == NN_ENGINE_tile)
        return job->engine;
    if ((nn_optimizer_rows[job->hyper->optimizer].traits & NN_OUTSIDE) != 0)
        return NN_ENGINE_tile; /* lanes cannot train one run at a time */
    if (job->engine != NN_ENGINE_fast)
        return job->engine;
    const int lanes = engine_of(job, NN_ENGINE_lanes)->lanes, most = runs < lanes ? runs : lanes;
    return nn_pack_worth(job, true) <= most ? NN_ENGINE_lanes : NN_ENGINE_tile;
}

int nn_lanes(const nn_job *job)
{
    return engine_of(job, nn_engine_resolve(job, NN_MAX_LANES))->lanes;
}

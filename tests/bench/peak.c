#include "peak.h"
#include "nn_tables.h"
#include <stdint.h>
#include <time.h>

_Thread_local volatile double peak_sink;

typedef double kernel(size_t n, const double factors[2]);

#define NN_ISA(name, ...) kernel peak_f32_##name, peak_f64_##name;
#include "tables/isa.def"

static kernel *const kernels[NN_N_ISA][2] = {
#define NN_ISA(name, ...) [NN_ISA_##name] = {peak_f32_##name, peak_f64_##name},
#include "tables/isa.def"
};

double peak_cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double peak_flops(int isa, bool float64, double seconds)
{
    static const double factors[2] = {0.5, 1}; /* the chains converge to 2: no denormals, no overflow */
    double best = 0, block = 1e-3;
    size_t n = 1;
    for (const double end = peak_cpu() + seconds; best == 0 || peak_cpu() < end;) {
        const double start = peak_cpu(), flops = kernels[isa][float64](n, factors), took = peak_cpu() - start;
        if (took < block)
            n *= 2;
        else if (flops / took > best)
            best = flops / took;
    }
    return best;
}

static uint64_t additions(uint64_t n, uint64_t step)
{
    uint64_t x = step;
    for (uint64_t i = 0; i < n; i++) {
        /* Adds 1 eight times, which the compiler cannot fold; it comes from a register, since some CPUs fold immediate
         * values. */
#define ADD                                                                                                            \
    x += step;                                                                                                         \
    __asm__ volatile("" : "+r"(x), "+r"(step));
        ADD ADD ADD ADD ADD ADD ADD ADD
#undef ADD
    }
    return x;
}

double peak_clock(double seconds)
{
    const uint64_t n = 100000; /* about 0.2 ms */
    double best = 0;
    for (const double end = peak_cpu() + seconds; best == 0 || peak_cpu() < end;) {
        const double start = peak_cpu();
        peak_sink = (double)additions(n, (uint64_t)best | 1);
        const double hertz = 8 * (double)n / (peak_cpu() - start);
        best = hertz > best ? hertz : best;
    }
    return best;
}

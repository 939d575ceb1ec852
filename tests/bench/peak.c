#include "peak.h"
#include <stdint.h>
#include <time.h>

_Thread_local volatile double peak_sink;

/* The instruction sets of this build: BENCH_SETS is X(name)... from CMake. */
#define X(name)                                                                                              \
    double peak_f32_##name(size_t n, const double factors[2]);                                               \
    double peak_f64_##name(size_t n, const double factors[2]);
BENCH_SETS
#undef X

#if defined __x86_64__
static bool available_portable(void)
{
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
}

static bool available_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
}

static bool available_avx512(void)
{
    return available_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#elif defined __aarch64__
static bool available_neon(void)
{
    return true;
}
#else
static bool available_portable(void)
{
    return true;
}
#endif

const peak_set peak_sets[] = {
#define X(name) {#name, available_##name, {peak_f32_##name, peak_f64_##name}},
    BENCH_SETS
#undef X
    {0},
};

double peak_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double peak_flops(const peak_set *set, bool float64, double seconds)
{
    static const double factors[2] = {0.5, 1}; /* the chains go to 2: no denormals, no overflow */
    double best = 0, block = 1e-3;
    size_t n = 1;
    for (const double end = peak_now() + seconds; best == 0 || peak_now() < end;) {
        const double start = peak_now(), flops = set->run[float64](n, factors), took = peak_now() - start;
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
        /* Eight that the compiler cannot fold; from a register, since some CPUs fold immediate ones. */
#define ADD                                                                                                  \
    x += step;                                                                                               \
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
    for (const double end = peak_now() + seconds; best == 0 || peak_now() < end;) {
        const double start = peak_now();
        peak_sink = (double)additions(n, (uint64_t)best | 1);
        const double hertz = 8 * (double)n / (peak_now() - start);
        best = hertz > best ? hertz : best;
    }
    return best;
}

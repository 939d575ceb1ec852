/* peak_kernel.c - runs chains of vector multiply-adds in registers, enough of them to hide their latency.
 *
 * It is compiled once for each precision and instruction set, with contraction on: where the set has a fused
 * multiply-add, the compiler uses it. */
#include "peak.h"

double PEAK_NAME(size_t n, const double factors[2]);

#if defined PEAK_f32
#define REAL float
#else
#define REAL double
#endif

#if defined __AVX512F__
enum { PEAK_BYTES = 64, REGISTERS = 32 };
#elif defined __AVX2__
enum { PEAK_BYTES = 32, REGISTERS = 16 };
#elif defined __aarch64__
enum { PEAK_BYTES = 16, REGISTERS = 32 };
#else
enum { PEAK_BYTES = 16, REGISTERS = 16 };
#endif

typedef REAL vector __attribute__((vector_size(PEAK_BYTES)));
enum { WIDTH = PEAK_BYTES / sizeof(REAL) };

/* Two ports times four cycles of latency need 8 chains. Sets with 32 registers have 16 chains, those with 16 registers
 * 12; the factors need two registers more. */
enum { CHAINS = REGISTERS == 32 ? 16 : 12, STEPS = 256 };

double PEAK_NAME(size_t n, const double factors[2])
{
    vector chain[CHAINS], factor, term;
    for (size_t i = 0; i < WIDTH; i++) {
        factor[i] = (REAL)factors[0];
        term[i] = (REAL)factors[1];
    }
    for (int c = 0; c < CHAINS; c++)
        chain[c] = term * (REAL)c;
    for (size_t i = 0; i < n * STEPS; i++)
        for (int c = 0; c < CHAINS; c++)
            chain[c] = chain[c] * factor + term;
    double sum = 0; /* used by the caller, so that nothing above is dead code */
    for (int c = 0; c < CHAINS; c++)
        for (size_t i = 0; i < WIDTH; i++)
            sum += (double)chain[c][i];
    peak_sink = sum;
    return (double)n * STEPS * CHAINS * WIDTH * 2;
}

/* Accuracy of the scalar functions in the precision at hand, in units in the last place, against long double; and the
 * same bits from loops in vectors. Included once for each precision. */
#include "scalar_loops.h"

static const REAL nan_ = (REAL)NAN, inf = (REAL)HUGE_VAL;
enum { SINGLE = sizeof(REAL) == sizeof(float) };

static double ulp(REAL got, long double want)
{
    const REAL size = nn_abs((REAL)want);
    const REAL next = nn_from_bits(nn_to_bits(size) + 1);
    return (double)(fabsl((long double)got - want) / (long double)(next - size));
}

static void note(double *worst, REAL got, long double want)
{
    const double u = ulp(got, want);
    *worst = u <= *worst ? *worst : u; /* NaN is worst */
}

static long double sigmoidl(long double x)
{
    return 1 / (1 + expl(-x));
}

static long double elul(long double x)
{
    return x > 0 ? x : expm1l(x);
}

static long double softplusl(long double x)
{
    return (x > 0 ? x : 0) + log1pl(expl(-fabsl(x)));
}

static long double normal_belowl(long double x)
{
    return erfcl(-x * 0.70710678118654752440084436L) / 2;
}

static long double gelul(long double x)
{
    return x * normal_belowl(x);
}

/* Both slopes have a zero, near which only their absolute accuracy counts; so 2 is added to them on both sides. */
static REAL silu_slope_and_2(REAL x)
{
    return nn_silu_slope(x) + 2;
}

static long double silu_slope_and_2l(long double x)
{
    return sigmoidl(x) * (1 + x * (1 - sigmoidl(x))) + 2;
}

static REAL gelu_slope_and_2(REAL x)
{
    return nn_gelu_slope(x) + 2;
}

static long double gelu_slope_and_2l(long double x)
{
    return normal_belowl(x) + x * expl(-x * x / 2) * 0.39894228040143267793994606L + 2;
}

/* The worst of `got` at N numbers spread evenly over the representable ones with low <= |x| <= high, of one sign or of
 * both. Long double is the judge. */
static double worst_of(REAL (*got)(REAL), long double (*want)(long double), double low, double high,
                       bool both)
{
    enum { N = 400000 };
    const nn_bits first = nn_to_bits((REAL)low), step = (nn_to_bits((REAL)high) - first) / N;
    double worst = 0;
    for (nn_bits i = 0; i <= N; i++) {
        const REAL x = nn_from_bits(first + i * step + i * 7919 % (step + (step == 0)));
        const REAL within = x > (REAL)high ? (REAL)high : x;
        note(&worst, got(within), want((long double)within));
        if (both)
            note(&worst, got(-within), want(-(long double)within));
    }
    return worst;
}

static void functions_are_accurate(void **state)
{
    (void)state;
    const double end = SINGLE ? 87.3 : 708.3, most = SINGLE ? 3.4e38 : 1.7e308,
                 least = SINGLE ? 1e-45 : 5e-324;
    const struct {
        const char *name;
        REAL (*got)(REAL);
        long double (*want)(long double);
        double low, high, bound;
        bool both;
    } checks[] = {
        {"exp", nn_exp, expl, 1e-9, end, 1.0, true},
        {"exp, middle", nn_exp, expl, 0.1, 10, 1.0, true},
        {"sigmoid", nn_sigmoid, sigmoidl, 1e-9, end, 2.2, true},
        {"sigmoid, middle", nn_sigmoid, sigmoidl, 0.1, 40, 2.2, true},
        {"tanh", nn_tanh, tanhl, least * 1e9, most, 1.3, true},
        {"tanh, middle", nn_tanh, tanhl, 0.01, 20, 1.3, true},
        {"tanh, seam", nn_tanh, tanhl, 0.5, 0.8, 1.3, true},
        {"log", nn_log, logl, least, most, 0.8, false},
        {"log, middle", nn_log, logl, 0.5, 2, 0.8, false},
        {"log1p", nn_log1p, log1pl, least, 1, 0.85, false},
        {"log1p, end", nn_log1p, log1pl, 0.01, 1, 0.85, false},
        {"elu", nn_elu, elul, least * 1e9, end, 1.5, true},
        {"elu, middle", nn_elu, elul, 0.01, 10, 1.5, true},
        {"softplus", nn_softplus, softplusl, 1e-9, end, 2, true},
        {"softplus, middle", nn_softplus, softplusl, 0.1, 30, 2, true},
        {"slope of silu, and 2", silu_slope_and_2, silu_slope_and_2l, 1e-9, 80, 1.5, true},
        {"normal distribution function", nn_normal_below, normal_belowl, 1e-9, SINGLE ? 12 : 36, 8, true},
        {"gelu", nn_gelu, gelul, 1e-9, SINGLE ? 12 : 36, 8, true},
        {"gelu, middle", nn_gelu, gelul, 0.1, 5, 8, true},
        {"slope of gelu, and 2", gelu_slope_and_2, gelu_slope_and_2l, 1e-9, 30, 2, true},
    };
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        const double worst =
            worst_of(checks[i].got, checks[i].want, checks[i].low, checks[i].high, checks[i].both);
        print_message("%s: %.3f ulp\n", checks[i].name, worst);
        assert_true(worst < checks[i].bound);
    }
}

static void functions_keep_special_values(void **state)
{
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        const REAL x = (REAL)sign * nan_;
        assert_true(isnan(nn_exp(x)) && isnan(nn_log(x)) && isnan(nn_tanh(x)) && isnan(nn_sigmoid(x)));
        assert_true(isnan(nn_log1p(x)) && isnan(nn_elu(x)) && isnan(nn_softplus(x)) &&
                    isnan(nn_silu_slope(x)));
        assert_true(isnan(nn_normal_below(x)) && isnan(nn_gelu(x)) && isnan(nn_gelu_slope(x)));
    }
    assert_true(nn_exp(inf) == inf && nn_exp(-inf) == 0 && nn_exp(0) == 1);
    assert_true(nn_log(0) == -inf && isnan(nn_log(-1)) && nn_log(inf) == inf && nn_log(1) == 0);
    assert_true(isnan(nn_log(-inf)) && nn_log((REAL)-0.0) == -inf);
    assert_true(nn_tanh(inf) == 1 && nn_tanh(-inf) == -1 && nn_tanh(0) == 0);
    assert_true(nn_sigmoid(inf) == 1 && nn_sigmoid(-inf) < (REAL)1e-37 && nn_sigmoid(0) == (REAL)0.5);
    assert_true(nn_sigmoid(-inf) >= NN_MIN && nn_sigmoid(-inf) == nn_sigmoid((REAL)-1e4));
    assert_true(nn_elu(-inf) == -1 && nn_elu(inf) == inf && nn_elu(0) == 0 && nn_softplus(-inf) == 0);
    assert_true(nn_softplus(inf) == inf && nn_normal_below(0) == (REAL)0.5 && nn_normal_below(inf) == 1);
    assert_true(nn_normal_below(-inf) == 0 && nn_gelu(0) == 0 && nn_gelu(inf) == inf);
    assert_true(nn_log1p(0) == 0 && nn_log1p(NN_MIN / 2) == NN_MIN / 2);
    const REAL least = NN_MIN * (REAL)(1 << 20);
    assert_true(nn_settled(least) == least && nn_settled(-least) == -least && nn_settled(-inf) == -inf);
    assert_true(nn_settled(least * (REAL)0.999) == 0 && nn_settled(least * (REAL)-0.999) == 0);
}

/* The ends of exp, where 2^n leaves the normal numbers. */
static void functions_reach_the_ends(void **state)
{
    (void)state;
    const REAL high = (REAL)(SINGLE ? 88 : 709), low = (REAL)(SINGLE ? -103 : -744),
               subnormal = (REAL)(SINGLE ? -88 : -709);
    double worst = 0;
    for (int i = 0; i <= 1000; i++) {
        const REAL part = (REAL)i / 1000;
        note(&worst, nn_exp(high - part), expl((long double)(high - part)));
        note(&worst, nn_exp(subnormal + part), expl((long double)(subnormal + part)));
        note(&worst, nn_exp(subnormal - part), expl((long double)(subnormal - part)));
        note(&worst, nn_exp(low + 10 * part), expl((long double)(low + 10 * part)));
    }
    assert_true(worst < 1.5);
    assert_true(nn_exp(high) < inf && nn_exp(high + 1) == inf);
    assert_true(nn_exp(low) > 0 && nn_exp(low - 2) == 0);
}

/* ---- loops ---- */

#define SCALAR(function) function,
static REAL (*const functions[N_SCALARS])(REAL) = {SCALARS};
#undef SCALAR

/* scalar_loops_<precision>_<set>, by the table of instruction sets. */
#define LOOPS(isa)               NN_PASTE(NN_PASTE(scalar_loops, NN_SUFFIX), isa)
#define NN_ISA(name, runs, help) extern scalar_loop *const LOOPS(name)[N_SCALARS];
#include "isa.def"
#undef NN_ISA
static scalar_loop *const *const loops[NN_N_ISA] = {
#define NN_ISA(name, runs, help) [NN_ISA_##name] = LOOPS(name),
#include "isa.def"
#undef NN_ISA
};

/* Bit patterns from anywhere, and numbers where the functions bend, the ends among them. */
static REAL sample(uint32_t i)
{
    const REAL special[] = {0,
                            (REAL)-0.0,
                            nan_,
                            inf,
                            -inf,
                            NN_MIN / 4,
                            NN_MIN,
                            -NN_MIN,
                            NN_MIN * (REAL)(1 << 20),
                            NN_EXP_END,
                            -NN_EXP_END,
                            NN_SIGMOID_END,
                            (REAL)-1e30,
                            1,
                            (REAL)0.625,
                            (REAL)0.3125,
                            (REAL)-0.625,
                            NN_SIGMOID_END / 2,
                            -NN_SIGMOID_END};
    uint32_t w[4];
    nn_philox(23, i, 0, 0, 0, w);
    if (w[2] % 8 == 0)
        return special[w[3] % (sizeof special / sizeof special[0])];
    if (w[2] % 8 == 1)
        return nn_from_bits((nn_bits)(w[0] | (uint64_t)w[1] << 32));
    return (REAL)((nn_uniform(w[0]) - 0.5) * (w[2] % 8 == 2 ? 200 : 8));
}

static bool same(REAL a, REAL b)
{
    return a != a ? b != b : nn_to_bits(a) == nn_to_bits(b);
}

/* Lengths around those of vectors, so that their heads and tails are seen. */
static void check_loops(int isa)
{
    enum { MOST = 40, TRIES = 50 };
    REAL x[MOST], y[MOST + 1];
    uint32_t at = 0;
    for (size_t n = 1; n <= MOST; n++)
        for (int try = 0; try < TRIES; try++)
            for (int f = 0; f < N_SCALARS; f++) {
                for (size_t i = 0; i < n; i++)
                    x[i] = sample(at++);
                y[n] = 77;
                loops[isa][f](n, x, y);
                for (size_t i = 0; i < n; i++)
                    assert_true(same(y[i], functions[f](x[i])));
                assert_true(y[n] == 77);
            }
}

static void loops_give_the_same_bits(void **state)
{
    (void)state;
    int n_sets = 0;
    for (int isa = 0; isa < NN_N_ISA; isa++)
        if (loops[isa] != NULL && nn_isa_runs(isa)) {
            check_loops(isa);
            n_sets++;
        }
    assert_true(n_sets > 0);
}

static int run_scalar_checks(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_are_accurate), cmocka_unit_test(functions_keep_special_values),
        cmocka_unit_test(functions_reach_the_ends), cmocka_unit_test(loops_give_the_same_bits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

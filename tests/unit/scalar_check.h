/* Accuracy of the scalar functions in the precision at hand, in units in the last place, against long double.
 * Included once for each precision. */
#include "scalar_t.h"

static double ulp(REAL got, long double want)
{
    const REAL size = nn_abs((REAL)want);
    const REAL next = nn_from_bits(nn_to_bits(size) + 1);
    return (double)(fabsl((long double)got - want) / (long double)(next - size));
}

static void note(double *worst, REAL got, long double want)
{
    const double u = ulp(got, want);
    *worst = u > *worst ? u : *worst;
}

static void functions_are_accurate(void **state)
{
    (void)state;
    double exp_ulp = 0, sigmoid_ulp = 0, tanh_ulp = 0, log_ulp = 0, log1p_ulp = 0;
    const double widths[] = {1e-3, 1, 20, 170};
    for (uint32_t i = 0; i < 200000; i++) {
        uint32_t w[4];
        nn_philox(11, i, 0, 0, 0, w);
        const REAL x = (REAL)((nn_uniform(w[0]) - 0.5) * widths[i % 4]), p = (REAL)nn_uniform(w[1]);
        const REAL positive = (REAL)expl((long double)x / 2);
        note(&exp_ulp, nn_exp(x), expl((long double)x));
        note(&sigmoid_ulp, nn_sigmoid(x), 1 / (1 + expl(-(long double)x)));
        note(&tanh_ulp, nn_tanh(x), tanhl((long double)x));
        note(&log_ulp, nn_log(positive), logl((long double)positive));
        note(&log1p_ulp, nn_log1p(p), log1pl((long double)p));
    }
    print_message("worst ulp: exp %.2f sigmoid %.2f tanh %.2f log %.2f log1p %.2f\n", exp_ulp, sigmoid_ulp,
                  tanh_ulp, log_ulp, log1p_ulp);
    assert_true(exp_ulp < 1.05);
    assert_true(sigmoid_ulp < 2.4);
    assert_true(tanh_ulp < 1.3);
    assert_true(log_ulp < 0.85);
    assert_true(log1p_ulp < 2.5);
}

static void functions_keep_special_values(void **state)
{
    (void)state;
    const REAL nan = (REAL)NAN, inf = (REAL)HUGE_VAL;
    assert_true(isnan(nn_exp(nan)) && isnan(nn_log(nan)) && isnan(nn_tanh(nan)) && isnan(nn_sigmoid(nan)));
    assert_true(nn_exp(inf) == inf && nn_exp(-inf) == 0 && nn_exp(0) == 1);
    assert_true(nn_log(0) == -inf && isnan(nn_log(-1)) && nn_log(inf) == inf && nn_log(1) == 0);
    assert_true(nn_tanh(inf) == 1 && nn_tanh(-inf) == -1 && nn_tanh(0) == 0);
    assert_true(nn_sigmoid(inf) == 1 && nn_sigmoid(-inf) < (REAL)1e-37 && nn_sigmoid(0) == (REAL)0.5);
}

/* The ends of exp, where 2^n leaves the normal numbers, and log below the smallest of them. */
static void functions_reach_the_ends(void **state)
{
    (void)state;
    const bool single = sizeof(REAL) == sizeof(float);
    const REAL high = (REAL)(single ? 88 : 709), low = (REAL)(single ? -103 : -744),
               subnormal = (REAL)(single ? -88 : -709);
    double worst = 0;
    for (int i = 0; i <= 1000; i++) {
        const REAL part = (REAL)i / 1000;
        note(&worst, nn_exp(high - part), expl((long double)(high - part)));
        note(&worst, nn_exp(subnormal + part), expl((long double)(subnormal + part)));
        note(&worst, nn_exp(subnormal - part), expl((long double)(subnormal - part)));
        note(&worst, nn_exp(low + 10 * part), expl((long double)(low + 10 * part)));
    }
    assert_true(worst < 1.5);
    assert_true(nn_exp(high) < (REAL)HUGE_VAL && nn_exp(high + 1) == (REAL)HUGE_VAL);
    assert_true(nn_exp(low) > 0 && nn_exp(low - 2) == 0);
    worst = 0;
    for (nn_bits bits = 1; bits < (nn_bits)1 << (NN_MANTISSA + 1); bits += bits / 3 + 1) {
        const REAL x = nn_from_bits(bits); /* from the smallest subnormal to past the smallest normal */
        note(&worst, nn_log(x), logl((long double)x));
    }
    assert_true(worst < 0.85);
}

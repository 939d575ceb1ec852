/* Tests the statistics of cells against NumPy, SciPy and whole numbers. */
#include "fixtures/test.h"
#include <stdint.h>
#include <math.h>
#include "results/statistics.h"

#define assert_relative(got, want, tolerance) assert_near(got, want, (tolerance)*fabs(want))

TEST(quantiles_are_numpys)
{
    double values[] = {7, 1, 4, 9.5, 2.25, 3};
    const cell_stats s = results_statistics(values, 6);
    assert_int_equal(s.n, 6);
    assert_relative(s.mean, 4.458333333333333, 1e-14);
    assert_relative(s.sd, 3.1953742608130686, 1e-14);
    assert_relative(s.median, 3.5, 1e-14);
    assert_relative(s.q1, 2.4375, 1e-14);
    assert_relative(s.q3, 6.25, 1e-14);
    assert_relative(s.low, 1.104993699953451, 1e-12);
    assert_relative(s.high, 7.811672966713215, 1e-12);
}

/* The interval's half-width tells the quantile: t = half * sqrt(n) / sd. */
TEST(student_is_scipys)
{
    static const struct {
        size_t degrees;
        double t; /* scipy.stats.t.ppf(0.975, degrees) */
    } rows[] = {
        {1, 12.706204736432095},   {2, 4.302652729911275},       {3, 3.182446305284263},  {4, 2.7764451051977987},
        {5, 2.5705818366147395},   {9, 2.2621571627409915},      {19, 2.093024054408263}, {29, 2.045229642132703},
        {30, 2.0422724563012373},  {31, 2.0395134463964077},     {49, 2.009575234489209}, {99, 1.9842169515086827},
        {999, 1.9623414611334487}, {100000, 1.9599877075346093},
    };
    static double values[100001];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const size_t n = rows[i].degrees + 1;
        for (size_t k = 0; k < n; k++)
            values[k] = (double)(k % 2);
        const cell_stats s = results_statistics(values, n);
        assert_relative((s.high - s.low) / 2 * sqrt((double)n) / s.sd, rows[i].t, 3e-8);
    }
}

TEST(what_is_not_finite_does_not_count)
{
    double values[] = {(double)NAN, 2, HUGE_VAL, -HUGE_VAL}, none[] = {(double)NAN}, large[] = {1e308, 1e308};
    cell_stats s = results_statistics(values, 4);
    assert_int_equal(s.n, 1);
    assert_real_equal(s.mean, 2);
    assert_real_equal(s.median, 2);
    assert_real_equal(s.q1, 2);
    assert_real_equal(s.q3, 2);
    assert_true(isnan(s.sd));
    assert_true(isnan(s.low));
    assert_true(isnan(s.high));
    s = results_statistics(none, 1);
    assert_int_equal(s.n, 0);
    assert_true(isnan(s.mean));
    assert_true(isnan(s.median));
    s = results_statistics(none, 0);
    assert_int_equal(s.n, 0);
    assert_true(isnan(s.q1));
    s = results_statistics(large, 2);
    assert_real_equal(s.mean, 1e308);
    assert_real_equal(s.sd, 0);
}

/* 100 (n - k)^m and n^m, in base 2^32, lowest digits first. */
enum { DIGITS = 512 };

static void multiply(uint32_t *number, uint32_t by)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < DIGITS; i++) {
        carry += (uint64_t)number[i] * by;
        number[i] = (uint32_t)carry;
        carry >>= 32;
    }
    assert_int_equal(carry, 0);
}

static bool at_most(const uint32_t *a, const uint32_t *b)
{
    for (size_t i = DIGITS; i-- > 0;)
        if (a[i] != b[i])
            return a[i] < b[i];
    return true;
}

/* The smallest m with 100 (n - k)^m <= n^m, in whole numbers. */
static size_t restarts_in_integers(size_t k, size_t n)
{
    uint32_t missed[DIGITS] = {100}, all[DIGITS] = {1};
    for (size_t m = 1;; m++) {
        multiply(missed, (uint32_t)(n - k));
        multiply(all, (uint32_t)n);
        if (at_most(missed, all))
            return m;
    }
}

TEST(restarts_for_a_success)
{
    assert_real_equal(results_restarts_needed(1, 2), 7);
    assert_real_equal(results_restarts_needed(48, 50), 2);
    assert_real_equal(results_restarts_needed(1, 1000), 4603);
    assert_real_equal(results_restarts_needed(5, 5), 1);
    assert_real_equal(results_restarts_needed(99, 100), 1); /* logarithms in floating point give 2 */
    assert_real_equal(results_restarts_needed(9, 10), 2);
    assert_real_equal(results_restarts_needed(90, 100), 2);
    assert_true(isinf(results_restarts_needed(0, 5)));
    assert_true(isnan(results_restarts_needed(0, 0)));
    assert_real_equal(results_restarts_of_share(0.5), 7);
    assert_real_equal(results_restarts_of_share(1), 1);
    assert_true(isinf(results_restarts_of_share(0)));
    assert_true(isnan(results_restarts_of_share((double)NAN)));
}

TEST(restarts_are_exact)
{
    for (size_t n = 1; n <= 60; n++)
        for (size_t k = 1; k <= n; k++)
            if (results_restarts_needed(k, n) != (double)restarts_in_integers(k, n))
                fail_msg("%zu of %zu: %g, in integers %zu", k, n, results_restarts_needed(k, n),
                         restarts_in_integers(k, n));
}

/* scipy.stats.binomtest(k, n).proportion_ci(method="wilson") */
TEST(wilson_is_the_published_one)
{
    double low, high;
    results_wilson_interval(7, 20, &low, &high);
    assert_relative(low, 0.1811918241010821, 1e-12);
    assert_relative(high, 0.5671457233147637, 1e-12);
    results_wilson_interval(0, 10, &low, &high);
    assert_real_equal(low, 0);
    assert_relative(high, 0.27753279986288926, 1e-12);
    results_wilson_interval(10, 10, &low, &high);
    assert_relative(low, 0.7224672001371109, 1e-12);
    assert_real_equal(high, 1);
    results_wilson_interval(0, 0, &low, &high);
    assert_real_equal(low, 0);
    assert_real_equal(high, 1);
}

/* Users ask whether a mean is >= 1. */
TEST(means_of_equal_values_are_exact)
{
    double values[100];
    for (size_t n = 1; n <= 100; n++) {
        for (size_t i = 0; i < n; i++)
            values[i] = 1;
        assert_real_equal(results_statistics(values, n).mean, 1);
    }
    for (size_t i = 0; i < 4; i++)
        values[i] = 1.7e308;
    assert_real_equal(results_statistics(values, 4).mean, 1.7e308);
}

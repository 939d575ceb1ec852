/* Statistics of cells against NumPy and SciPy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>
#include "cells.h"

static void assert_near(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance * fabs(b)))
        fail_msg("%.17g is not %.17g", a, b);
}

static void quantiles_are_numpys(void **state)
{
    double values[] = {7, 1, 4, 9.5, 2.25, 3};
    (void)state;
    const cell_stats s = cell_statistics(values, 6);
    assert_int_equal(s.n, 6);
    assert_near(s.mean, 4.458333333333333, 1e-14);
    assert_near(s.sd, 3.1953742608130686, 1e-14);
    assert_near(s.median, 3.5, 1e-14);
    assert_near(s.q1, 2.4375, 1e-14);
    assert_near(s.q3, 6.25, 1e-14);
    assert_near(s.low, 1.104993699953451, 1e-12);
    assert_near(s.high, 7.811672966713215, 1e-12);
}

/* The interval's half-width tells the quantile: t = half * sqrt(n) / sd. */
static void student_is_scipys(void **state)
{
    static const struct {
        size_t degrees;
        double t; /* scipy.stats.t.ppf(0.975, degrees) */
    } rows[] = {
        {1, 12.706204736432095},   {2, 4.302652729911275},       {3, 3.182446305284263},
        {4, 2.7764451051977987},   {5, 2.5705818366147395},      {9, 2.2621571627409915},
        {19, 2.093024054408263},   {29, 2.045229642132703},      {30, 2.0422724563012373},
        {31, 2.0395134463964077},  {49, 2.009575234489209},      {99, 1.9842169515086827},
        {999, 1.9623414611334487}, {100000, 1.9599877075346093},
    };
    static double values[100001];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const size_t n = rows[i].degrees + 1;
        for (size_t k = 0; k < n; k++)
            values[k] = (double)(k % 2);
        const cell_stats s = cell_statistics(values, n);
        assert_near((s.high - s.low) / 2 * sqrt((double)n) / s.sd, rows[i].t, 3e-8);
    }
}

static void what_is_not_finite_does_not_count(void **state)
{
    double values[] = {(double)NAN, 2, HUGE_VAL, -HUGE_VAL}, none[] = {(double)NAN}, large[] = {1e308, 1e308};
    (void)state;
    cell_stats s = cell_statistics(values, 4);
    assert_int_equal(s.n, 1);
    assert_true(s.mean == 2 && s.median == 2 && s.q1 == 2 && s.q3 == 2);
    assert_true(isnan(s.sd) && isnan(s.low) && isnan(s.high));
    s = cell_statistics(none, 1);
    assert_true(s.n == 0 && isnan(s.mean) && isnan(s.median));
    s = cell_statistics(none, 0);
    assert_true(s.n == 0 && isnan(s.q1));
    s = cell_statistics(large, 2);
    assert_true(s.mean == 1e308 && s.sd == 0);
}

/* scipy.stats.binomtest(k, n).proportion_ci(method="wilson") */
static void wilson_is_the_published_one(void **state)
{
    double low, high;
    (void)state;
    wilson_interval(7, 20, &low, &high);
    assert_near(low, 0.1811918241010821, 1e-12);
    assert_near(high, 0.5671457233147637, 1e-12);
    wilson_interval(0, 10, &low, &high);
    assert_true(low == 0);
    assert_near(high, 0.27753279986288926, 1e-12);
    wilson_interval(10, 10, &low, &high);
    assert_near(low, 0.7224672001371109, 1e-12);
    assert_true(high == 1);
    wilson_interval(0, 0, &low, &high);
    assert_true(low == 0 && high == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_numpys),
        cmocka_unit_test(student_is_scipys),
        cmocka_unit_test(what_is_not_finite_does_not_count),
        cmocka_unit_test(wilson_is_the_published_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

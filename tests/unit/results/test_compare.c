/* Tests the comparisons of cells against NumPy and SciPy. */
#include "fixtures/test.h"
#include <math.h>
#include "results/compare.h"
#include "results/student.h"

#define assert_relative(got, want, tolerance) assert_near(got, want, (tolerance)*fabs(want))

/* 2 * scipy.stats.t.sf(t, degrees), small chances and fractional degrees included. */
TEST(student_two_sided_is_scipys)
{
    static const struct {
        double degrees, t, p;
    } rows[] = {
        {1, 0.01, 0.9936340144701835},
        {1, 0.5, 0.7048327646991336},
        {1, 2.0, 0.2951672353008664},
        {1, 12.0, 0.05292935211917974},
        {1, 60.0, 0.010609347265246538},
        {2, 0.01, 0.992929108958201},
        {2, 0.5, 0.6666666666666667},
        {2, 2.0, 0.1835034190722739},
        {2, 12.0, 0.00687293367715846},
        {2, 60.0, 0.00027766209059467876},
        {4.5, 0.01, 0.9924492173948889},
        {4.5, 0.5, 0.6405495020740472},
        {4.5, 2.0, 0.10825790718112493},
        {4.5, 12.0, 0.0001378319765327304},
        {4.5, 60.0, 1.0432999110754938e-07},
        {9, 0.01, 0.9922394455363253},
        {9, 0.5, 0.6290712998260264},
        {9, 2.0, 0.07655282377070093},
        {9, 12.0, 7.699886222985645e-07},
        {9, 60.0, 5.001190471672896e-13},
        {11.37, 0.01, 0.9921945983680378},
        {11.37, 0.5, 0.6266106821052682},
        {11.37, 2.0, 0.06996426839271325},
        {11.37, 12.0, 8.366958837605344e-08},
        {11.37, 60.0, 1.3859198051058157e-15},
        {99, 0.01, 0.9920414112146796},
        {99, 0.5, 0.6181846440244061},
        {99, 2.0, 0.04823969337263297},
        {99, 12.0, 5.130629687897491e-21},
        {99, 60.0, 1.1818606072220434e-79},
        {250.25, 0.01, 0.9920292546421979},
        {250.25, 0.5, 0.6175144468236751},
        {250.25, 2.0, 0.04658102259371405},
        {250.25, 12.0, 1.654643653176687e-26},
        {250.25, 60.0, 1.5102470492129113e-150},
        {100000.0, 0.01, 0.9920213073188231},
        {100000.0, 0.5, 0.617076177654418},
        {100000.0, 2.0, 0.045502963457506436},
        {100000.0, 12.0, 3.7445058119564235e-33},
        {100000.0, 60.0, 0.0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_relative(results_student_two_sided(rows[i].t, rows[i].degrees), rows[i].p, 1e-11);
        assert_relative(results_student_two_sided(-rows[i].t, rows[i].degrees), rows[i].p, 1e-11);
    }
    assert_real_equal(results_student_two_sided(0, 3), 1);
    assert_real_equal(results_student_two_sided(HUGE_VAL, 3), 0);
    assert_true(isnan(results_student_two_sided((double)NAN, 3)));
    assert_true(isnan(results_student_two_sided(1, (double)NAN)));
}

/* The root of 2 * scipy.stats.t.sf(t, degrees) = 0.05; scipy.stats.t.ppf itself is right to 2e-10 only. */
TEST(student_of_fractional_degrees_is_scipys)
{
    static const struct {
        double degrees, t;
    } rows[] = {{0.7, 36.611415031588685},    {1, 12.706204736174703},    {2.5, 3.574654842003682},
                {7.31, 2.344447113983294},    {29.5, 2.0437249667721233}, {123.4, 1.9793749463174204},
                {99999.5, 1.9599877076532268}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_relative(results_student_975_of(rows[i].degrees), rows[i].t, 1e-12);
    assert_true(isnan(results_student_975_of((double)NAN)));
}

/* NumPy and SciPy by the formula: d = a - b, t = d.mean() / sqrt((1/n + ratio) d.var(ddof=1)), 2 t.sf(|t|, n - 1). */
TEST(corrected_resampled_t_test)
{
    static const double a[] = {0.12, 0.15, 0.11, 0.18, 0.14, 0.16, 0.13, 0.17, 0.12, 0.15},
                        b[] = {0.10, 0.14, 0.12, 0.13, 0.11, 0.15, 0.10, 0.14, 0.12, 0.11};
    static const struct {
        size_t n;
        double ratio, difference, sd, t, p, low, high;
    } rows[] = {
        {10, 0.25, 0.020999999999999998, 0.018529256146249725, 1.9156990662996523, 0.0876582198436806,
         -0.0037978929745587087, 0.045797892974558704},
        {10, 0, 0.020999999999999998, 0.018529256146249725, 3.5839447811280185, 0.005894292344515315,
         0.007744968653616112, 0.034255031346383885},
        {9, 0.25, 0.018888888888888886, 0.018333333333333333, 1.7145278792416168, 0.12477664741408519,
         -0.006516271570345233, 0.044294049348123005},
        {9, 0, 0.018888888888888886, 0.018333333333333333, 3.090909090909091, 0.014869061099214041,
         0.0047966413970182906, 0.03298113638075948},
        {3, 0.25, 0.006666666666666658, 0.015275252316519458, 0.5714285714285712, 0.6253656753673226,
         -0.04353094851563151, 0.05686428184896483},
        {2, 0.25, 0.014999999999999986, 0.007071067811865481, 2.4494897427831734, 0.24675171442885024,
         -0.06280929542898371, 0.09280929542898368},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const cell_comparison c = results_compare_pairs(a, b, rows[i].n, rows[i].ratio);
        assert_int_equal(c.n, rows[i].n);
        assert_real_equal(c.degrees, (double)rows[i].n - 1);
        assert_relative(c.difference, rows[i].difference, 1e-12);
        assert_relative(c.sd, rows[i].sd, 1e-12);
        assert_relative(c.t, rows[i].t, 1e-12);
        assert_relative(c.p, rows[i].p, 1e-12);
        assert_relative(c.low, rows[i].low, 1e-9);
        assert_relative(c.high, rows[i].high, 1e-9);
    }
}

TEST(pairs_that_lack_a_value_do_not_count)
{
    static const double a[] = {1, (double)NAN, 3, 4, 7}, b[] = {0, 1, (double)NAN, 2, 7}, same[] = {2, 2, 2},
                        zeros[] = {0, 0, 0};
    cell_comparison c = results_compare_pairs(a, b, 5, 0.5);
    assert_int_equal(c.n, 3);
    assert_real_equal(c.mean_a, 4);
    assert_real_equal(c.mean_b, 3);
    assert_real_equal(c.difference, 1);
    assert_real_equal(c.sd, 1);
    assert_relative(c.t, 1 / sqrt(1 / 3.0 + 0.5), 1e-14);
    c = results_compare_pairs(same, same, 3, 0.5);
    assert_real_equal(c.difference, 0);
    assert_real_equal(c.low, 0);
    assert_real_equal(c.high, 0);
    assert_true(isnan(c.t));
    assert_true(isnan(c.p));
    c = results_compare_pairs(same, zeros, 3, 0.5); /* all differ by 2 */
    assert_real_equal(c.low, 2);
    assert_real_equal(c.p, 0);
    c = results_compare_pairs(a, b, 1, 0.5);
    assert_int_equal(c.n, 1);
    assert_real_equal(c.difference, 1);
    assert_true(isnan(c.sd));
    assert_true(isnan(c.low));
    assert_true(isnan(c.t));
    c = results_compare_pairs(a, b, 0, 0.5);
    assert_int_equal(c.n, 0);
    assert_true(isnan(c.difference));
    assert_true(isnan(c.mean_a));
}

/* scipy.stats.ttest_ind(a, b, equal_var=False); the degrees by Welch's formula. */
TEST(welch_is_scipys)
{
    static const double a[] = {0.12, 0.15, (double)NAN, 0.11, 0.18, 0.14, 0.16, 0.13, 0.17, 0.12, 0.15},
                        b[] = {0.10, 0.14, 0.12, 0.13, 0.11}, same[] = {2, 2, 2};
    cell_comparison c = results_compare_apart(a, 11, b, 5);
    assert_int_equal(c.n, 10);
    assert_int_equal(c.n_b, 5);
    assert_relative(c.t, 2.261383662438396, 1e-12);
    assert_relative(c.p, 0.0442754749109231, 1e-11);
    assert_relative(c.degrees, 11.355178999280918, 1e-12);
    assert_relative(c.difference, 0.02300000000000002, 1e-12);
    assert_relative(c.low, 0.0006994323374658815, 1e-9);
    assert_relative(c.high, 0.04530056766253416, 1e-9);
    assert_true(isnan(c.sd));
    assert_true(isnan(results_compare_apart(a, 1, b, 5).p));
    assert_true(isnan(results_compare_apart(same, 3, same, 3).p));
    assert_real_equal(results_compare_apart(a, 11, b, 5).p, results_compare_apart(b, 5, a, 11).p);
}

/* The share of training rows in common where few rows are trained on, the usual form where most are. */
TEST(overlap_is_the_smaller_share)
{
    assert_real_equal(results_overlap_rho(100, 600, 1800), 100 / 1800.0);
    assert_real_equal(results_overlap_rho(100, 1100, 1800), 100 / 1800.0);
    assert_real_equal(results_overlap_rho(180, 60, 300), 0.25);
    assert_real_equal(results_overlap_rho(240, 60, 300), 0.2);
    assert_relative(results_overlap(0.2), 0.25, 1e-15); /* of 5 folds: 1 / (k - 1), rows held out / rows trained on */
    assert_real_equal(results_overlap(0), 0);
    assert_real_equal(results_overlap_rho(0, 10, 300), 0);
}

static void check_holm(const double *p, size_t n, const bool *expected)
{
    bool rejected[8];
    results_holm(p, n, 0.05, rejected);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(rejected[i], expected[i]);
}

/* The smallest of m chances is held against 0.05/m, the next against 0.05/(m - 1), ...; a missing test is none. */
TEST(holm_steps_down)
{
    static const double p[] = {0.01, 0.04, 0.03, 0.005}, none[] = {0.013, 0.012, 0.6, 0.9},
                        gap[] = {0.025, (double)NAN, 0.04, (double)NAN}, ties[] = {0.0125, 0.0125, 0.0125, 0.0125};
    check_holm(p, 4, (bool[]){true, false, false, true});
    check_holm(p + 1, 3, (bool[]){false, false, true});
    check_holm(none, 4, (bool[]){true, true, false, false});
    check_holm(none, 3, (bool[]){true, true, false});
    check_holm(gap, 4, (bool[]){true, false, true, false});
    check_holm(ties, 4, (bool[]){true, true, true, true});
    check_holm(p, 0, NULL);
}

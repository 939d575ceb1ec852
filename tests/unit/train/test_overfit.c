/* Tests what train/overfit.c says of built curves. tests/system/test_overfit.py has those of real runs. */
#include "fixtures/problem.h"
#include "train/overfit.h"

enum { LONGEST = 5000 };

typedef struct built {
    nn_outcome out;
    double curves[NN_N_CURVE * (LONGEST + 1)];
    uint32_t epochs[LONGEST + 1];
} built;

typedef double shape_function(double share); /* of the share of the run that is over */

static double noise(uint32_t epoch)
{
    uint32_t words[4];
    nn_philox(7, epoch, 0, 0, 0, words);
    return 2 * nn_uniform(words[0]) - 1;
}

/* Records a curve of `epochs` epochs, with noise from -level to level, every so many epochs. */
static nn_overfit record(shape_function *shape, uint32_t epochs, uint32_t every, double level)
{
    static built b;
    b.out = (nn_outcome){.n_points = LONGEST + 1, .epochs = b.epochs, .curves = b.curves};
    double *losses = b.curves + (size_t)NN_CURVE_validation_loss * (LONGEST + 1);
    for (size_t i = 0; i < NN_N_CURVE * (LONGEST + 1); i++)
        b.curves[i] = NN_NAN;
    for (uint32_t e = 0; e <= epochs; e++) {
        if (e % every != 0 && e != epochs)
            continue;
        b.epochs[b.out.n_reached] = e;
        losses[b.out.n_reached++] = shape((double)e / epochs) * (1 + level * noise(e));
    }
    return nn_overfit_of(&b.out);
}

/* Lowest at 0.1 ln 30 = 0.34 of the run. */
static double overfits(double x)
{
    return 1 + 3 * exp(-10 * x) + x;
}

static double falls(double x)
{
    return 0.2 + exp(-4 * x);
}

/* Minima at 0.2 and at the end, a peak of twice the first minimum at 0.5. */
static double descends_twice(double x)
{
    if (x < 0.2)
        return 1 + 10 * (0.2 - x);
    if (x < 0.5)
        return 1 + (x - 0.2) / 0.3;
    return 2 - 1.5 * (x - 0.5) / 0.5;
}

/* As before, but the second minimum is no lower. */
static double comes_back(double x)
{
    return x < 0.5 ? descends_twice(x) : 2 - 0.8 * (x - 0.5) / 0.5;
}

/* Ends within 1% of its minimum at 0.2. */
static double comes_near(double x)
{
    return x < 0.5 ? descends_twice(x) : 2 - 0.99 * (x - 0.5) / 0.5;
}

/* Falls, but for a jump in two strips of 64. */
static double jumps(double x)
{
    return falls(x) * (x > 0.45 && x < 0.475 ? 3 : 1);
}

static double flat(double x)
{
    (void)x;
    return 0.5;
}

static double zero_then_one(double x)
{
    return x < 0.3 ? 1 - x / 0.3 : x < 0.5 ? 0 : 1;
}

static double ends_in_nan(double x)
{
    return x > 0.95 ? NN_NAN : overfits(x);
}

static double nothing(double x)
{
    (void)x;
    return NN_NAN;
}

TEST(a_smooth_curve_by_hand)
{
    const nn_overfit f = record(overfits, 1000, 1, 0);
    const double x = log(30) / 10, least = overfits(x), end = overfits(1);
    const double area = 1000 * (((1 - x) + 0.3 * (exp(-10 * x) - exp(-10)) + (1 - x * x) / 2) / least - (1 - x));
    assert_near(f.epoch, 1000 * x, 1000.0 / 64);
    assert_near(f.final, 100 * (end / least - 1), 0.1);
    assert_near(f.integral, area, 0.005 * area);
    assert_real_equal(f.two, 0);
    assert_true(isnan(f.depth) && isnan(f.first) && isnan(f.peak) && isnan(f.second));
}

/* The integral agrees within 2% and the epoch within a strip, however often a smooth curve is recorded. */
TEST(how_often_is_recorded_counts_little)
{
    static const uint32_t lengths[] = {200, 300, 1000, 5000}, every[] = {2, 5, 10};
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 3; k++) {
            const nn_overfit all = record(overfits, lengths[i], 1, 0), some = record(overfits, lengths[i], every[k], 0);
            assert_near(some.integral, all.integral, 0.02 * all.integral);
            assert_true(fabs(some.epoch - all.epoch) <= fmax(every[k], lengths[i] / 64.0 + 1));
            assert_near(some.final, all.final, 1);
        }
}

TEST(two_descents_in_noise)
{
    static const uint32_t every[] = {1, 2, 5, 10};
    for (int k = 0; k < 4; k++)
        for (double level = 0; level < 0.11; level += 0.05) {
            const nn_overfit f = record(descends_twice, 1000, every[k], level);
            assert_real_equal(f.two, 1);
            assert_near(f.first, 200, 32);
            assert_near(f.peak, 500, 64);
            assert_near(f.second, 1000, 64);
            assert_near(f.depth, 0.5, 0.1);
        }
}

TEST(one_descent_in_noise)
{
    static shape_function *const shapes[] = {overfits, falls, comes_back, jumps, flat};
    for (int i = 0; i < 5; i++)
        for (uint32_t every = 1; every <= 10; every++)
            for (double level = 0; level < 0.11; level += 0.05)
                if (record(shapes[i], 1000, every, level).two != 0)
                    fail_msg("shape %d, every %u, noise %g", i, every, level);
}

TEST(no_overfitting)
{
    nn_overfit f = record(falls, 400, 1, 0);
    assert_true(isnan(f.epoch));
    assert_real_equal(f.integral, 0);
    assert_real_equal(f.final, 0);
    f = record(flat, 400, 1, 0);
    assert_true(isnan(f.epoch));
    assert_real_equal(f.integral, 0);
    assert_real_equal(f.final, 0);
    f = record(comes_near, 400, 1, 0); /* the rise does not last */
    assert_true(isnan(f.epoch));
    assert_real_equal(f.integral, 0);
}

TEST(fewer_than_8_strips_say_nothing)
{
    assert_true(isnan(record(overfits, 6, 1, 0).two));
    assert_true(isnan(record(overfits, 1000, 200, 0).integral));
    assert_real_equal(record(overfits, 7, 1, 0).two, 0);
    assert_true(record(overfits, 7, 1, 0).integral > 0);
    assert_true(record(overfits, 1000, 143, 0).integral > 0);
}

TEST(no_numbers)
{
    const nn_overfit f = record(nothing, 200, 1, 0);
    assert_true(isnan(f.epoch) && isnan(f.final) && isnan(f.integral) && isnan(f.two));
}

TEST(zero_and_nan)
{
    nn_overfit f = record(zero_then_one, 640, 1, 0);
    assert_true(f.epoch >= 190 && f.epoch <= 210); /* the first of the lowest strips */
    assert_true(isinf(f.integral) && isinf(f.final));
    f = record(ends_in_nan, 1000, 1, 0); /* a run that diverges at the end has no finite integral */
    assert_near(f.epoch, 340, 20);
    assert_true(isinf(f.integral));
    assert_true(isnan(f.final));
    assert_real_equal(f.two, 0);
}

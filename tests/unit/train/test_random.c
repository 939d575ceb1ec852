/* Tests the random numbers: the published vectors of Philox, quantiles, and permutations. */
#include "fixtures/problem.h"

static void check(uint32_t c, uint64_t key, const uint32_t want[4])
{
    uint32_t got[4];
    nn_philox(key, c, c, c, c, got);
    assert_memory_equal(got, want, sizeof got);
}

/* The vectors are those of Random123 1.14, tests/kat_vectors, philox4x32 10. */
TEST(philox_gives_the_published_vectors)
{
    check(0, 0, (const uint32_t[]){0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    check(0xffffffff, 0xffffffffffffffff, (const uint32_t[]){0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    uint32_t got[4];
    nn_philox(0x299f31d0a4093822, 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, got);
    assert_memory_equal(got, ((const uint32_t[]){0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}), sizeof got);
}

/* The quantiles are those of SciPy's norm.ppf. */
TEST(normal_is_the_quantile)
{
    assert_near(nn_normal(0x7fffffff), -2.918099372916623e-10, 1e-15); /* p = 1/2 - 2^-33 */
    assert_near(nn_normal(0), -6.3379577545537895, 1e-14);             /* p = 2^-33 */
    assert_near(nn_normal(0xffffffff), 6.3379577545537895, 1e-9);
    const uint32_t word = (uint32_t)(0.975 * 0x1p32);
    const double slope = 17.1096; /* of the quantile at 0.975: 1 / density */
    assert_near(nn_normal(word), 1.959963984540054 + slope * (nn_uniform(word) - 0.975), 1e-12);
}

/* A word with all bits inverted gives the mirror image: uniform about 1/2 and normal about 0, to the last bit. */
TEST(draws_are_symmetric)
{
    for (uint32_t i = 0; i < 20000; i++) {
        uint32_t w[4];
        nn_philox(19, i, 0, 0, 0, w);
        for (int j = 0; j < 4; j++) {
            const uint32_t word = i < 100 ? i : w[j] >> i % 32; /* far out in the tail, too */
            assert_real_equal(nn_uniform(word) + nn_uniform(~word), 1);
            assert_real_equal(nn_normal(word), -nn_normal(~word));
        }
    }
    assert_real_equal(nn_uniform(0), 0x1p-33);
    assert_real_equal(nn_uniform(0x80000000u), 0.5 + 0x1p-33);
}

TEST(normal_has_mean_0_and_deviation_1)
{
    double sum = 0, squares = 0, fourth = 0;
    const int n = 400000;
    for (uint32_t i = 0; i < (uint32_t)n / 4; i++) {
        uint32_t w[4];
        nn_philox(7, i, 0, 0, 0, w);
        for (int j = 0; j < 4; j++) {
            double z = nn_normal(w[j]);
            sum += z;
            squares += z * z;
            fourth += z * z * z * z;
        }
    }
    assert_near(sum / n, 0, 4 / sqrt(n));
    assert_near(squares / n, 1, 4 * sqrt(2.0 / n));
    assert_near(fourth / n, 3, 4 * sqrt(96.0 / n));
}

TEST(permutations_are_permutations_and_uniform)
{
    enum { N = 7, ROUNDS = 70000 };
    uint32_t order[N];
    int at[N][N] = {{0}};
    for (uint32_t epoch = 0; epoch < ROUNDS; epoch++) {
        nn_permutation(3, epoch, N, order);
        unsigned seen = 0;
        for (int i = 0; i < N; i++) {
            seen |= 1u << order[i];
            at[i][order[i]]++;
        }
        assert_int_equal(seen, (1u << N) - 1);
    }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            assert_true(abs(at[i][j] - ROUNDS / N) < 5 * 93); /* 5 deviations of a binomial */
}

TEST(streams_differ_by_seed_repeat_and_purpose)
{
    const uint64_t key = nn_stream_key(1, 0, NN_FOR_INIT);
    assert_int_not_equal(key, nn_stream_key(2, 0, NN_FOR_INIT));
    assert_int_not_equal(key, nn_stream_key(1, 1, NN_FOR_INIT));
    assert_int_not_equal(key, nn_stream_key(1, 0, NN_FOR_SHUFFLE));
    assert_int_equal(key, nn_stream_key(1, 0, NN_FOR_INIT));
}

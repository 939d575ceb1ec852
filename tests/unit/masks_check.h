/* The masks of a batch in the precision at hand, on every instruction set: each unit's word by nn_philox. Included once for
 * each precision. */
#include "real_t.h"

enum { MOST_ROWS = 40, MOST_WIDTH = 70, STRIDE = MOST_WIDTH + 3 };
typedef void masks_function(uint64_t key, uint32_t epoch, uint32_t position, int layer, double rate,
                            size_t n_rows, size_t width, REAL *mask, size_t row_stride);

#define MASKS(isa)               NN_PASTE(NN_PASTE(nn_masks, NN_SUFFIX), isa)
#define NN_ISA(name, runs, help) extern masks_function MASKS(name);
#include "isa.def"
#undef NN_ISA
static masks_function *const functions[NN_N_ISA] = {
#define NN_ISA(name, runs, help) [NN_ISA_##name] = MASKS(name),
#include "isa.def"
#undef NN_ISA
};

static const REAL untouched = -7;

static REAL expected(uint64_t key, uint32_t epoch, uint32_t row, int layer, double rate, uint32_t unit)
{
    uint32_t words[4];
    nn_philox(key, epoch, row, (uint32_t)layer, unit / 4, words);
    return words[unit % 4] < (uint32_t)(rate * 0x1p32) ? 0 : (REAL)(1 / (1 - rate));
}

static void check_masks(masks_function *masks, size_t n_rows, size_t width)
{
    static REAL mask[MOST_ROWS * STRIDE];
    const uint64_t key = 0xfedcba9876543210u + n_rows;
    const uint32_t epoch = 0x80000001u, position = 0xfffffff0u + (uint32_t)width; /* runs over the end */
    const int layer = 3;
    const double rate = width % 2 ? 0.5 : 0.1;
    for (size_t i = 0; i < MOST_ROWS * STRIDE; i++)
        mask[i] = untouched;
    masks(key, epoch, position, layer, rate, n_rows, width, mask, STRIDE);
    for (uint32_t r = 0; r < MOST_ROWS; r++)
        for (uint32_t u = 0; u < STRIDE; u++)
            assert_true(
                mask[r * STRIDE + u] ==
                (r < n_rows && u < width ? expected(key, epoch, position + r, layer, rate, u) : untouched));
}

static void masks_are_the_draws_of_their_counters(void **state)
{
    (void)state;
    int n_sets = 0;
    for (int isa = 0; isa < NN_N_ISA; isa++) {
        if (functions[isa] == NULL || !nn_isa_runs(isa))
            continue;
        n_sets++;
        for (size_t width = 1; width <= MOST_WIDTH; width++)
            check_masks(functions[isa], 1 + width % 7 * 6, width);
        for (size_t n_rows = 1; n_rows <= MOST_ROWS; n_rows++)
            check_masks(functions[isa], n_rows, 10);
    }
    assert_true(n_sets > 0);
}

static int run_masks_checks(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(masks_are_the_draws_of_their_counters)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

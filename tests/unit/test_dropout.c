/* Dropout: the mask is what the published counter says, its mean is right, rows and epochs are independent.
 *
 * A network of one linear layer and input dropout shows its mask: with all-one inputs, zero weights, targets
 * 1 and one full-batch step of rate 1 on half_squared_error with reduction sum, weight j becomes the sum over
 * rows of mask[row][j]. */
#include "problem.h"

enum { INPUTS = 6, ROWS = 500 };
static const double rate = 0.3;

typedef struct shown {
    double sum[INPUTS];
} shown;

static bool dropped(uint64_t key, uint32_t epoch, uint32_t position, uint32_t layer, uint32_t unit)
{
    uint32_t w[4];
    nn_philox(key, epoch, position, layer, unit / 4, w);
    return w[unit % 4] < (uint32_t)(rate * 0x1p32);
}

/* Weights after one epoch over rows 0 .. n-1. */
static shown train_once(size_t n, uint32_t repeat)
{
    static double ones[ROWS * INPUTS], targets[ROWS];
    static uint32_t rows[ROWS];
    for (size_t i = 0; i < ROWS * INPUTS; i++)
        ones[i] = 1;
    for (uint32_t i = 0; i < ROWS; i++) {
        targets[i] = 1;
        rows[i] = i;
    }
    problem p;
    problem_init(&p, 0, 1);
    p.data = (nn_data){.n_rows = ROWS,
                       .n_inputs = INPUTS,
                       .input_type = NN_FLOAT64,
                       .inputs = ones,
                       .targets = targets,
                       .n_targets = 1};
    p.split = (nn_split){.n = {n, 0, 0}, .rows = {rows, NULL, NULL}};
    p.job.repeat = repeat;
    p.hyper.hidden.n = 0;
    p.hyper.bias = false;
    p.hyper.init = NN_INIT_zeros;
    p.hyper.loss = NN_LOSS_half_squared_error;
    p.hyper.reduction = NN_REDUCTION_sum;
    p.hyper.batch_size = 0;
    p.hyper.learning_rate = 1;
    p.hyper.input_dropout = rate;
    p.hyper.epochs = 1;
    p.job.diverge = 0;
    const nn_outcome out = problem_train(&p);
    shown s;
    memcpy(s.sum, out.weights[NN_KEEP_FINAL], sizeof s.sum);
    problem_free(&p);
    return s;
}

static void the_mask_follows_from_the_published_counter(void **state)
{
    (void)state;
    const uint64_t key = nn_stream_key(1, 3, NN_FOR_DROPOUT);
    const shown s = train_once(ROWS, 3);
    for (uint32_t j = 0; j < INPUTS; j++) {
        double kept = 0;
        for (uint32_t r = 0; r < ROWS; r++)
            kept += dropped(key, 1, r, 0, j) ? 0 : 1 / (1 - rate);
        assert_true(fabs(s.sum[j] - kept) < 1e-9);
    }
}

/* Mean of inverted dropout is 1; rows, units and epochs are uncorrelated. */
static void masks_have_mean_one_and_are_independent(void **state)
{
    (void)state;
    const uint64_t key = nn_stream_key(1, 0, NN_FOR_DROPOUT);
    const int n = 100000;
    int kept = 0, both_rows = 0, both_epochs = 0, both_units = 0;
    for (uint32_t i = 0; i < (uint32_t)n; i++) {
        const bool here = !dropped(key, 5, i, 1, 2);
        kept += here;
        both_rows += here && !dropped(key, 5, i + 1, 1, 2);
        both_epochs += here && !dropped(key, 6, i, 1, 2);
        both_units += here && !dropped(key, 5, i, 1, 3);
    }
    const double q = 1 - rate, one = 5 * sqrt(q * rate / n), two = 5 * sqrt(q * q * (1 - q * q) / n);
    assert_true(fabs((double)kept / n - q) < one);
    assert_true(fabs((double)both_rows / n - q * q) < two);
    assert_true(fabs((double)both_epochs / n - q * q) < two);
    assert_true(fabs((double)both_units / n - q * q) < two);
}

static void repeats_have_other_masks(void **state)
{
    (void)state;
    const shown a = train_once(ROWS, 0), b = train_once(ROWS, 1);
    assert_true(memcmp(&a, &b, sizeof a) != 0);
}

/* Scores are taken with dropout off. */
static void evaluation_knows_no_dropout(void **state)
{
    (void)state;
    problem p;
    problem_init(&p, 3, 2);
    p.hyper.epochs = 0;
    const nn_outcome plain = problem_train(&p);
    const double loss = plain.metrics[NN_METRIC_final_train_loss];
    p.hyper.dropout = 0.5;
    p.hyper.input_dropout = 0.5;
    const nn_outcome masked = problem_train(&p);
    assert_true(loss == masked.metrics[NN_METRIC_final_train_loss]);
    problem_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mask_follows_from_the_published_counter),
        cmocka_unit_test(masks_have_mean_one_and_are_independent),
        cmocka_unit_test(repeats_have_other_masks),
        cmocka_unit_test(evaluation_knows_no_dropout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tests that dropout's mask follows from the published counter, that its mean is right, and that rows and epochs are
 * independent.
 *
 * A network of one linear layer with input dropout shows its mask: with inputs of 1, weights of 0, targets of 1 and
 * one full-batch step of rate 1 on half_squared_error with reduction sum, weight j becomes the sum over rows of
 * mask[row][j]. */
#include "fixtures/problem.h"

enum { INPUTS = 6, ROWS = 500 };
static const double rate = 0.3;

typedef struct shown {
    double sum[INPUTS];
} shown;

static bool dropped(uint64_t key, uint32_t epoch, uint32_t position, uint32_t layer, uint32_t unit)
{
    uint32_t w[4];
    nn_philox(key, epoch, position, layer, unit / 8, w);
    return (w[unit % 8 / 2] >> unit % 2 * 16 & 0xffff) < (uint32_t)round(rate * 65536);
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
    problem_regression(&p, ROWS, INPUTS, ones, targets);
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

TEST(the_mask_follows_from_the_published_counter)
{
    const uint64_t key = nn_stream_key(1, 3, NN_FOR_DROPOUT);
    const shown s = train_once(ROWS, 3);
    for (uint32_t j = 0; j < INPUTS; j++) {
        double kept = 0;
        for (uint32_t r = 0; r < ROWS; r++)
            kept += dropped(key, 1, r, 0, j) ? 0 : 1 / (1 - round(rate * 65536) / 65536);
        assert_near(s.sum[j], kept, 1e-9);
    }
}

/* The mean of inverted dropout is 1; rows, units and epochs are uncorrelated. */
TEST(masks_have_mean_one_and_are_independent)
{
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
    assert_near((double)kept / n, q, one);
    assert_near((double)both_rows / n, q * q, two);
    assert_near((double)both_epochs / n, q * q, two);
    assert_near((double)both_units / n, q * q, two);
}

TEST(repeats_have_other_masks)
{
    const shown a = train_once(ROWS, 0), b = train_once(ROWS, 1);
    assert_memory_not_equal(&a, &b, sizeof a);
}

/* ---- hidden layers ---- */

/* A network 2-3-6-1 of linear units, whose first two layers have the weights 1/2 and 1, and the last 0. Steps are so
 * small that outputs stay 0, and targets are 1, so that the last weights become rate x sum over rows and epochs of the
 * masked outputs of the second hidden layer. Every row has inputs of its own size, so that a mask given to another row
 * shows. */
enum { HIDDEN1 = 3, HIDDEN2 = 6, DEEP_INPUTS = 2, DEEP_EPOCHS = 2 };
enum { LAST = DEEP_INPUTS * HIDDEN1 + HIDDEN1 * HIDDEN2, DEEP_PARAMS = LAST + HIDDEN2 };
static const double tiny = 1e-15;

typedef struct deep {
    double inputs[ROWS * DEEP_INPUTS], targets[ROWS], start[DEEP_PARAMS];
    uint32_t rows[ROWS];
} deep;

static double size_of_row(uint32_t row)
{
    return 1 + row / 100.0;
}

static void deep_problem(problem *p, deep *d, int batch)
{
    memset(d, 0, sizeof *d);
    for (uint32_t r = 0; r < ROWS; r++) {
        d->inputs[2 * r] = d->inputs[2 * r + 1] = size_of_row(r);
        d->targets[r] = 1;
        d->rows[r] = r;
    }
    for (int i = 0; i < LAST; i++)
        d->start[i] = i < DEEP_INPUTS * HIDDEN1 ? 0.5 : 1;
    problem_init(p, 0, 1);
    problem_regression(p, ROWS, DEEP_INPUTS, d->inputs, d->targets);
    p->split = (nn_split){.n = {ROWS, 0, 0}, .rows = {d->rows, NULL, NULL}};
    p->hyper.hidden = (nn_shape){.n = 2, .width = {HIDDEN1, HIDDEN2}};
    p->hyper.activation = NN_ACTIVATION_linear;
    p->hyper.bias = false;
    p->hyper.loss = NN_LOSS_half_squared_error;
    p->hyper.reduction = NN_REDUCTION_sum;
    p->hyper.batch_size = batch;
    p->hyper.learning_rate = tiny;
    p->hyper.dropout = rate;
    p->hyper.epochs = DEEP_EPOCHS;
    p->job.start = d->start;
    p->job.repeat = 3;
}

static double mask(uint64_t key, uint32_t epoch, uint32_t position, uint32_t layer, uint32_t unit)
{
    return dropped(key, epoch, position, layer, unit) ? 0 : 1 / (1 - round(rate * 65536) / 65536);
}

/* Sum over the rows of an epoch of the masked output of unit u of the second hidden layer. */
static double masked_sum(uint64_t key, uint32_t epoch, const uint32_t *order, uint32_t u)
{
    double sum = 0;
    for (uint32_t position = 0; position < ROWS; position++) {
        double z = 0;
        for (uint32_t i = 0; i < HIDDEN1; i++)
            z += size_of_row(order[position]) * mask(key, epoch, position, 1, i);
        sum += z * mask(key, epoch, position, 2, u);
    }
    return sum;
}

TEST(hidden_masks_follow_from_the_published_counter)
{
    static const int batches[] = {0, 1, 7, 128};
    static deep d;
    const uint64_t key = nn_stream_key(1, 3, NN_FOR_DROPOUT);
    for (int b = 0; b < 4; b++) {
        problem p;
        deep_problem(&p, &d, batches[b]);
        const nn_outcome out = problem_train(&p);
        const double *w = (const double *)out.weights[NN_KEEP_FINAL] + LAST;
        double want[HIDDEN2] = {0};
        for (uint32_t epoch = 1; epoch <= DEEP_EPOCHS; epoch++) {
            uint32_t order[ROWS];
            memcpy(order, d.rows, sizeof order);
            if (batches[b] != 0)
                nn_permutation(nn_stream_key(1, 3, NN_FOR_SHUFFLE), epoch, ROWS, order);
            for (uint32_t u = 0; u < HIDDEN2; u++)
                want[u] += masked_sum(key, epoch, order, u);
        }
        for (int u = 0; u < HIDDEN2; u++)
            assert_near(w[u] / tiny / want[u], 1, 1e-7);
        problem_free(&p);
    }
}

/* ---- the way back ---- */

/* Layers 3-5-4-3 with tanh and dropout of inputs and hidden units: the cost is computed here, with the fixed mask of
 * epoch 1. Its central differences are the step that nn_train takes at rate 1. */
enum { BACK_ROWS = 9, BACK_WIDEST = 5, BACK_PARAMS = 20 + 24 + 15 };

static double masked_row(const problem *p, const nn_network *net, const double *w, uint32_t row)
{
    const uint64_t key = nn_stream_key(1, 0, NN_FOR_DROPOUT);
    double a[BACK_WIDEST], z[BACK_WIDEST], loss = 0;
    for (uint32_t i = 0; i < PROBLEM_INPUTS; i++)
        a[i] = p->inputs[row * PROBLEM_INPUTS + i] * mask(key, 1, row, 0, i);
    for (int l = 0; l < net->n_layers; l++) {
        for (int o = 0; o < net->width[l + 1]; o++) {
            z[o] = w[net->b_at[l] + (size_t)o];
            for (int i = 0; i < net->width[l]; i++)
                z[o] += a[i] * w[net->w_at[l] + (size_t)(i * net->width[l + 1] + o)];
        }
        for (int o = 0; o < net->width[l + 1]; o++)
            a[o] = l + 1 < net->n_layers ? tanh(z[o]) * mask(key, 1, row, (uint32_t)l + 1, (uint32_t)o) : z[o];
    }
    for (int k = 0; k < PROBLEM_TARGETS; k++)
        loss += pow(a[k] - p->targets[row * PROBLEM_TARGETS + (uint32_t)k], 2) / 2;
    return loss;
}

static double masked_cost(const problem *p, const nn_network *net, const double *w)
{
    double cost = 0;
    for (uint32_t row = 0; row < BACK_ROWS; row++)
        cost += masked_row(p, net, w, row) / BACK_ROWS;
    return cost;
}

TEST(the_gradient_goes_back_through_the_same_mask)
{
    problem p;
    problem_init(&p, 0, 12);
    p.split.n[NN_TRAIN] = BACK_ROWS;
    p.hyper.hidden = (nn_shape){.n = 2, .width = {5, 4}};
    p.hyper.activation = NN_ACTIVATION_tanh;
    p.hyper.loss = NN_LOSS_half_squared_error;
    p.hyper.init_bias = 0.5;
    p.hyper.dropout = p.hyper.input_dropout = rate;
    p.hyper.batch_size = 0;
    p.hyper.learning_rate = 1;
    p.hyper.epochs = 1;
    const nn_outcome out = problem_train(&p);
    nn_network net;
    nn_network_of(&p.data, &p.hyper, &net);
    assert_int_equal(out.n_params, BACK_PARAMS);
    const double *first = out.weights[NN_KEEP_INITIAL], *last = out.weights[NN_KEEP_FINAL], step = 1e-5;
    double w[BACK_PARAMS];
    memcpy(w, first, sizeof w);
    for (int i = 0; i < BACK_PARAMS; i++) {
        w[i] = first[i] + step;
        const double above = masked_cost(&p, &net, w);
        w[i] = first[i] - step;
        const double below = masked_cost(&p, &net, w);
        w[i] = first[i];
        assert_near(first[i] - last[i], (above - below) / (2 * step), 1e-8);
    }
    problem_free(&p);
}

/* Scores are taken with dropout off. */
TEST(evaluation_knows_no_dropout)
{
    problem p;
    problem_init(&p, 3, 2);
    p.hyper.epochs = 0;
    const nn_outcome plain = problem_train(&p);
    const double loss = plain.metrics[NN_METRIC_final_train_loss];
    p.hyper.dropout = 0.5;
    p.hyper.input_dropout = 0.5;
    const nn_outcome masked = problem_train(&p);
    assert_real_equal(loss, masked.metrics[NN_METRIC_final_train_loss]);
    problem_free(&p);
}

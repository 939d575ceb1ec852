/* Tests two examples of textbooks: a perceptron step by hand, and XOR networks, which must succeed as often as is
 * published. */
#include "fixtures/problem.h"

typedef struct task {
    problem p;
    double inputs[16], targets[4];
} task;

/* Sets up n rows of k inputs with one target each; all of them train, in one batch. */
static void task_init(task *t, size_t n, size_t k, const double *inputs, const double *targets)
{
    problem_init(&t->p, 0, 1);
    memcpy(t->inputs, inputs, n * k * sizeof *inputs);
    memcpy(t->targets, targets, n * sizeof *targets);
    problem_regression(&t->p, n, k, t->inputs, t->targets);
    t->p.split = (nn_split){.n = {n, 0, 0}, .rows = {t->p.rows, NULL, NULL}};
    t->p.hyper.activation = t->p.hyper.output = NN_ACTIVATION_sigmoid;
    t->p.hyper.batch_size = 0;
    t->p.recording = (nn_recording){.every = 1000000, .parts = {true}, .keep = {false, false, true}};
}

/* x = (0.1, 0.3), t = 0.2, w = (-0.8, 0.5), eta = 0.5, sigmoid, E = (t - y)^2 / 2:
 * z = 0.07, y = s(z), delta = (y - t) y (1 - y), w <- w - eta delta x. */
TEST(the_perceptron_step_by_hand)
{
    const double x[] = {0.1, 0.3}, t = 0.2, w[] = {-0.8, 0.5}, eta = 0.5;
    const double y = 1 / (1 + exp(-(x[0] * w[0] + x[1] * w[1]))), delta = (y - t) * y * (1 - y);
    assert_near(y, 0.5174928576663897, 1e-15); /* s(0.07) */
    task k;
    task_init(&k, 1, 2, x, &t);
    k.p.hyper.hidden.n = 0;
    k.p.hyper.bias = false;
    k.p.hyper.loss = NN_LOSS_half_squared_error;
    k.p.hyper.learning_rate = eta;
    k.p.hyper.epochs = 1;
    k.p.job.start = w;
    const nn_outcome out = problem_train(&k.p);
    const double *after = out.weights[NN_KEEP_FINAL];
    for (int i = 0; i < 2; i++)
        assert_near(after[i], w[i] - eta * delta * x[i], 1e-15);
    problem_free(&k.p);
}

/* Counts the trainings, of `seeds`, that end with every output within `tolerance` of its target. */
static int successes(task *k, int seeds, double tolerance)
{
    int n = 0;
    for (int seed = 0; seed < seeds; seed++) {
        k->p.job.seed = (uint64_t)seed;
        const nn_outcome out = problem_train(&k->p);
        n += out.metrics[NN_METRIC_final_train_max_abs_error] < tolerance;
    }
    return n;
}

static void task_3_4_1(task *k)
{
    const double inputs[] = {0, 0, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1}, targets[] = {0, 1, 1, 0};
    task_init(k, 4, 3, inputs, targets);
    k->p.hyper.hidden = (nn_shape){.n = 1, .width = {4}};
    k->p.hyper.bias = false;
    k->p.hyper.loss = NN_LOSS_mse;
    k->p.hyper.reduction = NN_REDUCTION_sum;
    k->p.hyper.learning_rate = 1;
    k->p.hyper.init = NN_INIT_uniform;
    k->p.hyper.init_center = k->p.hyper.init_scale = 0.5;
}

/* No bias, weights uniform in [0, 1), rate 1 on the sum of squares: 98% of 200 seeds within 0.05 after 1,500
 * epochs, about 94% after 1,000. */
TEST(the_3_4_1_network_learns_xor)
{
    task k;
    task_3_4_1(&k);
    k.p.hyper.epochs = 1500;
    const int long_run = successes(&k, 200, 0.05);
    k.p.hyper.epochs = 1000;
    const int short_run = successes(&k, 200, 0.05);
    print_message("3-4-1: %d of 200 after 1,500 epochs, %d after 1,000\n", long_run, short_run);
    assert_true(long_run >= 196);
    assert_true(short_run >= 180);
    assert_true(short_run <= 196);
    problem_free(&k.p);
}

/* XOR by a network 2-`hidden`-1 whose weights start at normal(0, 1), on the sum over the four rows. */
static void task_xor(task *k, int32_t hidden)
{
    const double inputs[] = {0, 0, 0, 1, 1, 0, 1, 1}, targets[] = {0, 1, 1, 0};
    task_init(k, 4, 2, inputs, targets);
    k->p.hyper.hidden = (nn_shape){.n = 1, .width = {hidden}};
    k->p.hyper.reduction = NN_REDUCTION_sum;
    k->p.hyper.init = NN_INIT_normal;
}

/* 2-4-1, sigmoid, rate 0.1 on the sum over 4 rows, weights normal(0, 1), 10,000 epochs: 95% within 0.1. */
TEST(the_2_4_1_network_learns_xor)
{
    task k;
    task_xor(&k, 4);
    k.p.hyper.loss = NN_LOSS_mse;
    k.p.hyper.learning_rate = 0.1;
    k.p.hyper.epochs = 10000;
    const int n = successes(&k, 100, 0.1);
    print_message("2-4-1: %d of 100\n", n);
    assert_true(n >= 95);
    problem_free(&k.p);
}

/* 2-1-1: the output of one hidden unit is monotone along a line, so that no weights solve XOR. With shortcuts it has
 * only global minima and saddle points (Sprinkhuizen-Kuyper and Boers 1996, Neural Computation 8, 1301-1320). */
TEST(the_2_1_1_network_learns_xor_by_shortcuts)
{
    task k;
    task_xor(&k, 1);
    k.p.hyper.loss = NN_LOSS_half_squared_error;
    k.p.hyper.learning_rate = 1;
    k.p.hyper.momentum = 0.9;
    k.p.hyper.epochs = 2000;
    const int without = successes(&k, 100, 0.1);
    k.p.hyper.shortcuts = true;
    const int with = successes(&k, 100, 0.1);
    print_message("2-1-1: %d of 100, %d with shortcuts\n", without, with);
    assert_int_equal(without, 0);
    assert_true(with >= 95);
    problem_free(&k.p);
}

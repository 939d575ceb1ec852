/* Tests every initialiser's starting weights against the range or deviation of its definition, and what a start may
 * depend on. */
#include "fixtures/problem.h"

enum { FAN_IN = 200, FAN_OUT = 50, DRAWS = FAN_IN * FAN_OUT };

typedef struct expected {
    const char *name;
    bool normal;
    double centre, size; /* half-width of a uniform draw, deviation of a normal one */
} expected;

/* The expected range or deviation at init_scale 2, init_center 0.5, with 200 inputs and 50 outputs. */
static const expected table[] = {
    {"uniform", false, 0.5, 2},
    {"normal", true, 0.5, 2},
    {"glorot_uniform", false, 0, 0.30983866769659335}, /* 2 sqrt(6/250) */
    {"glorot_normal", true, 0, 0.17888543819998318},   /* 2 sqrt(2/250) */
    {"he_uniform", false, 0, 0.34641016151377546},     /* 2 sqrt(6/200) */
    {"he_normal", true, 0, 0.2},                       /* 2 sqrt(2/200) */
    {"lecun_normal", true, 0, 0.1414213562373095},     /* 2 sqrt(1/200) */
    {"constant", false, 0.5, 0},
    {"zeros", false, 0, 0},
};

static const expected *expected_of(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    fail_msg("no expected range of %s: add a row", name);
    return NULL;
}

/* Mean and deviation lie within five of their own standard deviations; the largest draw tells uniform from normal. */
static void check_draws(const expected *e, const double *w, size_t n)
{
    double sum = 0, squares = 0, furthest = 0;
    for (size_t i = 0; i < n; i++) {
        const double d = w[i] - e->centre;
        sum += d;
        squares += d * d;
        furthest = fmax(furthest, fabs(d));
    }
    const double deviation = e->normal ? e->size : e->size / sqrt(3), count = (double)n;
    const double spread = e->normal ? sqrt(0.5 / count) : sqrt(0.2 / count); /* of the deviation, relative */
    bool right = fabs(sum / count) <= 5 * deviation / sqrt(count) &&
                 fabs(sqrt(squares / count) - deviation) <= 5 * deviation * spread;
    right = right && (e->normal ? furthest > 3 * e->size : furthest <= e->size && furthest >= 0.99 * e->size);
    if (!right)
        fail_msg("%s: mean %g, deviation %g, furthest %g from %g", e->name, sum / count, sqrt(squares / count),
                 furthest, e->centre);
}

/* Starting weights of the job as it stands. */
static void start_of(problem *p, double *w)
{
    nn_hyper_resolve(&p->hyper, p->data.classes != NULL);
    nn_start_weights(&p->job, w, problem_workspace(p));
}

TEST(ranges_and_deviations)
{
    static double w[2 * DRAWS + 2 * FAN_OUT];
    for (int precision = 0; precision < NN_N_PRECISION; precision++)
        for (int init = 0; init < NN_N_INIT; init++) {
            problem p;
            problem_init(&p, 0, 1);
            p.data.n_inputs = FAN_IN;
            p.data.n_targets = FAN_OUT;
            p.hyper.hidden = (nn_shape){.n = 1, .width = {FAN_OUT}};
            p.hyper.init = init;
            p.hyper.init_scale = 2;
            p.hyper.init_center = 0.5;
            p.hyper.precision = precision;
            start_of(&p, w);
            check_draws(expected_of(nn_inits.rows[init].name), w, DRAWS);
            for (int b = 0; b < FAN_OUT; b++)
                assert_real_equal(w[DRAWS + b], 0); /* init_bias is 0 */
            problem_free(&p);
        }
}

/* Biases are drawn about 0 in the same form as weights, whatever the fans. */
TEST(biases_have_their_own_size)
{
    enum { WIDE = 4000, FIRST_BIAS = PROBLEM_INPUTS * WIDE };
    static double w[FIRST_BIAS + WIDE + WIDE * PROBLEM_TARGETS + PROBLEM_TARGETS];
    for (int init = 0; init < NN_N_INIT; init++) {
        problem p;
        problem_init(&p, 0, 1);
        p.hyper.hidden = (nn_shape){.n = 1, .width = {WIDE}};
        p.hyper.init = init;
        p.hyper.init_scale = 2;
        p.hyper.init_center = 0.5;
        p.hyper.init_bias = 0.25;
        start_of(&p, w);
        expected e = *expected_of(nn_inits.rows[init].name);
        e.centre = 0;
        e.size = init == NN_INIT_zeros ? 0 : 0.25;
        check_draws(&e, w + FIRST_BIAS, WIDE);
        problem_free(&p);
    }
}

/* By `layer` biases are uniform within 1/sqrt(fan_in), whatever the weights are, as PyTorch's are; the draws are those of
 * another uniform size. */
TEST(biases_of_the_layer)
{
    enum { WIDE = 4000, FIRST_BIAS = PROBLEM_INPUTS * WIDE, SECOND_BIAS = FIRST_BIAS + WIDE + WIDE * PROBLEM_TARGETS };
    static double w[SECOND_BIAS + PROBLEM_TARGETS], plain[SECOND_BIAS + PROBLEM_TARGETS];
    for (int init = 0; init < NN_N_INIT; init++) {
        const expected e = {"layer", false, 0, init == NN_INIT_zeros ? 0 : 0.57735026918962573}; /* 1/sqrt(3) */
        problem p;
        problem_init(&p, 0, 1);
        p.hyper.hidden = (nn_shape){.n = 1, .width = {WIDE}};
        p.hyper.init = init;
        p.hyper.init_bias = NN_BIAS_OF_LAYER;
        start_of(&p, w);
        check_draws(&e, w + FIRST_BIAS, WIDE);
        p.hyper.init_bias = 1 / sqrt(WIDE); /* that of the second layer */
        start_of(&p, plain);
        assert_memory_equal(w, plain, FIRST_BIAS * sizeof *w);
        const bool uniform = !expected_of(nn_inits.rows[init].name)->normal;
        for (int i = SECOND_BIAS; i < SECOND_BIAS + PROBLEM_TARGETS; i++)
            assert_true(uniform ? w[i] == plain[i] : fabs(w[i]) < 1 / sqrt(WIDE));
        problem_free(&p);
    }
}

/* No two layers, rows or neighbours have the same draws. */
TEST(all_weights_differ)
{
    enum { WIDTH = 9, N = 3 * (WIDTH * WIDTH + WIDTH) };
    problem p;
    problem_init(&p, 0, 1);
    p.data.n_inputs = p.data.n_targets = WIDTH;
    p.hyper.hidden = (nn_shape){.n = 2, .width = {WIDTH, WIDTH}};
    p.hyper.init_bias = 1;
    for (int init = NN_INIT_uniform; init <= NN_INIT_normal; init++) {
        double w[N];
        p.hyper.init = init;
        start_of(&p, w);
        for (int i = 0; i < N; i++)
            for (int j = 0; j < i; j++)
                assert_true(w[i] != w[j]);
    }
    problem_free(&p);
}

/* ---- what a start depends on ---- */

enum { SMALL = PROBLEM_INPUTS * 5 + 5 + 5 * PROBLEM_TARGETS + PROBLEM_TARGETS };

typedef void change_function(problem *p);

static void change_data(problem *p)
{
    for (int i = 0; i < PROBLEM_ROWS * PROBLEM_INPUTS; i++)
        p->inputs[i] = -7 * p->inputs[i];
    p->split.n[NN_TRAIN] = 11;
}

static void change_training(problem *p)
{
    p->hyper.batch_size = 1;
    p->hyper.optimizer = NN_OPTIMIZER_adam;
    p->hyper.loss = NN_LOSS_half_squared_error;
    p->hyper.output = NN_ACTIVATION_tanh;
    p->hyper.activation = NN_ACTIVATION_sigmoid;
    p->hyper.learning_rate = 7;
    p->hyper.lambda = p->hyper.dropout = 0.5;
    p->hyper.epochs = 77;
    p->recording.every = 3;
}

static void change_repeat(problem *p)
{
    p->job.repeat++;
}

static void change_seed(problem *p)
{
    p->job.seed++;
}

static void small_start(change_function *change, int precision, double *w)
{
    problem p;
    problem_init(&p, 0, 1);
    p.hyper.init_bias = 0.1;
    p.hyper.precision = precision;
    if (change != NULL)
        change(&p);
    start_of(&p, w);
    problem_free(&p);
}

TEST(a_start_depends_on_shape_seed_and_repeat_alone)
{
    double w[SMALL], other[SMALL];
    small_start(NULL, NN_PRECISION_float64, w);
    small_start(change_data, NN_PRECISION_float64, other);
    assert_memory_equal(w, other, sizeof w);
    small_start(change_training, NN_PRECISION_float64, other);
    assert_memory_equal(w, other, sizeof w);
    small_start(NULL, NN_PRECISION_float32, other);
    for (int i = 0; i < SMALL; i++)
        assert_real_equal(other[i], (double)(float)w[i]);
    small_start(change_repeat, NN_PRECISION_float64, other);
    for (int i = 0; i < SMALL; i++)
        assert_true(w[i] != other[i]);
    small_start(change_seed, NN_PRECISION_float64, other);
    for (int i = 0; i < SMALL; i++)
        assert_true(w[i] != other[i]);
}

/* The draws follow from the published counter: word o % 4 of (0, i, layer, o / 4); a bias is row i = fan_in. */
TEST(draws_follow_from_the_published_counter)
{
    double w[SMALL];
    uint32_t words[4];
    problem p;
    problem_init(&p, 0, 1);
    p.hyper.init = NN_INIT_uniform;
    p.hyper.init_bias = 1;
    start_of(&p, w);
    nn_philox(nn_stream_key(1, 0, NN_FOR_INIT), 0, 2, 0, 1, words);
    assert_real_equal(w[2 * 5 + 4], 2 * nn_uniform(words[0]) - 1); /* input 2 to hidden unit 4 */
    nn_philox(nn_stream_key(1, 0, NN_FOR_INIT), 0, 5, 1, 0, words);
    assert_real_equal(w[SMALL - 1], 2 * nn_uniform(words[2]) - 1); /* bias of output 2 */
    problem_free(&p);
}

TEST(given_weights_are_taken_as_they_are)
{
    double given[SMALL], w[SMALL];
    for (int i = 0; i < SMALL; i++)
        given[i] = i + 0.1;
    problem p;
    problem_init(&p, 0, 1);
    p.job.start = given;
    start_of(&p, w);
    assert_memory_equal(w, given, sizeof w);
    problem_free(&p);
}

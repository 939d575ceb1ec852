/* Tests scores and metrics against numbers computed by hand. A linear layer whose weights are the identity has its
 * inputs for logits, so that an example can choose them. */
#include "fixtures/problem.h"

#define LINEAR  NN_ACTIVATION_linear
#define SIGMOID NN_ACTIVATION_sigmoid
#define SOFTMAX NN_ACTIVATION_softmax
#define MSE     NN_LOSS_mse
#define HALF    NN_LOSS_half_squared_error
#define BINARY  NN_LOSS_binary_cross_entropy
#define CROSS   NN_LOSS_cross_entropy
#define MAE     NN_LOSS_mae
#define HUBER   NN_LOSS_huber
#define KL      NN_LOSS_kl_divergence
#define LN2     0.69314718055994531
#define LN3     1.0986122886681098
#define SQRT3   1.7320508075688772

enum { MOST = 6 };

typedef struct example {
    const char *name;
    int loss, output;
    int units, n_classes; /* n_classes 0: regression */
    int rows;
    double z[MOST], t[MOST]; /* [rows][units] */
    int32_t classes[MOST];
    nn_score want;
} example;

static const example examples[] = {
    {"mse, one unit", MSE, LINEAR, 1, 0, 2, {1, 3}, {0, 1}, {0}, {2.5, 1.5811388300841898, 2}},
    {"mse, two", MSE, LINEAR, 2, 0, 2, {1, 2, 0, -1}, {0, 0, 2, -1}, {0}, {2.25, 1.5, 2}},
    {"mse, three", MSE, LINEAR, 3, 0, 2, {1, 2, 0, 0, -1, 4}, {0, 0, 0, 2, -1, 1}, {0}, {3, SQRT3, 3}},
    {"mse of a sigmoid", MSE, SIGMOID, 1, 0, 1, {0}, {1}, {0}, {0.25, 0.5, 0.5}},
    {"mse, below", MSE, LINEAR, 1, 0, 2, {-5, 1}, {0, 0}, {0}, {13, 3.605551275463989, 5}},
    /* errors are right, wrong (0.4375), wrong (0.5 counts as 1), right */
    {"mse, on one unit",
     MSE,
     LINEAR,
     1,
     2,
     4,
     {0.5, 0.4375, 0.5, 0.25},
     {0},
     {1, 1, 0, 0},
     {225 / 1024.0, 0.5, 0.5625}},
    {"mse, three classes", MSE, LINEAR, 3, 3, 2, {0, 2, 1, 1, 0, 0}, {0}, {1, 2}, {2.0 / 3, 0.5, 1}},
    {"half, one", HALF, LINEAR, 1, 0, 2, {1, 3}, {0, 1}, {0}, {1.25, 1.5811388300841898, 2}},
    {"half, three", HALF, LINEAR, 3, 0, 2, {1, 2, 0, 0, -1, 4}, {0, 0, 0, 2, -1, 1}, {0}, {4.5, SQRT3, 3}},
    {"mae, two", MAE, LINEAR, 2, 0, 2, {1, 2, 0, -1}, {0, 0, 2, -1}, {0}, {1.25, 1.5, 2}},
    {"huber, two", HUBER, LINEAR, 2, 0, 2, {1, 2, 0, -1}, {0, 0, 2, -1}, {0}, {0.875, 1.5, 2}},
    /* y = 1/2 for class 1, 3/4 for class 0: ln 2 and ln 4 */
    {"binary, two classes", BINARY, SIGMOID, 1, 2, 2, {0, LN3}, {0}, {1, 0}, {1.5 * LN2, 0.5, 0.75}},
    /* y = 1/2, 3/4, 1/4 with t = 0, 1, 0: ln 2 + 2 ln (4/3) */
    {"binary, three", BINARY, SIGMOID, 3, 3, 1, {0, LN3, -LN3}, {0}, {1}, {5 * LN2 - 2 * LN3, 0, 0.5}},
    /* y = 3/4 with t = 1/4 : (1/4) ln (4/3) + (3/4) ln 4 */
    {"binary, regression", BINARY, SIGMOID, 1, 0, 1, {LN3}, {0.25}, {0}, {2 * LN2 - LN3 / 4, 0.5, 0.5}},
    {"binary, far out", BINARY, SIGMOID, 1, 2, 2, {40, -800}, {0}, {0, 1}, {420, 1, 1}},
    {"binary, far and right", BINARY, SIGMOID, 1, 2, 2, {900, -800}, {0}, {1, 0}, {0, 0, 0}},
    {"cross, two classes", CROSS, SOFTMAX, 2, 2, 2, {0, LN3, 0, 0}, {0}, {0, 0}, {1.5 * LN2, 0.5, 0.75}},
    /* y = 1/5, 3/5, 1/5: ln (5/3); the first of equals is chosen: ln 3 for each class */
    {"cross, three", CROSS, SOFTMAX, 3, 3, 2, {0, LN3, 0, 1, 1, 1}, {0}, {1, 0}, {0.80471895621705019, 0, 2.0 / 3}},
    {"cross, second of equals", CROSS, SOFTMAX, 3, 3, 1, {1, 1, 1}, {0}, {1}, {LN3, 1, 2.0 / 3}},
    {"cross, far out", CROSS, SOFTMAX, 3, 3, 1, {1000, 0, 0}, {0}, {1}, {1000, 1, 1}},
    /* y = 1/4, 3/4 with t = 1/2, 1/2: 1/2 ln 2 + 1/2 ln (2/3); 0 ln 0 is 0 */
    {"kl, shares", KL, SOFTMAX, 2, 0, 1, {0, LN3}, {0.5, 0.5}, {0}, {LN2 - LN3 / 2, 0.25, 0.25}},
    {"kl, a class", KL, SOFTMAX, 2, 2, 1, {0, LN3}, {0}, {0}, {2 * LN2, 1, 0.75}},
};
enum { N_EXAMPLES = sizeof examples / sizeof examples[0] };

static const double identity[3][9] = {{1}, {1, 0, 0, 1}, {1, 0, 0, 0, 1, 0, 0, 0, 1}};

/* The example's rows are the last ones of the data, in reverse order: the split names them by number. */
static void example_problem(problem *p, const example *e)
{
    problem_init(p, e->n_classes, 1);
    const size_t units = (size_t)e->units;
    for (uint32_t r = 0; r < (uint32_t)e->rows; r++) {
        const uint32_t row = PROBLEM_ROWS - 1 - r;
        p->rows[r] = row;
        memcpy(p->inputs + row * units, e->z + r * units, units * sizeof *e->z);
        memcpy(p->targets + row * units, e->t + r * units, units * sizeof *e->t);
        p->classes[row] = e->classes[r];
    }
    p->data.n_inputs = units;
    p->data.n_targets = e->n_classes > 0 ? 0 : units;
    p->split.n[NN_TRAIN] = (size_t)e->rows;
    p->split.n[NN_VALIDATION] = p->split.n[NN_TEST] = 0;
    p->hyper.hidden.n = 0;
    p->hyper.bias = false;
    p->hyper.epochs = 0;
    p->hyper.loss = e->loss;
    p->hyper.output = e->output;
    p->job.start = identity[e->units - 1];
}

/* The tolerance is relative where `want` is large. */
static bool near(double got, double want, double tolerance)
{
    return test_near(got, want, tolerance * fmax(1, fabs(want)));
}

TEST(losses_and_errors_by_hand)
{
    bool seen[NN_N_LOSS] = {false};
    for (int i = 0; i < N_EXAMPLES * NN_N_PRECISION; i++) {
        const example *e = &examples[i / NN_N_PRECISION];
        problem p;
        example_problem(&p, e);
        p.hyper.precision = i % NN_N_PRECISION;
        const double tolerance = p.hyper.precision == NN_PRECISION_float64 ? 1e-14 : 2e-7;
        const nn_outcome out = problem_train(&p);
        const nn_score *got = &out.at[NN_AT_FINAL].part[NN_TRAIN];
        if (!near(got->loss, e->want.loss, tolerance) || !near(got->error, e->want.error, tolerance) ||
            !near(got->max_abs_error, e->want.max_abs_error, tolerance))
            fail_msg("%s, %s: loss %.17g, error %.17g, max_abs_error %.17g", e->name,
                     nn_precisions.rows[p.hyper.precision].name, got->loss, got->error, got->max_abs_error);
        seen[e->loss] = true;
        problem_free(&p);
    }
    for (int loss = 0; loss < NN_N_LOSS; loss++)
        if (!seen[loss])
            fail_msg("no example of %s", nn_losses.rows[loss].name);
}

/* Over several chunks of 128 rows, the error is the root of the mean over all rows, not a mean of roots. */
TEST(many_rows_are_one_mean)
{
    enum { ROWS = 300 };
    static double z[ROWS], t[ROWS];
    static uint32_t rows[ROWS];
    for (uint32_t r = 0; r < ROWS; r++) {
        z[r] = r < 150 ? 1 : (r == 299 ? -7 : 3);
        rows[r] = r;
    }
    problem p;
    example_problem(&p, &examples[0]);
    p.data.n_rows = ROWS;
    p.data.inputs = z;
    p.data.targets = t;
    p.split = (nn_split){.n = {ROWS, 0, 0}, .rows = {rows, NULL, NULL}};
    const nn_outcome out = problem_train(&p);
    const nn_score *got = &out.at[NN_AT_FINAL].part[NN_TRAIN]; /* squares: 150 x 1, 149 x 9, 49 */
    assert_near(got->loss, 1540.0 / 300, 5e-14);
    assert_near(got->error, sqrt(1540.0 / 300), 2e-14);
    assert_real_equal(got->max_abs_error, 7);
    problem_free(&p);
}

TEST(nan_in_one_row_stays)
{
    for (int i = 0; i < N_EXAMPLES; i++)
        for (int row = 0; row < examples[i].rows; row++) {
            example e = examples[i];
            e.z[row * e.units] = NN_NAN;
            problem p;
            example_problem(&p, &e);
            const nn_outcome out = problem_train(&p);
            const nn_score *got = &out.at[NN_AT_FINAL].part[NN_TRAIN];
            assert_true(isnan(got->loss));
            assert_true(isnan(got->max_abs_error));
            if (e.n_classes > 0) /* counted as wrong */
                assert_true(got->error >= 1.0 / e.rows);
            else
                assert_true(isnan(got->error));
            assert_int_equal(out.reason, NN_REASON_not_finite);
            problem_free(&p);
        }
}

TEST(an_output_of_nan_is_wrong)
{
    for (int units = 1; units <= 3; units += 2)
        for (int32_t class_index = 0; class_index < 2; class_index++) {
            example e = {.loss = NN_LOSS_mse, .units = units, .n_classes = units == 1 ? 2 : 3, .rows = 1};
            e.output = LINEAR;
            e.z[units - 1] = NN_NAN;
            e.z[0] = units == 1 ? NN_NAN : class_index == 0;
            e.classes[0] = class_index;
            problem p;
            example_problem(&p, &e);
            const nn_outcome out = problem_train(&p);
            assert_real_equal(out.at[NN_AT_FINAL].part[NN_TRAIN].error, 1);
            problem_free(&p);
        }
}

static double curve(const nn_outcome *out, int which, size_t point)
{
    return out->curves[(size_t)which * out->n_points + point];
}

TEST(accuracy_is_the_rest_of_error)
{
    problem p;
    problem_init(&p, 3, 22);
    nn_outcome out = problem_train(&p);
    for (size_t i = 0; i < out.n_points; i++)
        for (int part = 0; part < NN_N_PART; part++) { /* counted, and divided once */
            const double n = (double)p.split.n[part], wrong = rint(curve(&out, NN_CURVE_train_error + part, i) * n);
            assert_real_equal(curve(&out, NN_CURVE_train_accuracy + part, i), (n - wrong) / n);
        }
    assert_true(curve(&out, NN_CURVE_test_error, 0) != curve(&out, NN_CURVE_train_error, 0));
    problem_free(&p);
    problem_init(&p, 0, 4);
    out = problem_train(&p);
    assert_true(isnan(curve(&out, NN_CURVE_train_accuracy, 0)));
    problem_free(&p);
}

/* Two rows, 2-1-1 linear: W1 = (1, -2), b1 = 3, W2 = (-0.5), b2 = 7. Squares of weights 5.25, absolutes 3.5. The mean
 * loss is that of the outputs 7 - (x1 - 2 x2 + 3)/2: of (0, 0) 5.5, of (1, 1) 6. */
TEST(cost_and_norm_leave_biases_out)
{
    static const double inputs[] = {0, 0, 1, 1}, targets[] = {5, 6}, start[] = {1, -2, 3, -0.5, 7};
    static const double penalties[][3] = {{0, 0, 0.125}, {4, 0, 0.125 + 5.25}, {0, 2, 0.125 + 3.5}, {4, 2, 8.875}};
    for (int i = 0; i < 4; i++) {
        problem p;
        problem_init(&p, 0, 1);
        problem_regression(&p, 2, 2, inputs, targets);
        p.split.n[NN_TRAIN] = 2;
        p.split.n[NN_VALIDATION] = p.split.n[NN_TEST] = 0;
        p.hyper.hidden = (nn_shape){.n = 1, .width = {1}};
        p.hyper.activation = LINEAR;
        p.hyper.lambda = penalties[i][0];
        p.hyper.l1 = penalties[i][1];
        p.hyper.epochs = 0;
        p.job.start = start;
        const nn_outcome out = problem_train(&p);
        assert_real_equal(curve(&out, NN_CURVE_train_loss, 0), 0.125);
        assert_real_equal(curve(&out, NN_CURVE_train_cost, 0), penalties[i][2]);
        assert_near(curve(&out, NN_CURVE_weight_norm, 0), 2.2912878474779199, 2e-15);
        assert_near(out.metrics[NN_METRIC_final_weight_norm], 2.2912878474779199, 2e-15);
        problem_free(&p);
    }
}

/* 3-50-3: either layer has more weights than one chunk of a sum, each 1/2. */
TEST(the_norm_is_over_all_weights)
{
    enum { WEIGHTS = 2 * 3 * 50 };
    double start[WEIGHTS];
    for (int i = 0; i < WEIGHTS; i++)
        start[i] = 0.5;
    problem p;
    problem_init(&p, 0, 1);
    p.hyper.hidden = (nn_shape){.n = 1, .width = {50}};
    p.hyper.bias = false;
    p.hyper.epochs = 0;
    p.job.start = start;
    const nn_outcome out = problem_train(&p);
    assert_int_equal(out.n_params, WEIGHTS);
    assert_near(curve(&out, NN_CURVE_weight_norm, 0), 0.5 * sqrt(WEIGHTS), 8e-15);
    problem_free(&p);
}

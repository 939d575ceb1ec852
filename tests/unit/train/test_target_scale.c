/* Tests the scaling of targets: a network is trained on scaled numbers, and scored in the units of the raw targets. */
#include "fixtures/problem.h"

static const double shift[PROBLEM_TARGETS] = {-3, 1000, 0.25}, scale[PROBLEM_TARGETS] = {0.5, 250, 1};

/* Two problems of the same scaled targets: one has them raw, and their scaling; one has them scaled. */
static void make_pair(problem *raw, problem *scaled)
{
    problem_init(raw, 0, 5);
    problem_init(scaled, 0, 5);
    for (size_t i = 0; i < PROBLEM_ROWS * PROBLEM_TARGETS; i++) {
        const size_t k = i % PROBLEM_TARGETS;
        raw->targets[i] = raw->targets[i] * scale[k] + shift[k];
        scaled->targets[i] = (raw->targets[i] - shift[k]) / scale[k];
    }
    raw->split.target_shift = shift;
    raw->split.target_scale = scale;
}

static void set(problem *p, int loss, int precision, int engine)
{
    p->hyper.loss = loss;
    p->hyper.output = NN_AUTO;
    p->hyper.precision = precision;
    p->hyper.lambda = 0.1;
    p->job.engine = engine;
}

/* The errors of outputs `y` by their definitions, in the units of the raw targets. */
static void check_scores(const problem *p, nn_part part, const double *y, const nn_outcome *o, double most)
{
    const size_t n = p->split.n[part], k_all = p->data.n_targets;
    double squares = 0, absolutes = 0, largest = 0, r2 = 0;
    for (size_t k = 0; k < k_all; k++) {
        double own = 0;
        for (size_t i = 0; i < n; i++) {
            const double d = y[i * k_all + k] - p->targets[p->split.rows[part][i] * k_all + k];
            own += d * d;
            absolutes += fabs(d);
            largest = fmax(largest, fabs(d));
        }
        squares += own;
        r2 += (1 - own / nn_spread(&p->data, p->split.rows[part], n, k)) / (double)k_all;
    }
    const nn_score *score = &o->at[NN_AT_FINAL].part[part];
    assert_near(score->error, sqrt(squares / (double)(n * k_all)), most * score->error);
    assert_near(score->max_abs_error, largest, most * largest);
    assert_near(o->final[part].mae, absolutes / (double)(n * k_all), most * o->final[part].mae);
    assert_near(o->final[part].r2, r2, most * (1 + fabs(r2)));
}

static void check_pair(int loss, int precision, int engine)
{
    problem raw = {0}, scaled = {0};
    make_pair(&raw, &scaled);
    set(&raw, loss, precision, engine);
    set(&scaled, loss, precision, engine);
    const nn_outcome a = problem_train(&raw), b = problem_train(&scaled);
    for (int k = 0; k <= NN_KEEP_FINAL; k++)
        assert_memory_equal(a.weights[k], b.weights[k], a.n_params * a.real_bytes);
    for (int c = NN_CURVE_train_loss; c <= NN_CURVE_test_loss; c++)
        assert_memory_equal(a.curves + (size_t)c * a.n_points, b.curves + (size_t)c * b.n_points,
                            a.n_points * sizeof *a.curves);
    void *workspace = aligned_alloc(NN_ALIGN, nn_workspace_bytes(&raw.job));
    double y[PROBLEM_ROWS * PROBLEM_TARGETS], inner[PROBLEM_ROWS * PROBLEM_TARGETS];
    for (int part = 0; part < NN_N_PART; part++) {
        const size_t n = raw.split.n[part];
        nn_predict(&raw.job, a.weights[NN_KEEP_FINAL], raw.split.rows[part], n, y, workspace);
        nn_predict(&scaled.job, a.weights[NN_KEEP_FINAL], raw.split.rows[part], n, inner, workspace);
        for (size_t i = 0; i < n * PROBLEM_TARGETS; i++)
            assert_real_equal(y[i], inner[i] * scale[i % PROBLEM_TARGETS] + shift[i % PROBLEM_TARGETS]);
        check_scores(&raw, (nn_part)part, y, &a, precision == NN_PRECISION_float32 ? 1e-6 : 1e-12);
        const nn_score again = nn_evaluate(&raw.job, a.weights[NN_KEEP_FINAL], (nn_part)part, workspace);
        assert_real_equal(again.error, a.at[NN_AT_FINAL].part[part].error);
    }
    free(workspace);
    problem_free(&raw);
    problem_free(&scaled);
}

TEST(training_sees_scaled_numbers_and_errors_are_in_raw_units)
{
    for (int loss = 0; loss < NN_N_LOSS; loss++)
        for (int precision = 0; precision < NN_N_PRECISION; precision++)
            for (int engine = 0; engine < NN_N_ENGINE && !nn_loss_rows[loss].classes; engine++)
                check_pair(loss, precision, engine);
}

/* The deviation of label noise is in the units of the raw targets: noise of 250 on a target of scale 250 is noise of 1
 * on the scaled one. */
TEST(label_noise_is_in_raw_units)
{
    problem raw = {0}, scaled = {0};
    make_pair(&raw, &scaled);
    for (size_t i = 0; i < PROBLEM_ROWS; i++) {
        raw.targets[i] = raw.targets[i * PROBLEM_TARGETS + 1];
        scaled.targets[i] = scaled.targets[i * PROBLEM_TARGETS + 1];
    }
    raw.data.n_targets = scaled.data.n_targets = 1;
    raw.split.target_shift = shift + 1;
    raw.split.target_scale = scale + 1;
    raw.hyper.label_noise = scale[1];
    scaled.hyper.label_noise = 1;
    const nn_outcome a = problem_train(&raw), b = problem_train(&scaled);
    const double *p = a.weights[NN_KEEP_FINAL], *q = b.weights[NN_KEEP_FINAL];
    for (size_t i = 0; i < a.n_params; i++)
        assert_near(p[i], q[i], 1e-12);
    problem_free(&raw);
    problem_free(&scaled);
}

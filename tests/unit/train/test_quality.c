/* Tests what is measured at the end of a run: the quality of its outputs, gradient, distance, dead and saturated
 * units. Each is computed here in another way, from the weights that the run has kept. */
#include "fixtures/engines.h"
#include "train/metric.h"

static const int engines[] = {NN_ENGINE_reference, NN_ENGINE_tile, NN_ENGINE_lanes};
enum { N_ENGINES = sizeof engines / sizeof engines[0], MOST = 8 };

#define assert_close(got, want) assert_near(got, want, 1e-9 * (1 + fabs(want)))

static void answers(problem *p, const void *weights, nn_part part, double *y)
{
    void *workspace = workspace_for(&p->job);
    nn_predict(&p->job, weights, p->split.rows[part], p->split.n[part], y, workspace);
    free(workspace);
}

/* The area under the ROC curve of an output, pair by pair. */
static double area_by_pairs(size_t n, const double *y, size_t n_out, size_t output, const bool *is)
{
    double won = 0, pairs = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n && is[i]; k++) {
            const double a = y[i * n_out + output], b = y[k * n_out + output];
            won += is[k] ? 0 : a > b ? 1 : a == b ? 0.5 : 0;
            pairs += !is[k];
        }
    return pairs > 0 ? won / pairs : NN_NAN; /* NaN too if none is of the class */
}

/* What outputs say as probabilities and as ranks. */
static void check_probabilities(problem *p, nn_part part, const double *y, const nn_quality *got)
{
    const size_t n = p->split.n[part], n_out = nn_n_outputs(&p->data, &p->hyper);
    double likelihood = 0, brier = 0, bins[15] = {0}, error = 0, area = 0, n_areas = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t truth = (size_t)p->classes[p->split.rows[part][i]];
        double prob[MOST] = {1 - y[i], y[i]};
        for (size_t k = 0; n_out > 1 && k < n_out; k++)
            prob[k] = y[i * n_out + k];
        size_t top = 0;
        for (size_t k = 0; k < p->data.n_classes; k++) {
            const double d = prob[k] - (k == truth);
            brier += d * d / (double)n;
            top = prob[k] > prob[top] ? k : top;
        }
        top = n_out == 1 ? y[i] >= 0.5 : top;
        likelihood += log(prob[truth]) / (double)n;
        bins[(int)fmin(floor(15 * prob[top]), 14)] += ((top == truth) - prob[top]) / (double)n;
    }
    for (int b = 0; b < 15; b++)
        error += fabs(bins[b]);
    for (size_t c = p->data.n_classes == 2; c < p->data.n_classes; c++) {
        bool is[PROBLEM_ROWS];
        for (size_t i = 0; i < n; i++)
            is[i] = p->classes[p->split.rows[part][i]] == (int32_t)c;
        const double own = area_by_pairs(n, y, n_out, n_out == 1 ? 0 : c, is);
        area += isnan(own) ? 0 : own;
        n_areas += !isnan(own);
    }
    assert_close(got->log_likelihood, likelihood);
    assert_close(got->brier, brier);
    assert_close(got->auc, area / n_areas);
    assert_close(got->calibration, error);
}

/* Computes the measures from a confusion matrix. */
static void check_classes(problem *p, const void *weights, nn_part part, const nn_quality *got)
{
    const size_t n_classes = p->data.n_classes, n_out = nn_n_outputs(&p->data, &p->hyper);
    double y[PROBLEM_ROWS * MOST], confusion[MOST][MOST] = {{0}}, precision = 0, recall = 0, f1 = 0, n = 0;
    answers(p, weights, part, y);
    for (size_t i = 0; i < p->split.n[part]; i++) {
        size_t said = 0;
        for (size_t k = 1; k < n_out; k++)
            said = y[i * n_out + k] > y[i * n_out + said] ? k : said;
        said = n_out == 1 ? y[i] >= 0.5 : said;
        confusion[p->classes[p->split.rows[part][i]]][said]++;
    }
    for (size_t c = 0; c < n_classes; c++) {
        double column = 0, row = 0;
        for (size_t o = 0; o < n_classes; o++) {
            column += confusion[o][c];
            row += confusion[c][o];
        }
        const double P = column > 0 ? confusion[c][c] / column : 0, R = row > 0 ? confusion[c][c] / row : 0;
        precision += P;
        recall += R;
        f1 += P + R > 0 ? 2 * P * R / (P + R) : 0;
        n += column + row > 0;
    }
    assert_close(got->precision, precision / n);
    assert_close(got->recall, recall / n);
    assert_close(got->f1, f1 / n);
    check_probabilities(p, part, y, got);
    assert_true(isnan(got->mae));
    assert_true(isnan(got->r2));
}

static void check_targets(problem *p, const void *weights, nn_part part, const nn_quality *got)
{
    const size_t n = p->split.n[part], k_all = PROBLEM_TARGETS;
    double y[PROBLEM_ROWS * MOST], mae = 0, r2 = 0;
    answers(p, weights, part, y);
    for (size_t k = 0; k < k_all; k++) {
        double sum = 0, sum2 = 0, errors = 0;
        for (size_t i = 0; i < n; i++) {
            const double t = p->targets[p->split.rows[part][i] * k_all + k], d = y[i * k_all + k] - t;
            sum += t;
            sum2 += t * t;
            errors += d * d;
            mae += fabs(d) / (double)(n * k_all);
        }
        r2 += (1 - errors / (sum2 - sum * sum / (double)n)) / (double)k_all;
    }
    assert_close(got->mae, mae);
    assert_close(got->r2, r2);
    assert_true(isnan(got->precision));
    assert_true(isnan(got->recall));
    assert_true(isnan(got->f1));
}

TEST(quality_of_best_and_final)
{
    static problem p;
    size_t apart = 0;
    for (int n_classes = 0; n_classes <= 4; n_classes += 2)
        for (int e = 0; e < N_ENGINES; e++)
            for (uint64_t seed = 1; seed <= 6; seed++) {
                problem_init(&p, n_classes, seed);
                p.hyper.loss = n_classes == 2 ? NN_LOSS_binary_cross_entropy : p.hyper.loss;
                p.hyper.epochs = 25;
                p.hyper.learning_rate = 0.3;
                p.job.engine = engines[e];
                p.recording.measures[NN_MEASURE_auc] = true;
                const nn_outcome o = problem_train(&p);
                for (int part = 0; part < NN_N_PART; part++) {
                    void (*check)(problem *, const void *, nn_part, const nn_quality *) =
                        n_classes > 0 ? check_classes : check_targets;
                    check(&p, o.weights[NN_KEEP_BEST], (nn_part)part, &o.best[part]);
                    check(&p, o.weights[NN_KEEP_FINAL], (nn_part)part, &o.final[part]);
                }
                apart += o.at[NN_AT_BEST].epoch < 25;
                problem_free(&p);
                p.workspace = NULL;
            }
    assert_true(apart > 10); /* so that the best network is another than the final one */
}

/* Curves on request: the last point is the final quality, and neither weights nor usual curves change. */
TEST(measures_are_curves)
{
    static problem p, q;
    for (int n_classes = 0; n_classes <= 3; n_classes += 3)
        for (int e = 0; e < N_ENGINES; e++) {
            problem_init(&p, n_classes, 4);
            problem_init(&q, n_classes, 4);
            p.job.engine = q.job.engine = engines[e];
            memset(p.recording.measures, true, NN_N_MEASURE);
            p.recording.gradient = e == 1; /* whose layers stand behind the curves */
            const nn_outcome with = problem_train(&p), without = problem_train(&q);
            assert_memory_equal(with.weights[NN_KEEP_FINAL], without.weights[NN_KEEP_FINAL],
                                with.n_params * with.real_bytes);
            assert_int_equal(without.n_curves, NN_N_USUAL_CURVE);
            assert_memory_equal(with.curves, without.curves,
                                NN_CURVE_gradient_norm * with.n_points * sizeof *with.curves);
            const nn_quality *final = &with.final[NN_TEST];
            const double want[NN_N_MEASURE] = {with.at[NN_AT_FINAL].part[NN_TEST].max_abs_error,
                                               final->precision,
                                               final->recall,
                                               final->f1,
                                               final->mae,
                                               final->r2,
                                               final->log_likelihood,
                                               final->brier,
                                               final->auc,
                                               final->calibration};
            for (size_t i = 0; i < NN_N_MEASURE; i++) {
                const double got = with.curves[(NN_CURVE_test_max_abs_error + i) * with.n_points + 3];
                assert_true(got == want[i] || (isnan(got) && isnan(want[i])));
            }
            assert_true(isnan(want[NN_MEASURE_auc]) == (n_classes == 0));
            problem_free(&p);
            problem_free(&q);
        }
}

/* What is perfect is 1 and not a bit less, since users ask for >= 1. */
TEST(means_of_ones_are_one)
{
    for (size_t n = 1; n <= 100; n++) {
        double counts[300];
        for (size_t i = 0; i < 3 * n; i++)
            counts[i] = (double)(i % n + 1);
        const nn_quality q = nn_macro_quality(n, counts);
        assert_real_equal(q.precision, 1);
        assert_real_equal(q.recall, 1);
        assert_real_equal(q.f1, 1);
    }
}

/* Class 1 neither occurs nor is predicted; 2 occurs and is not predicted; 3 is predicted and does not occur. */
TEST(absent_classes_are_left_out)
{
    static const double predicted_true_both[12] = {4, 0, 0, 1, 3, 0, 2, 0, 3, 0, 0, 0};
    const nn_quality q = nn_macro_quality(4, predicted_true_both);
    assert_real_equal(q.precision, 0.75 / 3);
    assert_real_equal(q.recall, 1.0 / 3);
    assert_near(q.f1, 6.0 / 7 / 3, 1e-16);
    assert_true(isnan(nn_class_quality(4, predicted_true_both, 1).recall));
    assert_real_equal(nn_class_quality(4, predicted_true_both, 2).precision, 0);
    assert_real_equal(nn_class_quality(4, predicted_true_both, 3).recall, 0);
}

/* k of n rows right is k / n, as users write it; 1 - (n-k) / n often is not. */
TEST(accuracy_is_one_division)
{
    int off = 0;
    for (size_t n = 1; n <= 2000; n += 7)
        for (size_t k = 0; k <= n; k++) {
            const double error = (double)(n - k) / (double)n;
            assert_real_equal(nn_accuracy(error, n), (double)k / (double)n);
            off += 1 - error != (double)k / (double)n;
        }
    assert_true(off > 1000); /* else the test shows nothing */
    assert_true(isnan(nn_accuracy(NN_NAN, 5)));
}

TEST(a_constant_target_has_no_r2)
{
    static problem p;
    problem_init(&p, 0, 1);
    for (size_t i = 0; i < PROBLEM_ROWS; i++)
        p.targets[i * PROBLEM_TARGETS + 1] = 0.5;
    const nn_outcome o = problem_train(&p);
    assert_true(isnan(o.final[NN_TRAIN].r2));
    assert_true(o.final[NN_TRAIN].mae > 0);
    problem_free(&p);
}

/* Metrics do not depend on which weights are kept. */
TEST(nothing_depends_on_what_is_kept)
{
    static problem p, q;
    problem_init(&p, 3, 2);
    problem_init(&q, 3, 2);
    p.hyper.epochs = q.hyper.epochs = 20;
    memset(q.recording.keep, 0, sizeof q.recording.keep);
    const nn_outcome with = problem_train(&p), without = problem_train(&q);
    assert_memory_equal(with.metrics, without.metrics, sizeof with.metrics);
    assert_non_null(with.weights[NN_KEEP_BEST]);
    assert_null(without.weights[NN_KEEP_BEST]);
    assert_null(without.weights[NN_KEEP_INITIAL]);
    assert_null(without.weights[NN_KEEP_FINAL]);
    problem_free(&p);
    problem_free(&q);
}

/* ---- gradient and distance ---- */

static double norm(const double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += v[i] * v[i];
    return sqrt(sum);
}

TEST(gradients_and_distance)
{
    static problem p;
    for (int e = 0; e < N_ENGINES; e++) {
        problem_init(&p, 3, 7);
        p.hyper.hidden = (nn_shape_value){.n = 2, .width = {5, 4}};
        p.hyper.activation = NN_ACTIVATION_tanh;
        p.hyper.epochs = 6;
        p.hyper.lambda = 0.1;
        p.hyper.dropout = 0.2;
        p.recording.gradient = true;
        p.job.engine = engines[e];
        const nn_outcome o = problem_train(&p);
        const double *start = o.weights[NN_KEEP_INITIAL], *final = o.weights[NN_KEEP_FINAL];
        nn_network net;
        nn_network_of(&p.data, &p.hyper, &net);
        double gradient[256], apart = 0;
        void *workspace = aligned_alloc(NN_ALIGN, nn_gradient_bytes(&p.job));
        nn_gradient(&p.job, final, p.split.rows[NN_TRAIN], p.split.n[NN_TRAIN], gradient, workspace);
        const double *last = gradient + net.w_at[2];
        assert_close(o.metrics[NN_METRIC_final_gradient_norm], norm(gradient, net.n_params));
        assert_close(o.metrics[NN_METRIC_final_gradient_norm_first], norm(gradient, net.w_at[1]));
        assert_close(o.metrics[NN_METRIC_final_gradient_norm_last], norm(last, net.n_params - net.w_at[2]));
        assert_real_equal(o.curves[NN_CURVE_gradient_norm * o.n_points + 6], o.metrics[NN_METRIC_final_gradient_norm]);
        assert_int_equal(o.n_curves, NN_N_CURVE + net.n_layers);
        for (int l = 0; l < net.n_layers; l++) {
            const size_t end = l + 1 < net.n_layers ? net.w_at[l + 1] : net.n_params;
            assert_close(o.curves[(NN_N_CURVE + (size_t)l) * o.n_points + 6],
                         norm(gradient + net.w_at[l], end - net.w_at[l]));
        }
        nn_gradient(&p.job, start, p.split.rows[NN_TRAIN], p.split.n[NN_TRAIN], gradient, workspace);
        assert_close(o.curves[NN_CURVE_gradient_norm * o.n_points], norm(gradient, net.n_params));
        for (int l = 0; l < net.n_layers; l++)
            for (size_t i = net.w_at[l]; i < net.b_at[l]; i++)
                apart += (final[i] - start[i]) * (final[i] - start[i]);
        assert_close(o.metrics[NN_METRIC_final_distance], sqrt(apart));
        assert_true(apart > 0);
        free(workspace);
        problem_free(&p);
        p.workspace = NULL;
    }
}

TEST(gradients_are_left_out_unless_asked_for)
{
    static problem p;
    problem_init(&p, 3, 7);
    const nn_outcome o = problem_train(&p);
    assert_true(isnan(o.metrics[NN_METRIC_final_gradient_norm]));
    assert_true(isnan(o.metrics[NN_METRIC_dead_relu]));
    assert_false(nn_curve_recorded(&p.recording, &p.data, &p.split, NN_CURVE_gradient_norm));
    problem_free(&p);
}

/* ---- units, in networks that are given and not trained ---- */

/* 3-4-targets without bias; the first unit has the weights w, the others small ones of either sign. */
static nn_outcome at_rest(problem *p, int activation, double w)
{
    static double start[3 * 4 + 4 * PROBLEM_TARGETS];
    problem_init(p, 0, 3);
    p->hyper.hidden.width[0] = 4;
    p->hyper.bias = false;
    p->hyper.activation = activation;
    p->hyper.epochs = 0;
    p->recording.gradient = true;
    p->job.start = start;
    for (size_t i = 0; i < sizeof start / sizeof *start; i++)
        start[i] = 0.01 * ((double)(i % 5) - 2) + 0.003;
    for (size_t i = 0; i < 3; i++)
        start[i * 4] = w;
    for (size_t i = 0; i < PROBLEM_ROWS * PROBLEM_INPUTS; i++)
        p->inputs[i] = 0.5 + fabs(p->inputs[i]);
    return problem_train(p);
}

TEST(dead_and_saturated_units)
{
    static problem p;
    nn_outcome o = at_rest(&p, NN_ACTIVATION_relu, -1);
    assert_true(o.metrics[NN_METRIC_dead_relu] >= 0.25);
    assert_true(isnan(o.metrics[NN_METRIC_saturated]));
    const double others = o.metrics[NN_METRIC_dead_relu] - 0.25;
    problem_free(&p);
    p.workspace = NULL;
    o = at_rest(&p, NN_ACTIVATION_relu, 1);
    assert_real_equal(o.metrics[NN_METRIC_dead_relu], others);
    problem_free(&p);
    const int saturating[] = {NN_ACTIVATION_sigmoid, NN_ACTIVATION_tanh};
    for (int i = 0; i < 2; i++) {
        p.workspace = NULL;
        o = at_rest(&p, saturating[i], 100); /* of that unit every output, of the others none */
        assert_real_equal(o.metrics[NN_METRIC_saturated], 0.25);
        assert_true(isnan(o.metrics[NN_METRIC_dead_relu]));
        problem_free(&p);
        p.workspace = NULL;
        o = at_rest(&p, saturating[i], 0);
        assert_real_equal(o.metrics[NN_METRIC_saturated], 0);
        problem_free(&p);
    }
}
